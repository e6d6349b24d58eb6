"""What was not seen is not gone: a folder that is not the one it was changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from db.ledger import FollowUp
from flows.library_scan import scan_root
from tasks.errors import PermanentError
from tasks.library import walk
from tests.integration.library.conftest import Library, Story, enqueue


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def empty_but_hidden(folder: Path) -> None:
    empty(folder)
    (folder / ".keep").touch()
    (folder / "lost+found").mkdir()


def file_instead(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.touch()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (shutil.rmtree, "is not there: nothing was changed"),
        (empty, "is empty, but 2 files are known in it"),
        (empty_but_hidden, "is empty, but 2 files are known in it"),
        (file_instead, "is no folder"),
    ],
)
def test_a_folder_that_is_gone_or_empty_changes_nothing(
    library: Library, harm: Callable[[Path], None], sentence: str
) -> None:
    library.write("a.mkv")
    library.write("s/b.mkv")
    library.settle()
    before = [library.videos(), library.rows("SELECT * FROM library_roots")]
    harm(library.folder)
    with pytest.raises(PermanentError, match=sentence):
        library.scan()
    assert [library.videos(), library.rows("SELECT * FROM library_roots")] == before
    assert library.jobs() == {}


def test_another_disk_with_other_files_changes_nothing(library: Library) -> None:
    library.write("a.mkv")
    library.settle()
    library.change("UPDATE library_roots SET device = device + 1")
    before = library.videos()
    (library.folder / "a.mkv").unlink()
    library.write("other.mkv")
    with pytest.raises(PermanentError, match="on another disk than before and none of its known files is there"):
        library.scan()
    assert library.videos() == before


def test_a_new_device_number_with_the_known_files_is_accepted(library: Library) -> None:
    library.write("a.mkv")
    library.settle()
    library.change("UPDATE library_roots SET device = device + 1")
    assert library.scan().missing == 0
    assert library.rows("SELECT device FROM library_roots") == [{"device": library.folder.stat().st_dev}]


def test_a_disk_that_goes_away_during_the_walk_changes_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("a.mkv")
    library.write("s/b.mkv")
    library.settle()
    before = library.videos()

    class Unmounted(walk.Walk):
        def __iter__(self) -> Iterator[walk.FoundFile]:
            files = super().__iter__()
            yield next(files)
            library.folder.rename(library.folder.with_name("unmounted"))
            library.folder.mkdir()
            yield from files

    monkeypatch.setattr("flows.library_scan.Walk", Unmounted)
    with pytest.raises(PermanentError, match="changed while it was scanned"):
        library.scan()
    assert library.videos() == before


def test_an_empty_folder_in_which_nothing_is_known_is_scanned(library: Library) -> None:
    assert library.scan().found == 0


def test_files_below_an_unreadable_folder_are_not_missing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write("a.mkv")
    library.write("s/b.mkv")
    library.write("s/t/c.mkv")
    library.write("st/d.mkv")
    library.settle()
    really = os.scandir

    def scandir(path: str) -> object:
        if str(path) == str(library.folder / "s"):
            raise PermissionError(13, "Permission denied", path)
        return really(path)

    # root, whom tests may run as, reads everything; the walk's own test does it with a real denial
    monkeypatch.setattr(walk.os, "scandir", scandir)
    shutil.rmtree(library.folder / "st")
    result = library.scan()
    assert (result.unreadable, result.missing) == (1, 1)
    missing = {name for name, row in library.videos().items() if row["missing_since"]}
    assert missing == {"st/d.mkv"}
    assert ("warn", "Could not read 1 place; what is known of it stays as it was") in library.story.lines


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_root_changes_nothing(library: Library) -> None:
    library.write("a.mkv")
    library.settle()
    library.folder.chmod(0)
    try:
        with pytest.raises(PermanentError, match="cannot be read"):
            library.scan()
    finally:
        library.folder.chmod(0o755)
    assert library.videos()["a.mkv"]["missing_since"] is None


def test_the_files_of_one_folder_are_not_missing_from_the_other(engine: Engine, tmp_path: Path) -> None:
    one, other = Library(engine, tmp_path / "one"), Library(engine, tmp_path / "other")
    one.write("a.mkv")
    other.write("b.mkv")
    one.scan()
    other.scan()
    empty(one.folder)
    with pytest.raises(PermanentError, match="is empty"):
        one.scan()
    assert other.scan().missing == 0
    assert one.rows("SELECT * FROM videos WHERE missing_since IS NOT NULL") == []


def test_nothing_is_concluded_from_a_walk_that_failed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write("a.mkv")
    library.settle()

    class Broken(walk.Walk):
        def __iter__(self) -> Iterator[walk.FoundFile]:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("flows.library_scan.Walk", Broken)
    asked: list[Sequence[FollowUp]] = []

    def note(conn: Connection, jobs: Sequence[FollowUp]) -> None:
        asked.append(jobs)
        enqueue(conn, jobs)

    with pytest.raises(PermanentError, match="Input/output error"):
        scan_root(library.engine, library.root.id, Story(), note)
    assert (asked, library.videos()["a.mkv"]["missing_since"]) == ([], None)
