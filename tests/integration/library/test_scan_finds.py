"""What a scan finds, and what it asks for."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from db import library_settings, paths
from db.ledger import FollowUp
from flows.library_report import ScanResult
from flows.library_scan import scan_root
from tasks.errors import CancelledError, PermanentError, TransientError
from tests.integration.library.conftest import ALL, Library, Statements, Story, enqueue
from tests.waiting import until


def test_a_first_scan_finds_every_video_and_asks_for_all_its_jobs(library: Library) -> None:
    library.write("Harbour Lights (1998).mkv")
    library.write("Lamp/Season 2/Lamp.S02E05.The.Storm.mkv")
    library.write("Lamp/Lamp - 07.mkv")
    result = library.scan()

    assert (result.found, result.new, result.follow_ups) == (3, 3, 12)
    assert library.jobs() == dict.fromkeys(library.videos(), ALL)
    assert {name: (row["kind"], row["title"]) for name, row in library.videos().items()} == {
        "Harbour Lights (1998).mkv": ("movie", "Harbour Lights"),
        "Lamp/Lamp - 07.mkv": ("episode", "Lamp 07"),
        "Lamp/Season 2/Lamp.S02E05.The.Storm.mkv": ("episode", "The Storm"),
    }
    assert library.rows("SELECT year FROM video_movies") == [{"year": 1998}]
    assert library.rows(
        "SELECT s.title, season_number, episode_number, absolute_episode_number FROM video_episodes"
        " JOIN video_seasons se ON se.id = season_id JOIN video_series s ON s.id = series_id ORDER BY season_number"
    ) == [
        {"title": "Lamp", "season_number": 0, "episode_number": None, "absolute_episode_number": 7},
        {"title": "Lamp", "season_number": 2, "episode_number": 5, "absolute_episode_number": None},
    ]
    [root] = library.rows("SELECT last_scanned_at IS NOT NULL AS scanned, device FROM library_roots")
    assert root == {"scanned": True, "device": library.folder.stat().st_dev}


def test_an_unchanged_rescan_asks_for_nothing_in_a_fixed_number_of_statements(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = Library(engine, tmp_path / "small"), Library(engine, tmp_path / "large")
    for library, count in ((small, 50), (large, 3000)):
        for number in range(count):
            library.write(f"Show {number % 7}/e{number}.mkv", b"x")
        library.scan()
        library.change("DELETE FROM job_runs")
    counted = []
    for library in (small, large):
        statements = Statements(engine, monkeypatch)
        result = library.scan()
        assert (result.found, result.follow_ups) == (50 if library is small else 3000, 0)
        counted.append(statements.count)
    assert library.rows("SELECT * FROM job_runs") == []
    assert counted[0] == counted[1] <= 25


def test_a_first_scan_writes_in_batches(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    for count in (20, 1500):
        library = Library(engine, tmp_path / str(count))
        for number in range(count):
            library.write(f"Show {number % 7}/e{number}.mkv", b"x")
        statements = Statements(engine, monkeypatch)
        library.scan()
        counted.append(statements.count)
    assert counted[0] == counted[1] <= 40


def test_a_touched_file_gets_its_jobs_and_no_other_does(library: Library) -> None:
    library.write("a.mkv")
    touched = library.write("b.mkv")
    library.settle()
    os.utime(touched, ns=(0, touched.stat().st_mtime_ns + 1))
    result = library.scan()
    assert (result.changed, result.new, result.follow_ups) == (1, 0, 4)
    assert library.jobs() == {"b.mkv": ALL}
    assert library.videos()["b.mkv"]["revision"] == 2


def test_the_settings_say_what_is_asked_for(library: Library) -> None:
    library.write("a.mkv")
    with library.engine.begin() as conn:
        library_settings.write(conn, auto_generate_metadata=False, auto_generate_preview=False)
    library.scan()
    assert library.jobs() == {"a.mkv": {"fingerprint"}}


def test_a_depth_that_no_rule_takes_is_left_out_and_said(engine: Engine, tmp_path: Path) -> None:
    library = Library(engine, tmp_path / "films", scan_movies=False)
    for name in ("loose.mkv", "s/1.mkv", "s/Season 1/2.mkv", "s/t/u/deep.mkv", "s/t/u/v/deeper.mkv"):
        library.write(name)
    result = library.scan()
    assert set(library.videos()) == {"s/1.mkv", "s/Season 1/2.mkv"}
    assert result.rejected == {"loose-file": 1, "too-deep": 2}
    [(level, message)] = [line for line in library.story.lines if "Left out" in line[1]]
    assert level == "warn"
    assert message.startswith("Left out 3 of 5 videos")


def test_a_known_file_that_a_toggle_leaves_out_is_not_missing(library: Library) -> None:
    library.write("a.mkv")
    library.write("s/b.mkv")
    library.settle()
    library.change("UPDATE library_roots SET scan_series = false, recursive = false")
    assert library.scan().missing == 0
    library.change("UPDATE library_roots SET scan_movies = false, recursive = true")
    assert library.scan().missing == 0


def test_a_file_that_is_being_written_waits_for_the_next_scan(library: Library) -> None:
    library.write("old.mkv")
    fresh = library.write("fresh.mkv", at=time.time())
    result = library.scan()
    assert (result.found, result.new, result.settling) == (2, 1, 1)
    assert set(library.videos()) == {"old.mkv"}
    os.utime(fresh, (0, 0))
    assert library.scan().new == 1


def test_a_known_file_that_is_being_written_is_not_missing(library: Library) -> None:
    library.write("a.mkv")
    library.settle()
    library.write("a.mkv", b"longer than before", at=time.time())
    result = library.scan()
    assert (result.settling, result.changed, result.missing) == (1, 0, 0)
    assert library.videos()["a.mkv"]["revision"] == 1


def test_a_time_in_the_future_is_just_a_wrong_one(library: Library) -> None:
    library.write("a.mkv", at=time.time() + 86_400)
    assert (library.scan().new, library.scan().found) == (1, 1)


@pytest.mark.parametrize(
    "name",
    [
        b"two\nlines.mkv",
        b"-rf.mkv",
        b"quo'te\"s \\ ; $(x).mkv",
        b"caf\xe9.mkv",
        "\U0010ff80.mkv".encode(),
        b"\\N.mkv",
        b"n" * 251 + b".mkv",
    ],
)
def test_a_hostile_name_is_known_again(library: Library, name: bytes) -> None:
    path = library.write(name)
    library.write(b"series-" + name[-40:] + b"/" + name)
    library.settle()
    assert paths.to_path(library.rows("SELECT file_path FROM videos WHERE kind = 'movie'")[0]["file_path"]) == path
    result = library.scan()
    assert (result.found, result.new, result.missing, result.follow_ups) == (2, 0, 0, 0)


def test_two_folders_do_not_touch_each_other(engine: Engine, tmp_path: Path) -> None:
    one, other = Library(engine, tmp_path / "films"), Library(engine, tmp_path / "films2", is_nsfw=True)
    one.write("a.mkv", b"one")
    other.write("a.mkv", b"other")
    assert (one.scan().new, other.scan().new) == (1, 1)
    assert (one.scan().missing, other.scan().missing) == (0, 0)
    assert one.rows("SELECT is_nsfw FROM videos ORDER BY id") == [{"is_nsfw": False}, {"is_nsfw": True}]
    assert one.rows("SELECT DISTINCT is_nsfw FROM job_runs WHERE target_id = '2'") == [{"is_nsfw": True}]


def test_a_folder_is_scanned_once_at_a_time(library: Library) -> None:
    library.write("a.mkv")
    refused: list[str] = []

    def scan_again(conn: Connection, jobs: Sequence[FollowUp]) -> None:
        with pytest.raises(TransientError) as error:
            library.scan()
        refused.append(str(error.value))

    scan_root(library.engine, library.root.id, Story(), scan_again)
    assert refused == ["Another scan of this folder is still at work."]
    assert library.scan().found == 1


def test_a_folder_that_is_watched_no_longer_fails_with_a_sentence(library: Library) -> None:
    with pytest.raises(PermanentError, match="watched no longer"):
        scan_root(library.engine, library.root.id + 1, Story(), enqueue)


def test_a_cancelled_scan_keeps_what_it_wrote_and_the_next_does_the_rest(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.library_scan.WRITTEN", 2)
    for number in range(5):
        library.write(f"{number}.mkv")

    class Impatient(Story):
        def check(self) -> None:
            if library.rows("SELECT 1 FROM videos"):
                raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        scan_root(library.engine, library.root.id, Impatient(), enqueue)
    assert len(library.videos()) == 2
    assert library.rows("SELECT last_scanned_at FROM library_roots") == [{"last_scanned_at": None}]
    assert library.scan().new == 3
    assert library.jobs() == {f"{number}.mkv": ALL for number in range(5)}


def test_rows_and_their_jobs_are_written_together_or_not_at_all(library: Library) -> None:
    library.write("a.mkv")

    def broken(conn: Connection, jobs: Sequence[FollowUp]) -> None:
        raise RuntimeError("the ledger is away")

    with pytest.raises(RuntimeError, match="the ledger is away"):
        scan_root(library.engine, library.root.id, Story(), broken)
    assert library.videos() == {}
    assert library.scan().new == 1


def test_a_scan_leaves_no_connection_and_no_table_behind(library: Library) -> None:
    library.write("a.mkv")
    library.scan()
    library.engine.dispose()
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    made = text(
        "SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'scan\\_%')"
        " + (SELECT count(*) FROM pg_proc WHERE pronamespace::regnamespace::text LIKE 'pg\\_temp%')"
    )
    with library.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        until(lambda: conn.scalar(others) == 0, "the end of a server's process, which takes a moment")
        assert conn.scalar(made) == 0


def test_progress_only_rises_and_ends_whole(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.library_scan.SEEN", 2)
    monkeypatch.setattr("flows.library_scan.WRITTEN", 2)
    for number in range(9):
        library.write(f"{number}/a.mkv")
    assert isinstance(library.scan(), ScanResult)
    assert library.story.fractions == sorted(library.story.fractions)
    assert len(set(library.story.fractions)) > 5
    assert library.story.fractions[-1] == 1.0
