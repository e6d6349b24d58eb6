"""Missing files by the folder that they lay in."""

from __future__ import annotations

from sqlalchemy import Engine

from db import catalogue
from db.catalogue.gone import FILES
from tests.rows import add_folder, add_video, ago


def test_missing_files_are_told_by_folder_in_the_order_of_people(engine: Engine) -> None:
    with engine.begin() as conn:
        root = add_folder(conn)
        for number in range(1, FILES + 6):
            add_video(conn, root, file_path=f"/media/series/part {number}.mkv", missing_since=ago(60 + number))
        add_video(conn, root, file_path="/alone.mkv", missing_since=ago(10))
        add_video(conn, root, file_path="/media/é/there.mkv")
        folders, how_many, total = catalogue.gone.gone(conn)
    assert (how_many, total) == (2, FILES + 6)
    assert [(folder.folder, folder.files) for folder in folders] == [("", 1), ("/media/series", FILES + 5)]
    alone, series = folders
    assert [file["name"] for file in alone.named] == ["alone.mkv"]
    assert [file["name"] for file in series.named] == [f"part {number}.mkv" for number in range(1, FILES + 1)]
    assert (series.last_at - series.first_at).total_seconds() > FILES
