from __future__ import annotations

from tasks.library.tree import Tree


def named(root: str, *paths: str, loose: bool = True) -> list[tuple[str, str | None]]:
    tree = Tree(root, loose=loose)
    return [folder for path in paths for folder in tree.around(path)]


def test_each_folder_is_named_once_and_after_the_one_that_it_lies_in() -> None:
    assert named("/m", "/m/a/b/1", "/m/a/b/2", "/m/a/c/d/1", "/m/e/1") == [
        ("/m/a", "/m"),
        ("/m/a/b", "/m/a"),
        ("/m/a/c", "/m/a"),
        ("/m/a/c/d", "/m/a/c"),
        ("/m/e", "/m"),
    ]


def test_the_root_is_named_for_loose_files_where_those_count() -> None:
    assert named("/m", "/m/1", "/m/2", "/m/a/1") == [("/m", None), ("/m/a", "/m")]
    assert named("/m", "/m/1", "/m/a/1", loose=False) == [("/m/a", "/m")]


def test_names_that_begin_alike_are_different_folders() -> None:
    assert named("/m", "/m/a/1", "/m/ab/1") == [("/m/a", "/m"), ("/m/ab", "/m")]
