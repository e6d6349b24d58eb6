from __future__ import annotations

import pytest

from tasks.library.classify import Place, Rejection, place, rejection


@pytest.mark.parametrize(
    ("depth", "movies", "series", "reason"),
    [
        (0, True, True, None),
        (0, True, False, None),
        (0, False, True, "loose-file"),
        (0, False, False, "loose-file"),
        (1, True, True, None),
        (1, False, True, None),
        (1, True, False, "series-off"),
        (2, True, True, None),
        (2, False, False, "series-off"),
        (3, True, True, "too-deep"),
        (9, False, True, "too-deep"),
    ],
)
def test_the_depth_decides_what_is_taken(depth: int, movies: bool, series: bool, reason: Rejection | None) -> None:
    assert rejection(depth, movies=movies, series=series) == reason


@pytest.mark.parametrize(
    ("relative", "where"),
    [
        ("Harbour.mkv", Place("movie")),
        ("Lamp/e1.mkv", Place("episode", "Lamp", 0, None)),
        ("Lamp/Season 2/e1.mkv", Place("episode", "Lamp", 2, "Lamp/Season 2")),
        ("Lamp/Specials/e1.mkv", Place("episode", "Lamp", 0, "Lamp/Specials")),
        ("Lamp/Odds and ends/e1.mkv", Place("episode", "Lamp", 0, "Lamp/Odds and ends")),
    ],
)
def test_the_folders_say_where_a_video_belongs(relative: str, where: Place) -> None:
    assert place(relative) == where


def test_a_video_that_lies_too_deep_has_no_place() -> None:
    with pytest.raises(ValueError, match="3 folders deep"):
        place("a/b/c/d.mkv")
