"""Pictures, and archives of them."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from flows import library_kinds
from flows.library_scan import scan_root
from tasks.library.files import MOVING_EXTENSIONS, PICTURE_EXTENSIONS
from tests.integration.library.conftest import THEN, Library, Pictures, Story, enqueue

#: A thumbnail's job makes the hashes too.
PICTURE_JOBS = {"image-thumbnail"}


def read_archive(library: Pictures, name: str, *members: str) -> None:
    """What the job does that reads an archive."""
    path = str(library.folder / name)
    library.change("UPDATE archives SET read_revision = revision WHERE file_path = :path", path=path)
    library.change(
        "INSERT INTO galleries (library_root_id, kind, archive_id, title)"
        " SELECT library_root_id, 'archive', id, :title FROM archives WHERE file_path = :path ON CONFLICT DO NOTHING",
        path=path,
        title=Path(name).stem,
    )
    for member in members:
        library.change(
            "INSERT INTO images (library_root_id, gallery_id, archive_id, member, file_path, file_size, file_mtime_ns,"
            " title) SELECT a.library_root_id, g.id, a.id, :member, a.file_path || '/' || :member, 1, a.file_mtime_ns,"
            " :member FROM archives a JOIN galleries g ON g.archive_id = a.id WHERE a.file_path = :path",
            path=path,
            member=member,
        )
    library.change(
        "UPDATE galleries g SET image_count = (SELECT count(*) FROM images WHERE gallery_id = g.id)"
        " WHERE kind = 'archive'"
    )


def archive_galleries(library: Pictures) -> list[tuple[str, str | None, int]]:
    """Title, the folder around, how many pictures."""
    found = library.rows(
        "SELECT g.title, g.image_count, above.folder_path FROM galleries g LEFT JOIN galleries above"
        " ON above.id = g.parent_id WHERE g.kind = 'archive' ORDER BY g.id"
    )
    return [(row["title"], library.below(row["folder_path"]), row["image_count"]) for row in found]


def test_every_kind_of_picture_is_found_and_asks_for_its_jobs(pictures: Pictures) -> None:
    names = {f"album/picture 1{end}" for end in PICTURE_EXTENSIONS} | {"album/OTHER.JPG"}
    for name in names:
        pictures.write(name)
    assert pictures.scan().new == len(names)
    assert pictures.jobs() == dict.fromkeys(names, PICTURE_JOBS)
    assert {row["title"] for row in pictures.all().values()} == {"picture 1", "OTHER"}
    assert pictures.story.lines[-1] == ("info", f"Found {len(names)} pictures and 0 archives")


def test_pages_are_in_the_order_of_their_numbers(pictures: Pictures) -> None:
    pages = [f"book/page{number}.jpg" for number in (1, 2, 9, 10, 11, 100)]
    for page in sorted(pages):
        pictures.write(page)
    pictures.scan()
    found = pictures.rows("SELECT file_path FROM images ORDER BY file_path COLLATE natural_order")
    assert [pictures.below(row["file_path"]) for row in found] == pages


def test_a_video_beside_pictures_stays_a_video(pictures: Pictures) -> None:
    pictures.write("trip/a.jpg")
    pictures.write("trip/film.mkv")
    pictures.scan()
    scan_root(pictures.engine, pictures.root.id, Story(), enqueue, library_kinds.VIDEOS)
    assert set(pictures.all()) == {"trip/a.jpg"}
    assert set(pictures.videos()) == {"trip/film.mkv"}
    assert pictures.galleries()["trip"]["image_count"] == 1


def test_where_no_videos_are_looked_for_they_are_pictures_that_move(engine: Engine, tmp_path: Path) -> None:
    pictures = Pictures(engine, tmp_path / "loops", scan_movies=False, scan_series=False)
    for end in (*MOVING_EXTENSIONS, ".ts"):
        pictures.write(f"loops/a{end}")
    pictures.scan()
    assert set(pictures.all()) == {f"loops/a{end}" for end in MOVING_EXTENSIONS}


def test_a_title_that_a_person_gave_a_picture_survives_and_another_follows_the_name(pictures: Pictures) -> None:
    for name in ("a", "b"):
        pictures.write(f"s/{name}.jpg")
    pictures.settle()
    pictures.change("UPDATE images SET title = 'Mine' WHERE title = 'a'")
    for name in ("a", "b"):
        (pictures.folder / f"s/{name}.jpg").rename(pictures.folder / f"s/{name}{name}.jpg")
    assert pictures.scan().moved == 2
    assert [row["title"] for row in pictures.all().values()] == ["Mine", "bb"]


def test_a_gallery_that_a_person_tagged_or_collected_stays_when_its_pictures_move_out(pictures: Pictures) -> None:
    for name in ("tagged", "collected", "plain"):
        pictures.write(f"{name}/1.jpg")
    pictures.settle()
    ids = {path: row["id"] for path, row in pictures.galleries().items()}
    pictures.change("INSERT INTO tags (name) VALUES ('sea')")
    pictures.change("INSERT INTO gallery_tags (gallery_id, tag_id) SELECT :id, id FROM tags", id=ids["tagged"])
    pictures.change("INSERT INTO collections (name) VALUES ('best')")
    pictures.change(
        "INSERT INTO collection_items (collection_id, gallery_id, source) SELECT id, :id, 'manual' FROM collections",
        id=ids["collected"],
    )
    (pictures.folder / "into").mkdir()
    pictures.write("into/0.jpg")
    pictures.scan()
    for name in ids:
        (pictures.folder / name / "1.jpg").rename(pictures.folder / "into" / f"{name}.jpg")
    assert pictures.scan().moved == 3
    assert set(pictures.galleries()) == {"tagged", "collected", "into"}


def test_an_archive_is_read_once_and_again_when_it_changed(pictures: Pictures) -> None:
    names = {f"comics/issue{end}" for end in (".zip", ".cbz", ".rar", ".cbr", ".7z", ".cb7", ".tar", ".cbt")}
    for name in names:
        pictures.write(name)
    result = pictures.scan()
    assert (result.found, result.new) == (len(names), len(names))
    assert pictures.jobs() == {name: {"gallery-scan"} for name in names}
    assert pictures.rows("SELECT DISTINCT target_type FROM job_runs") == [{"target_type": "archive"}]
    pictures.finish_jobs()
    assert pictures.scan().follow_ups == 0
    os.utime(pictures.folder / "comics/issue.cbz", (THEN + 1, THEN + 1))
    assert pictures.scan().changed == 1
    assert pictures.jobs() == {"comics/issue.cbz": {"gallery-scan"}}


def test_a_folder_of_archives_is_a_gallery_around_theirs_and_the_watched_folder_is_none(pictures: Pictures) -> None:
    pictures.write("loose.cbz")
    pictures.write("Lamp/1.cbz")
    pictures.scan()
    assert {path: row["image_count"] for path, row in pictures.galleries().items()} == {"Lamp": 0}
    read_archive(pictures, "loose.cbz", "a.jpg")
    read_archive(pictures, "Lamp/1.cbz", "a.jpg", "b.jpg")
    assert pictures.scan().follow_ups == 0
    assert archive_galleries(pictures) == [("loose", None, 1), ("1", "Lamp", 2)]
    pictures.change("UPDATE galleries SET rating = 50 WHERE folder_path IS NOT NULL")
    (pictures.folder / "Lamp").rename(pictures.folder / "The Lamp")
    assert pictures.scan().moved == 1
    assert {path: row["rating"] for path, row in pictures.galleries().items()} == {"The Lamp": 50}
    assert archive_galleries(pictures) == [("loose", None, 1), ("1", "The Lamp", 2)]


def test_the_pages_of_an_archive_go_and_come_back_with_it(pictures: Pictures) -> None:
    pictures.write("keep.jpg")
    archive = pictures.write("s/1.cbz")
    pictures.settle()
    read_archive(pictures, "s/1.cbz", "a.jpg", "b.jpg", "removed.jpg")
    pictures.scan()
    pictures.change("UPDATE images SET missing_since = now() - interval '1 day' WHERE member = 'removed.jpg'")
    away = archive.rename(pictures.folder.parent / "away")
    assert pictures.scan().missing == 1
    assert pictures.rows("SELECT member FROM images WHERE missing_since IS NULL") == [{"member": None}]
    assert archive_galleries(pictures) == [("1", "s", 0)]

    away.rename(archive)
    result = pictures.scan()
    assert (result.returned, result.follow_ups) == (1, 0)
    there = pictures.rows("SELECT member FROM images WHERE archive_id IS NOT NULL AND missing_since IS NULL ORDER BY 1")
    assert [row["member"] for row in there] == ["a.jpg", "b.jpg"]
    assert archive_galleries(pictures) == [("1", "s", 2)]


def test_the_pages_of_an_archive_move_with_it(engine: Engine, pictures: Pictures) -> None:
    archive = pictures.write("s/1.cbz")
    pictures.write("keep.jpg")
    pictures.settle()
    read_archive(pictures, "s/1.cbz", "in/a.jpg")
    pictures.change("UPDATE images SET rating = 70 WHERE member IS NOT NULL")
    archive.rename(pictures.folder / "s" / "one.cbz")
    result = pictures.scan()
    assert (result.moved, result.follow_ups) == (1, 0)
    pages = pictures.rows("SELECT file_path, rating FROM images WHERE member IS NOT NULL")
    assert pages == [{"file_path": str(pictures.folder / "s/one.cbz/in/a.jpg"), "rating": 70}]
    assert archive_galleries(pictures) == [("one", "s", 1)]

    other = Pictures(engine, pictures.folder.parent / "other", is_nsfw=True)
    (pictures.folder / "s" / "one.cbz").rename(other.folder / "one.cbz")
    assert (pictures.scan().missing, other.scan().moved) == (1, 1)
    pages = pictures.rows(
        "SELECT i.file_path, i.is_nsfw, i.missing_since, i.library_root_id, g.library_root_id AS gallery_root"
        " FROM images i JOIN galleries g ON g.id = gallery_id WHERE member IS NOT NULL"
    )
    assert pages == [
        {
            "file_path": str(other.folder / "one.cbz/in/a.jpg"),
            "is_nsfw": True,
            "missing_since": None,
            "library_root_id": other.root.id,
            "gallery_root": other.root.id,
        }
    ]
    assert archive_galleries(other) == [("one", None, 1)]


def test_pages_are_not_missing_because_no_walk_sees_them(pictures: Pictures) -> None:
    pictures.write("s/1.cbz")
    pictures.settle()
    read_archive(pictures, "s/1.cbz", "a.jpg")
    assert pictures.scan().missing == 0
    assert archive_galleries(pictures) == [("1", "s", 1)]


def test_a_folder_may_be_where_an_archive_was(pictures: Pictures) -> None:
    archive = pictures.write("x.zip")
    pictures.write("keep.jpg")
    pictures.settle()
    read_archive(pictures, "x.zip", "a.jpg")
    archive.unlink()
    pictures.scan()
    pictures.write("x.zip/a.jpg")
    assert pictures.scan().changed == 1
    [row] = [row for name, row in pictures.all().items() if name == "x.zip/a.jpg"]
    assert (row["member"], row["archive_id"], row["missing_since"]) == (None, None, None)
    assert pictures.galleries()["x.zip"]["image_count"] == 1
    assert pictures.scan().follow_ups == 0


def test_a_scan_for_pictures_alone_leaves_videos_and_audio_as_they_are(library: Library) -> None:
    for name in ("a.mkv", "s/b.mp3", "s/c.jpg"):
        library.write(name)
    for kind in (library_kinds.VIDEOS, library_kinds.AUDIO, library_kinds.PICTURES):
        assert scan_root(library.engine, library.root.id, Story(), enqueue, kind).new == 1
    (library.folder / "a.mkv").unlink()
    (library.folder / "s" / "b.mp3").unlink()
    assert scan_root(library.engine, library.root.id, Story(), enqueue, library_kinds.PICTURES).missing == 0
    for kind in (library_kinds.VIDEOS, library_kinds.AUDIO):
        assert scan_root(library.engine, library.root.id, Story(), enqueue, kind).missing == 1
