"""Whatever is done to a folder between two scans, the ledger ends up saying what is there."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.library.conftest import ALL, THEN, Library, Pictures

NAMES = ("a", "b.S01E01", "c - 02", "two\nlines", "d (1999)")
FOLDERS = ("", "Lamp/", "Lamp/Season 1/", "Lamp/Specials/", "Harbour/", "Deep/er/est/")


class Person:
    """Does things to a library, and remembers which id each content must have."""

    def __init__(self, library: Library, seed: int, end: str = ".mkv", deepest: int = 2) -> None:
        self.library, self.dice, self.made = library, random.Random(seed), 0
        self.end, self.deepest = end, deepest

    def files(self) -> list[Path]:
        return sorted(path for path in self.library.folder.rglob(f"*{self.end}") if path.is_file())

    def taken(self) -> dict[str, Path]:
        """The files that belong to the library, by path below it."""
        below = {str(path.relative_to(self.library.folder)): path for path in self.files()}
        return {name: path for name, path in below.items() if name.count("/") <= self.deepest}

    def free(self) -> Path:
        self.made += 1
        return self.library.folder / f"{self.dice.choice(FOLDERS)}{self.dice.choice(NAMES)} {self.made}{self.end}"

    def add(self) -> None:
        self.library.write(str(self.free().relative_to(self.library.folder)), f"content {self.made:06}".encode())

    def rewrite(self) -> None:
        if files := self.files():
            self.made += 1
            path = self.dice.choice(files)
            name = str(path.relative_to(self.library.folder))
            self.library.write(name, f"content {self.made:06}".encode(), at=THEN + self.made)

    def rename(self) -> None:
        if files := self.files():
            target = self.free()
            target.parent.mkdir(parents=True, exist_ok=True)
            self.dice.choice(files).rename(target)

    def rename_folder(self) -> None:
        self.made += 1
        folders = [path for path in self.library.folder.iterdir() if path.is_dir()]
        if folders:
            self.dice.choice(folders).rename(self.library.folder / f"Folder {self.made}")

    def lose(self) -> None:
        if len(files := self.files()) > 1:
            self.dice.choice(files).unlink()

    def act(self) -> None:
        actions: list[Callable[[], None]] = [
            self.add,
            self.add,
            self.rewrite,
            self.rename,
            self.rename_folder,
            self.lose,
        ]
        self.dice.choice(actions)()


@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_says_what_is_there(library: Library, seed: int) -> None:
    person = Person(library, seed)
    known: dict[bytes, int] = {}
    library.write("stays.mkv")
    for _ in range(12):
        for _ in range(person.dice.randrange(1, 5)):
            person.act()
        library.scan()
        taken, videos = person.taken(), library.videos()

        assert {name for name, row in videos.items() if row["missing_since"] is None} == set(taken)
        # a content that was hashed once keeps its row wherever it goes, unless it was written over
        contents = {path.read_bytes(): videos[name]["id"] for name, path in taken.items()}
        moved = {content: key for content, key in contents.items() if content in known}
        assert moved == {content: known[content] for content in moved}
        lacking = {name for name, row in videos.items() if row["probe_revision"] != row["revision"]}
        assert {name for name, queues in library.jobs().items() if queues == ALL} == lacking - _gone(videos)
        assert _links(library) == len(videos)

        library.finish_jobs()
        assert library.scan().follow_ups == 0
        known |= contents


@pytest.mark.parametrize("seed", range(2))
def test_the_galleries_say_what_is_there(pictures: Pictures, seed: int) -> None:
    person = Person(pictures, seed, end=".jpg", deepest=99)
    known: dict[bytes, int] = {}
    pictures.write("stays.jpg")
    for _ in range(12):
        for _ in range(person.dice.randrange(1, 5)):
            person.act()
        pictures.scan()
        taken, images, galleries = person.taken(), pictures.all(), pictures.galleries()

        assert pictures.there() == set(taken)
        contents = {path.read_bytes(): images[name]["id"] for name, path in taken.items()}
        assert {content: key for content, key in contents.items() if known.get(content, key) != key} == {}
        folders = {str(path.parent.relative_to(pictures.folder)) for path in taken.values()}
        above = {str(path) for folder in folders for path in Path(folder).parents} - {"."}
        assert folders | above <= set(galleries)
        for path in folders | above:
            held = [name for name in taken if str(Path(name).parent) == path]
            around = str(Path(path).parent)
            assert galleries[path]["image_count"] == len(held)
            assert {images[name]["gallery_id"] for name in held} <= {galleries[path]["id"]}
            assert galleries[path]["around"] == (around if around in galleries and path != "." else None)
        assert {row["image_count"] for path, row in galleries.items() if path not in folders} <= {0}
        kept = {row["gallery_id"] for row in images.values()} | {row["parent_id"] for row in galleries.values()}
        assert {row["id"] for row in galleries.values()} <= kept

        pictures.finish_jobs()
        assert pictures.scan().follow_ups == 0
        known |= contents


def _gone(videos: dict[str, object]) -> set[str]:
    return {name for name, row in videos.items() if row["missing_since"] is not None}  # type: ignore[index]


def _links(library: Library) -> int:
    """How many videos are what their kind says, in a season of the folder that they lie in."""
    [row] = library.rows(
        "SELECT count(*) AS n FROM videos v LEFT JOIN video_movies m ON m.video_id = v.id"
        " LEFT JOIN video_episodes e ON e.video_id = v.id LEFT JOIN video_seasons se ON se.id = e.season_id"
        " LEFT JOIN video_series s ON s.id = se.series_id"
        " WHERE (v.kind = 'movie' AND m.video_id IS NOT NULL AND e.video_id IS NULL)"
        " OR (v.kind = 'episode' AND m.video_id IS NULL"
        "     AND (v.missing_since IS NOT NULL OR starts_with(v.file_path, s.folder_path || '/')))"
    )
    return row["n"]
