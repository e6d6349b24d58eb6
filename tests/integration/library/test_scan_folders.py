"""The rows of folders: galleries of pictures and libraries of audio files, where they lie and what they hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.integration.library.conftest import Audio, Library, Pictures

#: By the end of their files: a kind of watched folder, the table of its folders, the column that counts.
TABLES = {".jpg": (Pictures, "galleries", "image_count"), ".mp3": (Audio, "audio_libraries", "track_count")}


class Shelf:
    """A watched folder with the rows of its folders, whichever kind they are."""

    def __init__(self, engine: Engine, folder: Path, end: str) -> None:
        kind, self.table, self.count = TABLES[end]
        self.end, self.library = end, kind(engine, folder)

    def write(self, *names: str) -> None:
        for name in names:
            self.library.write(name + self.end)

    def settle(self) -> None:
        self.library.settle()

    def rename(self, old: str, new: str) -> None:
        target = self.library.folder / new
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.library.folder / old).rename(target)

    def shown(self) -> dict[str, tuple[str | None, str, int]]:
        """Path: the folder around, the title, how many files."""
        folders = self.library.folders(self.table).items()
        return {path: (row["around"], row["title"], row[self.count]) for path, row in folders}

    def ids(self) -> dict[str, int]:
        return {path: row["id"] for path, row in self.library.folders(self.table).items()}

    def say(self, path: str, what: str) -> None:
        """A person says something of a folder's row."""
        self.library.change(f"UPDATE {self.table} SET {what} WHERE id = :id", id=self.ids()[path])


@pytest.fixture
def shelf(engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Shelf:
    """Of pictures, unless a test wants both."""
    return Shelf(engine, tmp_path / "shelf", getattr(request, "param", ".jpg"))


of_both = pytest.mark.parametrize("shelf", TABLES, indirect=True)


@of_both
def test_each_folder_with_files_has_a_row_and_so_has_each_above_it_but_the_watched_one(shelf: Shelf) -> None:
    shelf.write("a/b/c/1", "a/b/c/2", "a/d/1", "e/1")
    (shelf.library.folder / "empty" / "er").mkdir(parents=True)
    shelf.settle()
    assert shelf.shown() == {
        "a": (None, "a", 0),
        "a/b": ("a", "b", 0),
        "a/b/c": ("a/b", "c", 2),
        "a/d": ("a", "d", 1),
        "e": (None, "e", 1),
    }
    shelf.write("loose")
    shelf.settle()
    assert shelf.shown()["."] == (None, "shelf", 1)
    assert shelf.shown()["a"] == (".", "a", 0)


@of_both
def test_rows_follow_their_files_and_keep_what_a_person_said(shelf: Shelf) -> None:
    shelf.write("a/b/1", "a/b/2", "a/c/1", "other/1")
    shelf.settle()
    ids = shelf.ids()
    shelf.say("a", "rating = 90")
    shelf.say("a/b", "title = 'Mine'")
    shelf.rename("a", "z")
    assert shelf.library.scan().moved == 3
    assert shelf.ids() == {"other": ids["other"], "z": ids["a"], "z/b": ids["a/b"], "z/c": ids["a/c"]}
    assert shelf.shown() == {
        "other": (None, "other", 1),
        "z": (None, "z", 0),
        "z/b": ("z", "Mine", 2),
        "z/c": ("z", "c", 1),
    }
    shelf.rename("z/b", "other/deep/b")
    assert shelf.library.scan().moved == 2
    assert shelf.ids()["other/deep/b"] == ids["a/b"]
    assert shelf.shown()["other/deep/b"] == ("other/deep", "Mine", 2)
    assert shelf.shown()["other/deep"] == ("other", "deep", 0)


def test_a_row_goes_with_most_of_its_files_and_not_while_some_stay(shelf: Shelf) -> None:
    shelf.write(*(f"a/{number}" for number in range(5)), "keep/1")
    shelf.settle()
    row = shelf.ids()["a"]
    shelf.rename(f"a/0{shelf.end}", f"b/0{shelf.end}")
    shelf.library.scan()
    assert (shelf.ids()["a"], shelf.shown()["b"]) == (row, (None, "b", 1))
    for number in (1, 2, 3):
        shelf.rename(f"a/{number}{shelf.end}", f"c/{number}{shelf.end}")
    shelf.rename(f"a/4{shelf.end}", f"d/4{shelf.end}")
    shelf.library.scan()
    assert shelf.ids()["c"] == row
    assert {path: count for path, (_, _, count) in shelf.shown().items()} == {"b": 1, "c": 3, "d": 1, "keep": 1}


@of_both
def test_what_moves_leave_empty_goes_unless_a_person_said_something_of_it(shelf: Shelf) -> None:
    shelf.write("a/x/1", "b/1", "c/1", "d/1", "into/1")
    shelf.settle()
    shelf.say("b", "rating = 10")
    shelf.say("c", "organized = true")
    shelf.say("d", "title = 'Mine'")
    for name in ("a/x", "b", "c", "d"):
        shelf.rename(f"{name}/1{shelf.end}", f"into/{name.replace('/', '')}{shelf.end}")
    assert shelf.library.scan().moved == 4
    assert set(shelf.ids()) == {"b", "c", "d", "into"}
    assert shelf.shown()["into"] == (None, "into", 5)


@of_both
def test_what_is_lost_is_not_counted_and_keeps_its_place(shelf: Shelf) -> None:
    shelf.write("a/1", "a/2", "b/1")
    shelf.settle()
    before, ids = shelf.shown(), shelf.ids()
    (shelf.library.folder / "a").rename(shelf.library.folder.parent / "away")
    assert shelf.library.scan().missing == 2
    assert (shelf.ids(), shelf.shown()["a"]) == (ids, (None, "a", 0))
    (shelf.library.folder.parent / "away").rename(shelf.library.folder / "a")
    assert shelf.library.scan().returned == 2
    assert (shelf.ids(), shelf.shown()) == (ids, before)


def test_a_title_is_one_line_and_follows_a_folder_of_any_name(shelf: Shelf) -> None:
    library = shelf.library
    library.write(b"caf\xe9\nbar/1" + shelf.end.encode())
    shelf.settle()
    [path] = shelf.ids()
    assert shelf.shown()[path] == (None, "caf\N{REPLACEMENT CHARACTER} bar", 1)
    library.change(f"UPDATE {shelf.table} SET rating = 5")
    [folder] = library.folder.iterdir()
    folder.rename(library.folder / "th\u00e9")
    library.scan()
    assert shelf.shown() == {"th\u00e9": (None, "th\u00e9", 1)}
    assert library.rows(f"SELECT rating FROM {shelf.table}") == [{"rating": 5}]


def test_files_whose_row_somebody_removed_get_a_new_one(shelf: Shelf) -> None:
    shelf.write("a/1")
    shelf.settle()
    shelf.library.change(f"DELETE FROM {shelf.table}")
    assert shelf.library.scan().follow_ups == 0
    assert shelf.shown() == {"a": (None, "a", 1)}


def test_folders_of_another_watched_folder_are_left_alone(shelf: Shelf, engine: Engine, tmp_path: Path) -> None:
    other = Shelf(engine, tmp_path / "shelf2", shelf.end)
    for each in (shelf, other):
        each.write("a/1")
        each.settle()
    before = other.shown()
    shutil.rmtree(shelf.library.folder / "a")
    shelf.write("b/1")
    shelf.settle()
    assert (other.shown(), other.library.scan().missing) == (before, 0)


def test_rows_below_an_unreadable_folder_stay(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.library import walk

    shelf.write("a/x/1", "a/y/2", "b/1")
    shelf.settle()
    before = shelf.shown()
    really, locked = walk.os.scandir, str(shelf.library.folder / "a")

    def scandir(path: str) -> object:
        if str(path) == locked:
            raise PermissionError(13, "Permission denied", path)
        return really(path)

    monkeypatch.setattr(walk.os, "scandir", scandir)
    assert (shelf.library.scan().missing, shelf.shown()) == (0, before)


def test_a_folders_row_is_as_private_as_the_watched_folder(engine: Engine, tmp_path: Path) -> None:
    for end, (kind, table, _) in TABLES.items():
        library: Library = kind(engine, tmp_path / end, is_nsfw=True)
        library.write(f"a/1{end}")
        library.scan()
        assert library.rows(f"SELECT is_nsfw FROM {table}") == [{"is_nsfw": True}]
        assert {row["is_nsfw"] for row in library.rows("SELECT is_nsfw FROM job_runs")} == {True}
