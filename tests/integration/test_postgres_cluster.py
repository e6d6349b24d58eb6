from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deployments.errors import StartError
from deployments.postgres import binaries, leftover
from deployments.postgres.cluster import Cluster
from deployments.postgres.owner import owner
from deployments.postgres.urls import Urls

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the cluster as somebody else")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that the cluster's user may enter, with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="darkroom-home-"))
    folder.chmod(0o755)
    yield folder
    _remove(folder)


def _remove(home: Path) -> None:
    if (home / "postgres").exists():
        cluster = Cluster(home)
        cluster.stop_leftover()
        if cluster.socket.parent != cluster.folder:
            shutil.rmtree(cluster.socket)
        shutil.rmtree(cluster.folder)
    shutil.rmtree(home)


def _run(urls: Urls, statement: str, database: str = "darkroom") -> list[tuple[object, ...]]:
    url = urls.darkroom if database == "darkroom" else urls.prefect
    with psycopg.connect(url.replace("+psycopg", "").replace("+asyncpg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_both_databases_are_there_and_prefect_s_extension_can_be_made(home: Path) -> None:
    with Cluster(home).started() as urls:
        assert _run(urls, "SELECT current_database(), current_user") == [("darkroom", "darkroom")]
        _run(urls, "CREATE EXTENSION pg_trgm", "prefect")
        assert _run(urls, "SELECT similarity('darkroom', 'darkrooms') > 0.5", "prefect") == [(True,)]


def test_text_is_utf8_sorted_by_bytes_and_knows_the_case_of_every_letter(home: Path) -> None:
    with Cluster(home).started() as urls:
        assert _run(urls, "SHOW server_encoding") == [("UTF8",)]
        assert _run(urls, "SELECT 'Z' < 'a', 'z' < 'ä', lower('ÄÉЖ')") == [(True, True, "äéж")]


def test_it_listens_on_no_network(home: Path) -> None:
    with Cluster(home).started() as urls:
        assert _run(urls, "SHOW listen_addresses") == [("",)]
        server = leftover.servers(Cluster(home).data)[0]
        assert [one for one in server.net_connections() if one.status == psutil.CONN_LISTEN] == []


def test_a_restart_keeps_the_data_and_leaves_no_process(home: Path) -> None:
    cluster = Cluster(home)
    with cluster.started() as urls:
        _run(urls, "CREATE TABLE kept AS SELECT 7 AS number")
    assert leftover.servers(cluster.data) == []

    with Cluster(home).started() as urls:
        assert _run(urls, "SELECT number FROM kept") == [(7,)]


def test_after_a_killed_server_the_next_start_has_every_committed_row(home: Path) -> None:
    cluster = Cluster(home)
    with cluster.started() as urls:
        _run(urls, "CREATE TABLE kept AS SELECT 7 AS number")
        pid = leftover.recorded_pid(cluster.data)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs(leftover.servers(cluster.data), 30)

        again = Cluster(home)
        again.stop_leftover()
        with again.started() as after:
            assert _run(after, "SELECT number FROM kept") == [(7,)]


def test_a_process_id_that_now_belongs_to_another_program_does_not_stop_the_start(home: Path) -> None:
    cluster = Cluster(home)
    with cluster.started():
        record = (cluster.data / "postmaster.pid").read_text()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (cluster.data / "postmaster.pid").write_text(record.replace(record.split()[0], str(stranger.pid), 1))
    shutil.chown(cluster.data / "postmaster.pid", cluster.owner.uid, cluster.owner.gid)

    with Cluster(home).started() as urls:
        assert _run(urls, "SELECT 1") == [(1,)]

    assert stranger.poll() is None
    stranger.communicate()


def test_a_second_start_on_the_same_data_is_refused_and_the_first_goes_on(home: Path) -> None:
    with Cluster(home).started() as urls:
        with pytest.raises(StartError, match="already running as process"):
            Cluster(home).child()
        assert _run(urls, "SELECT 1") == [(1,)]


def test_a_server_that_was_left_behind_is_stopped_without_a_crash(home: Path) -> None:
    cluster = Cluster(home)
    child = cluster.child()
    child.start()
    child.wait_ready()

    cluster.stop_leftover()

    assert child.process
    assert child.process.wait(60) == 0
    assert "database system is shut down" in child.last_words()


def test_a_home_whose_path_is_too_long_for_a_socket_works(home: Path) -> None:
    deep = home / ("long" * 20) / ("longer" * 10)
    try:
        with Cluster(deep).started() as urls:
            assert _run(urls, "SELECT 1") == [(1,)]
            socket = Cluster(deep).socket
            assert not socket.is_relative_to(home)
            assert socket.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(Cluster(deep).socket)


def test_a_home_with_spaces_and_quotes_in_its_name_works(home: Path) -> None:
    with Cluster(home / 'Ann\'s "films" 100%').started() as urls:
        assert _run(urls, "SELECT 1") == [(1,)]


def test_a_home_with_a_comma_in_its_name_works(home: Path) -> None:
    odd = home / "films, series"
    try:
        with Cluster(odd).started() as urls:
            assert _run(urls, "SELECT 1") == [(1,)]
    finally:
        shutil.rmtree(Cluster(odd).socket)


def test_making_the_data_that_was_cut_short_is_begun_again(home: Path) -> None:
    cluster = Cluster(home)
    half = cluster.folder / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n")

    with cluster.started() as urls:
        assert _run(urls, "SELECT 1") == [(1,)]


def test_data_of_a_version_that_this_machine_lacks_is_told_in_one_sentence(home: Path) -> None:
    cluster = Cluster(home)
    cluster.data.mkdir()
    (cluster.data / "PG_VERSION").write_text("11\n")

    with pytest.raises(
        StartError, match=r"was made by PostgreSQL 11\. PostgreSQL 11 was not found \(found: "
    ) as refusal:
        cluster.child()

    assert "\n" not in str(refusal.value)


def test_a_server_that_cannot_start_is_told_with_its_own_words(home: Path) -> None:
    with Cluster(home).started() as urls:
        _run(urls, "ALTER SYSTEM SET shared_buffers = '8000GB'")

    with (
        pytest.raises(StartError, match=r"postgres ended with exit code 1 instead of starting:(.|\n)*memory"),
        Cluster(home).started(),
    ):
        pytest.fail("it started")


def test_only_those_who_may_get_to_its_files_and_its_socket(home: Path) -> None:
    cluster = Cluster(home)
    with cluster.started():
        assert cluster.folder.stat().st_uid == owner().uid
        for folder in (cluster.folder, cluster.data, cluster.socket):
            assert folder.stat().st_mode & 0o077 == 0


@as_root
def test_the_kernel_says_who_connects_not_the_name_that_is_given(home: Path) -> None:
    """Past the folder that keeps others out, the server still refuses whoever is not its owner or root."""
    cluster = Cluster(home)
    client = binaries.find().program("psql")
    with cluster.started() as urls:
        _run(urls, "SELECT 1")
        for folder in (home, cluster.folder, cluster.socket):
            folder.chmod(0o755)
        (cluster.socket / ".s.PGSQL.5432").chmod(0o777)
        command = [client, "-h", cluster.socket, "-U", "darkroom", "darkroom", "-c", "SELECT 1"]
        stranger = subprocess.run(
            command,
            check=False,
            user="daemon",
            group="daemon",
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
        )
        for folder in (cluster.folder, cluster.socket):
            folder.chmod(0o700)
    assert stranger.returncode != 0
    assert "Peer authentication failed" in stranger.stderr


@as_root
def test_a_home_that_the_server_s_user_cannot_enter_keeps_its_data_elsewhere_and_says_where() -> None:
    home = Path(tempfile.mkdtemp(prefix="darkroom-closed-"))
    try:
        with Cluster(home).started() as urls:
            _run(urls, "CREATE TABLE kept AS SELECT 7 AS number")
        assert (home / "postgres").readlink().parent == Path("/var/lib/darkroom")
        assert home.stat().st_mode & 0o777 == 0o700

        home.chmod(0o755)  # open now, and still the same data
        with Cluster(home).started() as urls:
            assert _run(urls, "SELECT number FROM kept") == [(7,)]
    finally:
        _remove(home)
