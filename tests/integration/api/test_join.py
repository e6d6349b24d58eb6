"""Machines with homes of their own on one database and one Prefect: work shared, slots exact, one of them killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import imageio_ffmpeg
import psutil
import pytest
from sqlalchemy import text

from darkroom import __version__
from darkroom.settings import Settings
from db.installation import Installation, write
from db.selection import run_queue
from deployments import deploy
from deployments.errors import StartError
from deployments.join import checks, marker, reach
from deployments.up.leftovers import marked
from ops_api.prefect import Prefect
from ops_api.starter import Starter
from tests.integration.warm.fork_server import CHECKOUT
from tests.rows import add_folder, add_settings, add_video
from tests.waiting import running, until

DARKROOM = (sys.executable, "-c", "from deployments.cli import main; main()")
SLOTS = 4
FILES = 24
#: What a schedule starts at its minute is not counted.
OURS = "SELECT count(*) FROM job_runs WHERE queue_name = 'fingerprint'"

#: What the database itself says to one slot too many: it refuses the claim.
WATCH = """
CREATE TABLE slots_seen (taken int, processes int);
CREATE FUNCTION never_one_too_many() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held int; allowed int; processes int;
BEGIN
    SELECT count(DISTINCT lease_owner), count(DISTINCT regexp_replace(lease_owner, ':[^:]*$', ''))
    INTO held, processes FROM job_runs WHERE queue_name = 'fingerprint' AND lease_owner IS NOT NULL;
    SELECT background_worker_concurrency INTO allowed FROM library_settings;
    IF held > allowed THEN RAISE EXCEPTION 'one slot too many: %', held; END IF;
    INSERT INTO slots_seen VALUES (held, processes);
    RETURN NULL;
END $$;
CREATE TRIGGER never_one_too_many AFTER UPDATE ON job_runs FOR EACH STATEMENT EXECUTE FUNCTION never_one_too_many();
"""


@pytest.fixture
def library(engine, tmp_path):
    """Files that take no room on the disk, and together longer to hash than a second machine takes to see the work."""
    folder = tmp_path / "media"
    folder.mkdir()
    clip = tmp_path / "clip.mp4"
    film = ("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=1", clip)
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *film], check=True)
    with engine.begin() as conn:
        add_settings(conn, background_worker_concurrency=SLOTS)
        root = add_folder(conn, str(folder))
        for number in range(FILES):
            file = folder / f"{number}.mp4"
            with file.open("wb") as output:
                output.write(clip.read_bytes())
                output.truncate(600_000_000 + number)
            facts = file.stat()
            values = {"file_size": facts.st_size, "file_mtime_ns": facts.st_mtime_ns, "title": file.name}
            add_video(conn, root, file_path=str(file), **values)
        marker.register(conn, tmp_path / "cache")
        conn.execute(text(WATCH))
        run_queue(conn, "fingerprint")
    return tmp_path


class Machine:
    """`darkroom work` with a home of its own, which knows of the database by Prefect only."""

    def __init__(self, folder, clients, name, *more):
        self.home, self.log = folder / name, folder / f"{name}.log"
        own = {name: value for name, value in clients.items() if not name.startswith("DARKROOM_")}
        self.environment = own | {
            "DARKROOM_HOME": str(self.home),
            "DARKROOM_CACHE_DIR": str(folder / "cache"),
            "DARKROOM_WORKER_NAME": f"darkroom-{name}",
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*DARKROOM, "work", *more],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def works(self):
        assert not self.process.poll(), self.log.read_text()
        return f"This machine works as darkroom-{self.home.name}" in self.log.read_text()

    def kill(self):
        """As when its power is cut: everything at once, without a word."""
        self.process.kill()
        self.process.wait()
        while left := marked(self.home):
            # at once: none of them may see another end
            for act in (psutil.Process.suspend, psutil.Process.kill):
                for process in left:
                    with suppress(psutil.NoSuchProcess):
                        act(process)
            psutil.wait_procs(left, 5)

    def say(self, *words):
        """What a command says on this machine."""
        command = [*DARKROOM, *words]
        return subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=90, check=False
        ).stdout


@pytest.fixture
def machines(library, deployed, database):
    deploy.save_block(database)
    both = [Machine(library, deployed, "one", "--detach"), Machine(library, deployed, "two")]
    yield both
    for machine in both:
        machine.kill()


def test_two_machines_share_a_queue_never_one_slot_too_many_and_what_a_killed_one_held_is_taken_over(
    engine, deployed, machines
):
    def said(statement):
        with engine.begin() as conn:
            return conn.execute(text(statement)).all()

    one, two = machines
    until(lambda: one.works() and two.works(), "both machines work", 120)
    prefect = Prefect(deployed["PREFECT_API_URL"])
    assert Starter(engine, prefect).start_due()
    until(lambda: said("SELECT FROM slots_seen WHERE processes = 2 LIMIT 1"), "both hold slots at once", 120)
    done = "SELECT FROM job_runs WHERE status = 'completed' HAVING count(DISTINCT prefect_flow_run_id) = 2"
    until(lambda: said(done), "both have finished something", 120)
    two.kill()
    place = said("SELECT host, pid FROM queue_flows WHERE state = 'working' ORDER BY created_at")
    assert len(place) == 2
    until(lambda: any(not running(pid) for _, pid in place), "a flow is gone")
    (dead,) = {(host, pid) for host, pid in place if not running(pid)}
    # half a minute later
    said(
        "WITH gone AS (UPDATE queue_flows SET expires_at = now() - interval '1 second' "
        f"WHERE pid = {dead[1]}) UPDATE job_runs SET lease_expires_at = now() - interval '1 second' "
        f"WHERE starts_with(lease_owner, '{dead[0]}:{dead[1]}:') RETURNING id"
    )

    def left():
        # nobody but the other machine may have finished it, or the dead one's flow that Prefect starts anew
        Starter(engine, prefect).start_due()
        return said(f"{OURS} AND status <> 'completed'")[0][0]

    until(lambda: left() == 0, "everything is done", 120)
    prefect.close()
    assert said(OURS.replace("count(*)", "count(*), count(DISTINCT target_id)")) == [(FILES, FILES)]
    assert said("SELECT count(*) FROM videos WHERE fingerprint_revision = revision") == [(FILES,)]
    assert said("SELECT max(taken), max(processes) FROM slots_seen") == [(SLOTS, 2)]
    assert said(OURS.replace("count(*)", "count(DISTINCT prefect_flow_run_id) >= 2")) == [(True,)]
    assert one.process.wait(1) == 0
    says = one.say("work", "--status")
    assert "This machine works as darkroom-one (process " in says
    assert "It has nothing in hand." in says
    assert one.say("down") == "Stopped.\n"
    assert marked(one.home) == []
    assert "This machine does not work" in one.say("work", "--status")


@pytest.fixture
def joined(engine, tmp_path):
    """What `darkroom up` left: a machine that has all this may join."""
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "film.mkv").touch()
    with engine.begin() as conn:
        add_video(conn, add_folder(conn, str(tmp_path / "media")), file_path=str(tmp_path / "media" / "film.mkv"))
        marker.register(conn, tmp_path / "cache")
    return Settings(home=tmp_path, cache_dir=tmp_path / "cache")


def wrong(settings, database):
    with pytest.raises(StartError) as refused:
        checks.check(settings, database, lambda _: None)
    return str(refused.value)


def test_a_machine_that_has_everything_may_join(joined, database):
    checks.check(joined, database, pytest.fail)


def test_another_schema_or_version_is_refused_with_what_to_do(engine, joined, database):
    def change(statement):
        with engine.begin() as conn:
            conn.execute(text(statement))

    change("UPDATE installation SET version = '0.0.9'")
    assert f"Darkroom is 0.0.9 there and {__version__} here: install the same" in wrong(joined, database)
    change("UPDATE alembic_version SET version_num = '0003'")
    assert "has the schema 0003" in wrong(joined, database)
    assert "run this version's darkroom up on the first machine" in wrong(joined, database)
    change("UPDATE alembic_version SET version_num = '9999'")
    assert "schema 9999 of a newer Darkroom" in wrong(joined, database)
    change("DELETE FROM alembic_version")
    assert "no tables of Darkroom's" in wrong(joined, database)


def test_a_machine_on_which_nobody_has_started_darkroom_up_is_told(engine, joined, database):
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM installation"))
    assert "run darkroom up there" in wrong(joined, database)


def test_media_that_are_not_there_or_other_ones_are_refused_all_at_once(engine, joined, database):
    with engine.begin() as conn:
        add_folder(conn, "/nowhere/films")
        add_folder(conn, "/nowhere/else", enabled=False)
    (joined.home / "media" / "film.mkv").unlink()
    said = wrong(joined, database)
    assert "/nowhere/films is watched and is not here: mount it at the same path" in said
    assert "none of the files that are known to be in it: is the right disk mounted?" in said
    assert "/nowhere/else" not in said


def test_another_folder_of_generated_files_is_refused(engine, joined, database):
    for other in (joined.home / "empty", joined.home / "of another system"):
        other.mkdir()
        if other.name != "empty":
            with engine.connect() as conn:
                marker.register(conn, other)
        said = wrong(joined.model_copy(update={"cache_dir": other}), database)
        assert "is not the folder of generated files that the page shows" in said
        assert "DARKROOM_CACHE_DIR" in said


def test_clocks_that_differ_are_said_and_when_by_much_refused(joined, database, monkeypatch):
    now, said = time.time, []
    monkeypatch.setattr(checks.time, "time", lambda: now() + 20)
    checks.check(joined, database, said.append)
    assert "20 s apart: let both follow a time server" in said[0]
    monkeypatch.setattr(checks.time, "time", lambda: now() - 3600)
    assert "apart: let both follow a time server" in wrong(joined, database)


def test_a_cache_keeps_its_marker_and_the_first_machine_may_move_it(engine, joined):
    before = marker.read(joined.cache)
    with engine.begin() as conn:
        marker.register(conn, joined.cache)
        assert marker.read(joined.cache) == before
        write(conn, Installation("0.0.1", before))
        marker.register(conn, joined.home / "moved")
        row = conn.execute(text("SELECT version, CAST(cache_id AS text) FROM installation")).one()
    assert tuple(row) == (__version__, marker.read(joined.home / "moved"))


@contextmanager
def answering(answers):
    """Something that is, or is not, a Prefect server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = next((found for path, found in answers.items() if path in self.path), (404, "none"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()


HERE = reach.version("prefect")
PRIVATE = {"data": {"connection_info": "postgresql+psycopg://darkroom@/darkroom?host=/nowhere/postgres"}}


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"version": (401, "")}, "asks for a password: set PREFECT_API_AUTH_STRING"),
        ({}, "has no Darkroom: run darkroom up on the first machine, and end PREFECT_API_URL with /api"),
        ({"version": (500, "")}, "answers 500"),
        ({"version": (200, "2.20.1")}, f"Prefect is 2.20.1 there and {HERE} here: install the same version"),
        ({"version": (200, HERE)}, "has no Darkroom"),
        (
            {"version": (200, HERE), "block_documents": (200, PRIVATE)},
            "a private one, which only the first machine reaches: set DARKROOM_DATABASE_URL there",
        ),
    ],
)
def test_a_first_machine_that_cannot_be_joined_is_told_from_one_that_can(answers, sentence, tmp_path, monkeypatch):
    with answering(answers) as url:
        monkeypatch.setenv("PREFECT_API_URL", url)
        with pytest.raises(StartError) as refused:
            reach.reach(Settings(home=tmp_path))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [("", "Say where Prefect is"), ("http://127.0.0.1:9/api", "does not answer"), ("first:7601", "Say where Prefect")],
)
def test_without_the_way_to_prefect_nothing_is_started(url, sentence, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "DARKROOM_"))}
    done = subprocess.run(
        [sys.executable, "-c", "from deployments.cli import main; main()", "work"],
        env=environment | {"DARKROOM_HOME": str(tmp_path), "PREFECT_API_URL": url},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert marked(Path(tmp_path)) == []
