from __future__ import annotations

import pytest

from tasks.library.covers import best


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], None),
        (["back.jpg", "cover.gif", "mycover.jpg", "cover"], None),
        (["album.jpg", "front.jpg", "folder.webp", "COVER.PNG"], "COVER.PNG"),
        (["cover.webp", "cover.png", "cover.jpeg", "cover.jpg"], "cover.jpg"),
        (["The Album.jpg", "albumart.png"], "albumart.png"),
        (["THE album.jpeg", "other.jpg"], "THE album.jpeg"),
    ],
)
def test_the_best_named_picture_is_the_cover(names: list[str], chosen: str | None) -> None:
    assert best(names, "The Album") == chosen
    assert best(reversed(names), "The Album") == chosen


def test_a_folder_that_is_called_as_covers_are_changes_nothing() -> None:
    assert best(["folder.jpg", "cover.jpg"], "Folder") == "cover.jpg"
