"""Files that are renamed, moved, lost and found again."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from sqlalchemy import Engine

from tests.integration.library.conftest import ALL, Library


def test_a_renamed_file_keeps_its_row_and_asks_for_nothing(library: Library) -> None:
    old = library.write("Lamp (1998).mkv")
    library.settle()
    library.change("UPDATE videos SET rating = 70, play_count = 3")
    before = library.videos()["Lamp (1998).mkv"]
    old.rename(library.folder / "Harbour Lights (1999).mkv")
    result = library.scan()
    assert (result.moved, result.new, result.missing, result.follow_ups) == (1, 0, 0, 0)
    after = library.videos()["Harbour Lights (1999).mkv"]
    assert [after[name] for name in ("id", "rating", "play_count", "revision")] == [before["id"], 70, 3, 1]
    assert after["title"] == "Harbour Lights"
    assert library.rows("SELECT year FROM video_movies") == [{"year": 1999}]


def test_a_renamed_folder_keeps_all_ids_and_its_series(library: Library) -> None:
    for season in (1, 2):
        for number in range(5):
            library.write(f"Lamp/Season {season}/Lamp.S0{season}E0{number}.mkv")
    library.settle()
    library.change("UPDATE video_series SET custom_name = 'The Lamp', rating = 90")
    ids, series = library.ids(), library.rows("SELECT id FROM video_series")
    (library.folder / "Lamp").rename(library.folder / "The Lamp Room")
    result = library.scan()
    assert (result.moved, result.new, result.missing, result.follow_ups) == (10, 0, 0, 0)
    assert library.ids() == {name.replace("Lamp/", "The Lamp Room/"): key for name, key in ids.items()}
    [found] = library.rows("SELECT id, title, custom_name, rating, folder_path FROM video_series")
    assert found == {
        "id": series[0]["id"],
        "title": "The Lamp Room",
        "custom_name": "The Lamp",
        "rating": 90,
        "folder_path": str(library.folder / "The Lamp Room"),
    }
    seasons = library.rows("SELECT folder_path FROM video_seasons ORDER BY season_number")
    assert [Path(row["folder_path"]).parent.name for row in seasons] == ["The Lamp Room"] * 2


def test_a_renamed_folder_of_thousands_is_found_in_batches(library: Library) -> None:
    for number in range(2500):
        library.write(f"s/{number}.mkv", f"{number:09}".encode())
    library.settle()
    ids = library.ids()
    (library.folder / "s").rename(library.folder / "t")
    result = library.scan()
    assert (result.moved, result.new, result.missing, result.follow_ups) == (2500, 0, 0, 0)
    assert library.ids() == {f"t{name[1:]}": key for name, key in ids.items()}


def test_a_movie_that_moves_into_a_folder_becomes_an_episode(library: Library) -> None:
    old = library.write("Lamp.S01E04.mkv")
    library.settle()
    [key] = library.ids().values()
    (library.folder / "Lamp" / "Season 1").mkdir(parents=True)
    old.rename(library.folder / "Lamp" / "Season 1" / old.name)
    assert library.scan().moved == 1
    assert [(row["id"], row["kind"]) for row in library.videos().values()] == [(key, "episode")]
    assert library.rows("SELECT video_id, episode_number FROM video_episodes") == [
        {"video_id": key, "episode_number": 4}
    ]
    assert library.rows("SELECT * FROM video_movies") == []

    (library.folder / "Lamp" / "Season 1" / old.name).rename(old)
    assert library.scan().moved == 1
    assert library.rows("SELECT video_id FROM video_movies") == [{"video_id": key}]
    assert library.rows("SELECT * FROM video_episodes") == []
    assert library.rows("SELECT * FROM video_series") == []  # nothing is left of it


def test_equal_copies_are_paired_by_name_then_by_path(library: Library) -> None:
    for name in ("a/1.mkv", "a/2.mkv", "b/2.mkv", "b/3.mkv"):
        library.write(name, b"the very same content")
    library.settle()
    ids = library.ids()
    (library.folder / "b" / "3.mkv").rename(library.folder / "b" / "4.mkv")
    (library.folder / "b").rename(library.folder / "d")
    (library.folder / "a").rename(library.folder / "c")
    assert library.scan().moved == 4
    assert library.ids() == {
        "c/1.mkv": ids["a/1.mkv"],
        "c/2.mkv": ids["a/2.mkv"],
        "d/2.mkv": ids["b/2.mkv"],
        "d/4.mkv": ids["b/3.mkv"],
    }


def test_a_copy_is_new_while_the_original_is_there(library: Library) -> None:
    library.write("a.mkv", b"the very same content")
    library.settle()
    library.write("b.mkv", b"the very same content")
    result = library.scan()
    assert (result.new, result.moved) == (1, 0)
    assert library.jobs() == {"b.mkv": ALL}


def test_a_new_file_of_the_same_size_is_not_taken_for_the_lost_one(library: Library) -> None:
    library.write("a.mkv", b"some content here").unlink()
    library.write("keep.mkv")
    library.write("a.mkv", b"some content here")
    library.settle()
    (library.folder / "a.mkv").unlink()
    library.write("b.mkv", b"other content now")
    result = library.scan()
    assert (result.new, result.moved, result.missing) == (1, 0, 1)


def test_a_file_without_a_hash_is_known_by_size_time_and_name(library: Library) -> None:
    library.write("a/one.mkv", b"1234567890")
    library.write("a/two.mkv", b"1234567890")
    library.scan()
    ids = library.ids()
    (library.folder / "a" / "one.mkv").rename(library.folder / "one.mkv")
    (library.folder / "a" / "two.mkv").rename(library.folder / "three.mkv")
    result = library.scan()
    assert (result.moved, result.new, result.missing) == (1, 1, 1)
    assert library.ids()["one.mkv"] == ids["a/one.mkv"]


def test_the_hash_of_an_earlier_content_moves_nothing(library: Library) -> None:
    path = library.write("a.mkv", b"the first content!")
    library.write("keep.mkv")
    library.settle()
    library.write("a.mkv", b"another content!!!", at=1_600_000_100)
    library.scan()
    path.unlink()
    library.write("b.mkv", b"the first content!")
    result = library.scan()
    assert (result.moved, result.new, result.missing) == (0, 1, 1)


def test_a_lost_file_is_marked_and_kept_and_comes_back(library: Library) -> None:
    lost = library.write("a.mkv")
    library.write("keep.mkv")
    library.settle()
    ids = library.ids()
    content = lost.read_bytes()
    lost.unlink()
    assert library.scan().missing == 1
    assert library.ids() == ids
    assert library.videos()["a.mkv"]["missing_since"] is not None
    assert library.scan().missing == 0  # it is known to be

    library.write("a.mkv", content)
    result = library.scan()
    assert (result.returned, result.follow_ups) == (1, 0)
    assert library.videos()["a.mkv"]["missing_since"] is None


def test_a_file_that_comes_back_gets_what_it_lacks(library: Library) -> None:
    lost = library.write("a.mkv")
    library.write("keep.mkv")
    library.settle()
    library.change("UPDATE videos SET preview_revision = NULL, missing_since = now()")
    result = library.scan()
    assert lost.exists()
    assert result.returned == 2
    assert library.jobs() == {"a.mkv": {"preview"}, "keep.mkv": {"preview"}}


def test_a_file_that_was_lost_for_long_comes_back_under_another_name(library: Library) -> None:
    lost = library.write("a.mkv")
    library.write("keep.mkv")
    library.settle()
    [key] = [key for name, key in library.ids().items() if name == "a.mkv"]
    away = lost.rename(library.folder.parent / "away")
    library.scan()
    away.rename(library.folder / "b.mkv")
    assert library.scan().moved == 1
    assert library.videos()["b.mkv"]["id"] == key
    assert library.videos()["b.mkv"]["missing_since"] is None


def test_a_file_that_moves_to_another_watched_folder_keeps_its_row(engine: Engine, tmp_path: Path) -> None:
    one, other = Library(engine, tmp_path / "one"), Library(engine, tmp_path / "other", is_nsfw=True)
    moving = one.write("a.mkv")
    one.write("keep.mkv")
    one.settle()
    [key] = [key for name, key in one.ids().items() if name == "a.mkv"]
    moving.rename(other.folder / "b.mkv")
    assert one.scan().missing == 1
    assert other.scan().moved == 1
    assert one.rows("SELECT library_root_id, is_nsfw FROM videos WHERE id = :key", key=key) == [
        {"library_root_id": other.root.id, "is_nsfw": True}
    ]


def test_a_moved_file_that_is_still_being_written_is_neither_moved_nor_missing(library: Library) -> None:
    old = library.write("a.mkv")
    library.write("keep.mkv")
    library.settle()
    shutil.copyfile(old, library.folder / "b.mkv")
    os.utime(library.folder / "b.mkv", (time.time(), time.time()))
    old.unlink()
    result = library.scan()
    assert (result.settling, result.moved, result.missing) == (1, 0, 0)
    os.utime(library.folder / "b.mkv", (0, 0))
    assert library.scan().moved == 1


def test_a_corrected_number_survives_a_rename_and_a_read_one_follows_it(library: Library) -> None:
    library.write("Lamp/Lamp.S01E01.mkv")
    library.write("Lamp/Lamp.S01E02.mkv")
    library.settle()
    library.change(
        "UPDATE video_episodes SET episode_number = 50 FROM videos WHERE id = video_id AND file_path LIKE '%E01.mkv'"
    )
    for number in (1, 2):
        (library.folder / f"Lamp/Lamp.S01E0{number}.mkv").rename(library.folder / f"Lamp/Lamp.S01E0{number + 5}.mkv")
    assert library.scan().moved == 2
    found = library.rows("SELECT episode_number FROM video_episodes JOIN videos ON id = video_id ORDER BY file_path")
    assert [row["episode_number"] for row in found] == [50, 7]
