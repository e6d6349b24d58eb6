"""Paths of another machine under the names that this one has for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.requests.path_mapping import PathMapping, is_inside, to_local, to_remote

DOWNLOADS = PathMapping("/downloads", "/mnt/nas/downloads")
BOOKS = PathMapping("/downloads/books/", "/srv/books")
WINDOWS = PathMapping("D:\\Torrents", "/mnt/windows")
ALL = (DOWNLOADS, BOOKS, WINDOWS)


@pytest.mark.parametrize(
    ("remote", "local"),
    [
        ("/downloads", "/mnt/nas/downloads"),
        ("/downloads/a/b.m4b", "/mnt/nas/downloads/a/b.m4b"),
        ("/downloads2/a", "/downloads2/a"),
        ("/downloads/books/a", "/srv/books/a"),
        ("/downloads/books2/a", "/mnt/nas/downloads/books2/a"),
        ("/downloads//a/./b/../c/", "/mnt/nas/downloads/a/c"),
        ("/downloads/../etc/passwd", "/etc/passwd"),
        ("/downloads/back\\slash", "/mnt/nas/downloads/back\\slash"),
        ("d:\\torrents\\Book\\01.mp3", "/mnt/windows/Book/01.mp3"),
        ("D:/Torrents/Book", "/mnt/windows/Book"),
        ("D:\\Torrents2\\Book", "D:\\Torrents2\\Book"),
    ],
)
def test_the_deepest_mapping_that_holds_the_path_by_whole_names_is_taken(remote, local):
    assert to_local(remote, ALL) == Path(local)


def test_a_root_as_a_mapping_holds_everything():
    assert to_local("/a/b", [PathMapping("/", "/mnt/client")]) == Path("/mnt/client/a/b")


@pytest.mark.parametrize(
    ("local", "remote"),
    [
        ("/mnt/nas/downloads/a", "/downloads/a"),
        ("/mnt/nas/downloads2/a", "/mnt/nas/downloads2/a"),
        ("/srv/books", "/downloads/books"),
        ("/mnt/windows/Book/01.mp3", "D:\\Torrents\\Book\\01.mp3"),
    ],
)
def test_a_path_of_this_machine_gets_the_others_name(local, remote):
    assert to_remote(Path(local), ALL) == remote


@pytest.mark.parametrize(("remote", "local"), [("", "/a"), ("/a", ""), ("a/b", "/a"), ("/a?", "/a"), ("/a", "D:\\a")])
def test_half_a_mapping_is_refused_in_a_sentence(remote, local):
    with pytest.raises(ValueError, match="must be a"):
        PathMapping(remote, local)


def test_a_neighbour_with_a_longer_name_is_not_inside():
    assert is_inside("/dl/x", "/dl/")
    assert not is_inside("/dl2/x", "/dl")
    assert is_inside("C:\\Temp\\x", "c:/temp")
    assert not is_inside("/temp/x", "C:\\temp")
