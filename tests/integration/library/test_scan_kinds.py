"""What holds of every kind of scan: pictures, archives of them and audio files are treated as videos are."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from db import paths
from db.ledger import FollowUp
from flows import library_kinds
from flows.library_scan import scan_root
from tasks.errors import PermanentError, TransientError
from tasks.library import walk
from tests.integration.library.conftest import Audio, Library, Pictures, Statements, Story, enqueue

#: A file name's end, and a folder watched for such files.
Each = Callable[..., Iterator[tuple[str, Library]]]
KINDS: dict[str, type[Library]] = {".jpg": Pictures, ".cbz": Pictures, ".mp3": Audio}


@pytest.fixture
def each(engine: Engine, tmp_path: Path) -> Each:
    def each(name: str = "", **choices: Any) -> Iterator[tuple[str, Library]]:
        for end, kind in KINDS.items():
            yield end, kind(engine, tmp_path / f"{end[1:]}{name}", **choices)

    return each


def test_an_unchanged_rescan_asks_for_nothing_in_a_fixed_number_of_statements(
    each: Each, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: dict[str, list[int]] = {}
    for count in (5, 300):
        for end, library in each(str(count)):
            for number in range(count):
                library.write(f"{number % 7}/{number % 3}/{number}{end}", f"content {number:03}".encode())
            assert library.scan().new == count
            assert len(library.jobs()) == count
            library.finish_jobs()
            statements = Statements(engine, monkeypatch)
            result = library.scan()
            counted.setdefault(end, []).append(statements.count)
            assert (result.found, result.follow_ups, library.jobs()) == (count, 0, {})
    assert all(few == many <= 40 for few, many in counted.values())


@pytest.mark.parametrize("harm", [shutil.rmtree, lambda folder: (shutil.rmtree(folder), folder.mkdir())])
def test_a_folder_that_is_gone_or_empty_changes_nothing(each: Each, harm: Any) -> None:
    for end, library in each():
        library.write(f"a{end}")
        library.write(f"s/b{end}")
        library.settle()
        before = library.all()
        harm(library.folder)
        with pytest.raises(PermanentError, match="nothing was changed"):
            library.scan()
        assert (library.all(), library.jobs()) == (before, {})


def test_a_disk_is_another_one_for_every_kind_of_scan(each: Each) -> None:
    for end, library in each():
        library.write(f"a{end}")
        library.settle()
        library.change("UPDATE library_roots SET device = device + 1 WHERE id = :id", id=library.root.id)
        (library.folder / f"a{end}").unlink()
        library.write("other.mkv")
        for kind in (library_kinds.VIDEOS, library_kinds.PICTURES, library_kinds.AUDIO):
            with pytest.raises(PermanentError, match="none of its known files is there"):
                scan_root(library.engine, library.root.id, Story(), enqueue, kind)
        assert library.there() == {f"a{end}"}


def test_files_below_an_unreadable_folder_are_not_missing(each: Each, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.scandir
    for end, library in each():
        for name in ("a", "s/b", "s/t/c", "st/d"):
            library.write(name + end)
        library.settle()
        locked = str(library.folder / "s")

        def scandir(path: str, locked: str = locked) -> object:
            if str(path) == locked:
                raise PermissionError(13, "Permission denied", path)
            return really(path)

        monkeypatch.setattr(walk.os, "scandir", scandir)
        shutil.rmtree(library.folder / "st")
        result = library.scan()
        monkeypatch.undo()
        assert (result.unreadable, result.missing) == (1, 1)
        assert library.there() == {f"a{end}", f"s/b{end}", f"s/t/c{end}"}


def test_a_renamed_folder_keeps_its_ids_and_asks_for_nothing(each: Each) -> None:
    for end, library in each():
        for number in range(5):
            library.write(f"one/{number}/a{end}")
        library.settle()
        ids = library.ids()
        (library.folder / "one").rename(library.folder / "two")
        result = library.scan()
        assert (result.moved, result.new, result.missing, result.follow_ups) == (5, 0, 0, 0)
        assert library.ids() == {name.replace("one/", "two/"): key for name, key in ids.items()}


def test_a_file_without_a_hash_is_known_by_size_time_and_name(each: Each) -> None:
    for end, library in each():
        library.write(f"a/one{end}", b"1234567890" + end.encode())
        library.scan()
        ids = library.ids()
        (library.folder / "a" / f"one{end}").rename(library.folder / f"one{end}")
        assert library.scan().moved == 1
        assert library.ids() == {f"one{end}": ids[f"a/one{end}"]}


def test_a_file_that_moves_to_another_watched_folder_keeps_its_row(each: Each) -> None:
    for (end, one), (_, other) in zip(each("-one"), each("-other", is_nsfw=True), strict=True):
        moving = one.write(f"a{end}")
        one.write(f"keep{end}")
        one.settle()
        key = one.ids()[f"a{end}"]
        (other.folder / "s").mkdir()
        moving.rename(other.folder / "s" / f"b{end}")
        assert (one.scan().missing, other.scan().moved) == (1, 1)
        row = other.all()[f"s/b{end}"]
        assert (row["id"], row["is_nsfw"], row["missing_since"]) == (key, True, None)


def test_a_changed_file_is_another_content_and_one_that_comes_back_is_the_same(each: Each) -> None:
    for end, library in each():
        changed, lost = library.write(f"a{end}"), library.write(f"b{end}")
        library.settle()
        os.utime(changed, (0, 0))
        content = lost.read_bytes()
        lost.unlink()
        result = library.scan()
        assert (result.changed, result.missing) == (1, 1)
        assert library.there() == set(library.jobs()) == {f"a{end}"}
        library.write(f"b{end}", content)
        assert library.scan().returned == 1
        assert {name: row["revision"] for name, row in library.all().items()} == {f"a{end}": 2, f"b{end}": 1}
        assert set(library.jobs()) == {f"a{end}"}


def test_a_file_that_is_being_written_waits_for_the_next_scan(each: Each) -> None:
    for end, library in each():
        fresh = library.write(f"s/fresh{end}", at=time.time())
        assert (library.scan().settling, library.there()) == (1, set())
        os.utime(fresh, (0, 0))
        assert library.scan().new == 1


NAMES = (
    b"two\nlines",
    b"-rf",
    b"quo'te\"s \\ ; $(x) %s",
    b"caf\xe9",
    "\U0010ff80".encode(),
    b"\\N",
    b"\\.",
    b"n" * 251,
)


def test_a_hostile_name_is_known_again(each: Each) -> None:
    for end, library in each():
        written = {library.write(name + end.encode()) for name in NAMES}
        written |= {library.write(b"in " + name[:200] + b"/" + name + end.encode()) for name in NAMES}
        library.settle()
        assert {paths.to_path(row["file_path"]) for row in library.all().values()} == written
        result = library.scan()
        assert (result.found, result.new, result.missing, result.follow_ups) == (len(written), 0, 0, 0)


def test_folders_whose_names_begin_alike_do_not_touch_each_other(each: Each) -> None:
    for (end, one), (_, other) in zip(each(), each("-too", is_nsfw=True), strict=True):
        for library in (one, other):
            library.write(f"s/x{end}", os.fsencode(library.folder))
            library.scan()
        before = other.all()
        (one.folder / "s").rename(one.folder.parent / f"away{end}")
        one.write(f"t/y{end}")
        assert (one.scan().missing, other.scan().missing, other.all()) == (1, 0, before)
        assert [row["is_nsfw"] for row in (*one.all().values(), *before.values())] == [False, False, True]


def test_what_is_hidden_generated_or_our_own_is_not_taken(each: Each, monkeypatch: pytest.MonkeyPatch) -> None:
    from darkroom.settings import settings

    hidden = [".hidden", ".folder/a", ".part-x/a", "@eaDir/a", "cache/images/1/a"]
    for end, library in each():
        monkeypatch.setenv("DARKROOM_CACHE_DIR", str(library.folder / "cache"))
        settings.cache_clear()
        for name in [*hidden, "a-thumb", "a-card", "a_sprite", "a.preview", "own"]:
            library.write(name + end)
        library.scan()
        assert set(library.all()) == {f"own{end}"}
    monkeypatch.undo()
    settings.cache_clear()


def test_links_lead_to_files_inside_only_and_never_round_and_round(each: Each) -> None:
    for end, library in each():
        library.write(f"real/a{end}")
        outside = library.folder.parent / f"outside{end}"
        outside.touch()
        (library.folder / f"in{end}").symlink_to(library.folder / "real" / f"a{end}")
        (library.folder / f"out{end}").symlink_to(outside)
        (library.folder / "real" / "again").symlink_to(library.folder)
        (library.folder / f"loop{end}").symlink_to(library.folder / f"loop{end}")
        library.scan()
        assert set(library.all()) == {f"real/a{end}", f"in{end}"}


def test_two_kinds_of_scan_may_be_at_work_in_one_folder(each: Each) -> None:
    for end, library in each():
        library.write(f"a{end}")
        library.write("a.mkv")

        def meanwhile(_: Connection, __: Sequence[FollowUp], library: Library = library) -> None:
            assert library.scan().new == 1
            with pytest.raises(TransientError):
                scan_root(library.engine, library.root.id, Story(), enqueue)

        scan_root(library.engine, library.root.id, Story(), meanwhile)
        assert library.there() == {f"a{end}"}
