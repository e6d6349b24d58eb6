"""A whole system behind a gate, with a library that keeps it at work, and what faults and invariants ask of it."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import imageio_ffmpeg
import psutil
import psycopg

from deployments.sample_library import MADE, make
from flows.queues import QUEUES
from tests.acceptance.system import Darkroom, a_darkroom, free_port
from tests.chaos import witness
from tests.chaos.gate import CLOCK, Gate
from tests.waiting import until

T = TypeVar("T")

#: Seconds that the system may take to work again after any fault, on a machine that is busy with much else.
PATIENCE = 300.0
#: Seconds that a start may take on a machine that is busy with much else.
STARTING = 300.0
#: What questions end with while somebody does not answer.
AWAY = (OSError, http.client.HTTPException, psycopg.Error, psutil.Error, ValueError)
#: How much room there is for generated files, as mount says it.
DISK = "64m"
VIDEO_QUEUES = ("preview", "media-probe", "fingerprint", "extract-subtitles")
#: The clip whose copies keep the previews busy, and its copies' folder.
COPIED, COPIES = "Tide Tables/Tide Tables - 01 - Low Water.mp4", "Copies"


#: The programs under the supervisor, by their command lines.
PROGRAMS = {
    "worker": r" deployments\.warm\.worker ",
    "fork server": r" deployments\.warm ",
    "ops_api": r" ops_api\.app:app ",
    "Prefect server": r" prefect server start ",
    "PostgreSQL": r"postgres -D ",
}


class World:
    """One Darkroom in one piece, and the means to break it."""

    def __init__(self, darkroom: Darkroom, gate: Gate) -> None:
        self.darkroom, self.gate = darkroom, gate
        self.library = darkroom.home / "library"
        self.cache = darkroom.home / "cache"
        self._up: psutil.Popen | None = None
        #: What says how far the database's clock is off; whoever PostgreSQL runs as can read it.
        self.clock = Path(tempfile.gettempdir()) / f"{darkroom.home.name}.clock"

    def up(self) -> None:
        """Start everything and wait until it answers."""
        command = [sys.executable, "-m", "tests.chaos.gate", str(self.gate.port), "up"]
        with (self.darkroom.home / "up.log").open("a") as log:
            environment = self.darkroom.environment
            self._up = psutil.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        began = self.darkroom.home / "run" / "darkroom.json"
        until(lambda: not self.supervisor.is_running() or began.exists(), seconds=STARTING)
        assert self.supervisor.poll() is None, (self.darkroom.home / "up.log").read_text()

    def kill(self) -> None:
        """End everything without a word, as a power cut does."""
        self.supervisor.kill()
        self.supervisor.wait()
        for process in self.darkroom.processes():
            with suppress(psutil.Error):
                process.kill()
        until(lambda: not self.darkroom.processes(), seconds=60)
        (self.darkroom.home / "run" / "darkroom.json").unlink(missing_ok=True)

    def set_clock(self, seconds: int) -> None:
        """Put the database's clock so many seconds ahead."""
        self.clock.with_suffix(".new").write_text(f"{seconds:+}\n")
        self.clock.with_suffix(".new").replace(self.clock)

    def keep_logs(self) -> Path:
        """Copy the logs to where they outlive this world."""
        kept = Path(tempfile.mkdtemp(prefix="darkroom-chaos-"))
        shutil.copytree(self.darkroom.home / "logs", kept, dirs_exist_ok=True)
        shutil.copy(self.darkroom.home / "up.log", kept)
        return kept

    @property
    def supervisor(self) -> psutil.Popen:
        """The process of `darkroom up`."""
        assert self._up is not None, "nothing was started"
        return self._up

    def programs(self, name: str) -> list[psutil.Process]:
        """The processes that are this program: one, while all is well."""
        with suppress(psutil.Error):
            return [child for child in self.supervisor.children() if _is(child, PROGRAMS[name])]
        return []

    def clients(self) -> list[psutil.Process]:
        """The clients of this home's fork server, those of a worker that is gone too."""
        socket = str(self.darkroom.home / "run" / "forkserver.sock")
        found = ((process, process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
        return [process for process, words in found if socket in words and any("client.py" in word for word in words)]

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the ledger holds, once it answers."""
        return self.patiently(lambda: self.darkroom.rows(statement, *values))

    def asked(self, path: str, **body: Any) -> Any:
        """What the API answers, once it does."""
        return self.patiently(lambda: self.darkroom.asked(path, **body))

    def patiently(self, ask: Callable[[], T]) -> T:
        """An answer, asked for until there is one; what is refused is asked wrongly."""
        answers: list[T] = []

        def answered() -> bool:
            try:
                answers.append(ask())
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise RuntimeError(f"{error.url}: {error}: {error.read()!r}") from None
            except AWAY:
                pass
            return bool(answers)

        until(answered, seconds=PATIENCE)
        return answers[0]

    def work(self) -> None:
        """Have all results of all videos made anew; fails while somebody does not answer."""
        self.darkroom.rows("UPDATE videos SET revision = revision + 1 WHERE duration > 0 RETURNING id")
        for queue in VIDEO_QUEUES:
            self.darkroom.asked(f"jobs/queues/{queue}/run", post=True)

    @contextmanager
    def kept_busy(self, least: int = 16) -> Iterator[None]:
        """Previews are being made when this begins, and for as long as it lasts so many more wait: a stall is then the
        system's, and no want of work. (ops_api takes some seconds to be asked for more while Prefect is silent.)"""
        ended = threading.Event()
        feeder = threading.Thread(target=self._feed, args=(least, ended), name="feeder")
        feeder.start()
        try:
            running = "SELECT id FROM job_runs WHERE queue_name = 'preview' AND status = 'running'"
            until(lambda: self.rows(running), seconds=PATIENCE)
            yield
        finally:
            ended.set()
            feeder.join()

    def _feed(self, least: int, ended: threading.Event) -> None:
        waiting = "SELECT count(*) FROM job_runs WHERE queue_name = 'preview' AND status = 'queued'"
        while not ended.wait(0.2):
            with suppress(*AWAY):
                if self.darkroom.rows(waiting)[0][0] < least:
                    self.work()

    def step(self) -> int:
        """The number of the newest step of any job."""
        return int(self.rows("SELECT coalesce(max(n), 0) FROM chaos.steps")[0][0])

    def previewed_since(self, step: int) -> bool:
        """Whether a preview was finished after that step."""
        done = "SELECT 1 FROM chaos.steps WHERE n > %s AND queue = 'preview' AND status = 'completed' LIMIT 1"
        with suppress(*AWAY):
            return bool(self.darkroom.rows(done, step))
        return False

    def click(self) -> float:
        """Ask for one job by the API, as the page does; seconds until its result is there."""
        began = time.monotonic()
        mark = "UPDATE videos SET revision = revision + 1 WHERE file_path LIKE %s RETURNING id, revision"
        [(video, revision)] = self.rows(mark, "%Staircase.mov")
        self.asked("jobs/queues/media-probe/run", post=True)
        made = "SELECT coalesce(probe_revision, 0) FROM videos WHERE id = %s"
        until(lambda: self.rows(made, video)[0][0] >= revision, seconds=PATIENCE)
        return time.monotonic() - began

    def rest(self, seconds: float = 300.0) -> None:
        """Have done what lacks a result; wait until every job has ended, every flow has left, every program runs."""
        for queue in VIDEO_QUEUES:
            self.asked(f"jobs/queues/{queue}/run", post=True)
        unfinished = "SELECT id FROM job_runs WHERE status IN ('queued', 'running') LIMIT 1"
        until(lambda: not self.rows(unfinished), seconds=seconds)
        until(lambda: not self.running_in_ledger(), seconds=60)
        until(lambda: all(self.programs(name) for name in PROGRAMS), seconds=60)

    def running_in_ledger(self) -> set[str]:
        """The flow runs that the ledger takes for being at work."""
        alive = "SELECT CAST(flow_run_id AS text) FROM queue_flows WHERE state = 'working' AND expires_at > now()"
        return {flow_run for (flow_run,) in self.rows(alive)}

    def running_in_prefect(self) -> set[str]:
        """The flow runs of queues that Prefect takes for being at work."""
        wanted = {
            "flow_runs": {"state": {"type": {"any_": ["RUNNING", "CANCELLING"]}}},
            "deployments": {"name": {"any_": [queue.name for queue in QUEUES]}},
            "limit": 200,
        }
        return {run["id"] for run in self.patiently(lambda: self.darkroom.prefect("flow_runs/filter", wanted))}

    def prefect_story(self, flow_run: str) -> str:
        """What Prefect says of a flow run."""
        run = self.patiently(lambda: self.darkroom.prefect(f"flow_runs/{flow_run}"))
        return f"{run['name']} {run['state']['name']} {run['state']['message']} since {run['state']['timestamp']}"

    def named_files(self) -> set[str]:
        """Every path of a generated file that any row of the database names."""
        columns = self.rows(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND column_name LIKE '%%\\_path' AND column_name NOT IN ('file_path', 'folder_path')"
        )
        named = (self.rows(f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL") for table, name in columns)
        return {path for rows in named for (path,) in rows}


def _is(process: psutil.Process, words: str) -> bool:
    with suppress(psutil.Error):
        return re.search(words, " ".join(process.cmdline())) is not None
    return False


def long_film(path: Path, seconds: int) -> None:
    """A film whose preview takes a while: much to decode, made quickly by repeating what was encoded once."""
    ffmpeg, once = imageio_ffmpeg.get_ffmpeg_exe(), path.with_suffix(".once.mkv")
    source = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=5"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "150"]
    subprocess.run([ffmpeg, "-v", "error", "-y", *source, *encode, once], check=True)
    turns = str(seconds // 5 - 1)
    subprocess.run([ffmpeg, "-v", "error", "-y", "-stream_loop", turns, "-i", once, "-c", "copy", path], check=True)
    once.unlink()


def fill(library: Path, copies: int) -> None:
    """The sample library, a longer film, and as many copies of a clip as are to keep the previews busy."""
    make(library)
    long_film(library / "Endless Night (2022).mkv", 120)
    (library / COPIES).mkdir()
    for number in range(copies):
        copy = library / COPIES / f"Copy {number:03}.mp4"
        shutil.copyfile(library / COPIED, copy)
        with copy.open("ab") as file:
            file.write(b"\0\0\0\x10free" + number.to_bytes(8, "big"))  # so that no two hash alike
    for path in library.rglob("*"):
        os.utime(path, (MADE, MADE))


def can_mount() -> bool:
    """Whether generated files can have a small disk of their own."""
    with tempfile.TemporaryDirectory() as folder, suppress(subprocess.CalledProcessError), small_disk(Path(folder)):
        return os.path.ismount(folder)
    return False


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of a few megabytes at this folder; none where it cannot be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "darkroom", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def a_world(copies: int, *, clock: bool = False) -> Iterator[World]:
    """A system that runs, with a library of which it knows; whatever was started is gone afterwards.

    With `clock`, its database goes by one that can be set.
    """
    with (
        a_darkroom() as darkroom,
        small_disk(darkroom.home / "cache"),
        Gate(free_port(), darkroom.prefect_port) as gate,
    ):
        world = World(darkroom, gate)
        fill(world.library, copies)
        # permits to keep a processor busy are kept there: others' heavy jobs on this machine are none of its stalls
        (darkroom.home / "tmp").mkdir()
        darkroom.environment["TMPDIR"] = str(darkroom.home / "tmp")
        if clock:
            world.set_clock(0)
            darkroom.environment[CLOCK] = str(world.clock)
        try:
            world.up()
            witness.watch(darkroom)
            scan = darkroom.run("scan", str(world.library))
            assert scan.returncode == 0, scan.stderr
            yield world
        finally:
            world.kill()
            world.clock.unlink(missing_ok=True)
