"""Removing generated files that no row owns, and nothing else."""

from __future__ import annotations

import pytest

from db import generated
from db.models import Base
from tests.integration.maintenance.conftest import names
from tests.integration.maintenance.test_moves import moved_beside
from tests.rows import add_job


def test_files_of_what_is_gone_are_removed_and_all_that_a_row_names_stays(house):
    number = house.previewed("Alien.mkv")
    kept = [
        house.cache / path
        for path in (
            *house.named(number).values(),
            f"videos/{number}/subtitles/embedded-2.vtt",
            f"videos/{number}/subtitles/embedded-2.ass",
            f"videos/{number}/thumbnail-custom.jpg",
            "images/1/thumb.jpg",
            "images/1/preview.mp4",
            "audio-tracks/1/waveform.json",
            "audio-tracks/1/cover.jpg",
            "audio-libraries/1/cover.jpg",
        )
    ]
    for path in kept[5:]:
        house.write(path)
    house.run("UPDATE videos SET custom_thumbnail_path = :path", path=f"videos/{number}/thumbnail-custom.jpg")
    house.run(
        "INSERT INTO video_subtitles (video_id, source, source_key, source_format, storage_path, original_path)"
        " VALUES (:id, 'embedded', '2', 'ass', :path || '.vtt', :path || '.ass')",
        id=number,
        path=f"videos/{number}/subtitles/embedded-2",
    )
    file = "library_root_id, file_path, file_size, file_mtime_ns, title"
    house.run(
        f"INSERT INTO images ({file}, thumbnail_path, preview_path)"
        " VALUES (1, '/a', 1, 1, 'a', 'images/1/thumb.jpg', 'images/1/preview.mp4')"
    )
    house.run(
        f"INSERT INTO audio_tracks ({file}, waveform_path, cover_path)"
        " VALUES (1, '/b', 1, 1, 'b', 'audio-tracks/1/waveform.json', 'audio-tracks/1/cover.jpg')"
    )
    house.run(
        "INSERT INTO audio_libraries (library_root_id, folder_path, title, cover_path)"
        " VALUES (1, '/c', 'c', 'audio-libraries/1/cover.jpg')"
    )
    gone = [
        house.write(path, "12345")
        for path in (
            "videos/4711/thumbnail.jpg",
            "videos/4711/subtitles/embedded-1.vtt",
            f"videos/{number}/old.jpg",
            "images/4711/thumb.jpg",
            "audio-tracks/4711/waveform.json",
            "audio-libraries/4711/cover.jpg",
        )
    ]
    done = house.tidy()
    assert (done["removed"], done["removed_bytes"]) == (len(gone), 5 * len(gone))
    assert not any(path.exists() for path in gone)
    assert not (house.cache / "videos" / "4711").exists()
    assert all(path.exists() for path in kept)


def test_covers_that_no_requested_book_names_any_more_are_removed(house):
    for address in ("https://x/old.jpg", "https://x/new.jpg"):
        house.write(generated.cover(address), "12345")
    young = house.write(generated.cover("https://x/young.jpg"), age=60)
    house.run("INSERT INTO audiobooks (title, author, cover_url) VALUES ('Dune', 'Herbert', 'https://x/new.jpg')")
    done = house.tidy()
    assert (done["removed"], done["removed_bytes"]) == (1, 5)
    assert not (house.cache / generated.cover("https://x/old.jpg")).exists()
    assert (house.cache / generated.cover("https://x/new.jpg")).exists()
    assert young.exists()


def test_every_column_that_names_a_generated_file_is_known_to_the_sweep():
    known = {(table, column) for shelf in generated.NAMED.values() for table, _, columns in shelf for column in columns}
    named = {
        (table, column.name)
        for table, _ in known
        for column in Base.metadata.tables[table].columns
        if column.name.endswith("_path") and column.name not in {"file_path", "folder_path"}
    }
    assert named == known


def test_what_is_young_may_be_of_a_job_that_runs(house):
    young = house.write("videos/4711/thumbnail.jpg", age=60)
    half_made = house.write("videos/4712/.part-abc/preview.mp4", age=20 * 3600)
    house.tidy()
    assert young.exists()
    assert half_made.exists()


def test_nothing_of_a_job_that_runs_is_removed_however_old(house):
    number = house.previewed("Alien.mkv")
    old = house.write(f"videos/{number}/not named yet.jpg")
    with house.engine.begin() as conn:
        add_job(conn, "running", "preview", target_id=str(number))
    house.tidy()
    assert old.exists()


def test_half_made_files_of_yesterday_are_removed(house):
    number = house.previewed("Alien.mkv")
    for name in (f"videos/{number}/.part-abc/preview.mp4", "videos/.part-abc/x", ".part-abc/x"):
        house.write(name)
    assert house.tidy()["removed"] == 3
    assert not list(house.cache.glob("**/.part-*"))


@pytest.mark.parametrize("name", ["videos", "videos/4711", "videos/4711/subtitles", "videos/4711/thumbnail.jpg"])
def test_a_link_in_the_cache_is_not_followed(house, tmp_path, name):
    outside = tmp_path / "outside"
    treasure = house.write(outside / "4711" / "thumbnail.jpg")
    link = house.cache / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(treasure if name.endswith(".jpg") else outside)
    house.tidy()
    assert treasure.exists()
    assert link.is_symlink()


def test_what_is_not_of_darkrooms_shelves_is_left_alone(house):
    others = [house.write(name) for name in ("notes.txt", "videos/notes.txt", "videos/007/x.jpg", "backup/1/x.jpg")]
    house.tidy()
    assert all(path.exists() for path in others)


def test_files_beside_videos_of_a_folder_that_is_watched_no_longer_are_removed(house):
    moved_beside(house)
    house.age()
    house.run("DELETE FROM library_roots")
    done = house.tidy()
    assert done["removed"] == 5
    assert names(house.folder) == ["Alien.mkv"]
    assert house.rows("SELECT * FROM files_beside") == []


def test_what_cannot_be_seen_is_not_forgotten(house):
    """An empty folder, where a disk was mounted."""
    moved_beside(house)
    house.age()
    house.run("DELETE FROM videos")
    house.folder.rename(house.folder.with_name("elsewhere"))
    house.folder.mkdir()
    house.tidy()
    assert len(house.rows("SELECT * FROM files_beside")) == 5
    house.folder.rmdir()
    house.tidy()
    house.folder.with_name("elsewhere").rename(house.folder)
    assert house.tidy()["removed"] == 5


def test_the_jobs_own_words_give_nothing_away(house):
    with house.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE library_roots SET is_nsfw = true")
    house.tidy()
    assert (house.last().target_label, house.last().is_nsfw) == ("Generated files", False)
