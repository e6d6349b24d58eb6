"""Audio tracks through their queues: a real ledger, the media child, files in the cache."""

from __future__ import annotations

import hashlib
import json

import pytest
from PIL import Image
from sqlalchemy import text

from db.audio import decide_covers
from flows import audio as flow
from tests.integration.media.audio.sounds import SECONDS

PROBE, FINGERPRINT, WAVEFORM = flow.PROBE, flow.FINGERPRINT, flow.WAVEFORM


def width(file):
    with Image.open(file) as picture:
        return picture.width


def test_a_book_gets_its_facts_words_chapters_and_cover(shelf, sounds):
    track = shelf.track(sounds["cover.m4b"], "03 - Ninth.m4b")
    assert shelf.run(PROBE) == 1
    row = shelf.row(track)
    assert (row["title"], row["artist"], row["album"]) == ("The Ninth House", "Ann Leckie, Bo Ek", "Houses")
    assert (row["narrator"], row["track_number"], row["disc_number"], row["year"]) == ("Adjoa Andoh", 3, 1, 2019)
    assert (row["codec"], row["container"], row["sample_rate"], row["channels"]) == ("aac", "mov", 48000, 2)
    assert row["duration"] == pytest.approx(SECONDS, abs=0.1)
    assert row["description"] == "Read with care"
    assert shelf.words("tag", track) == {"Audiobook"}
    assert shelf.words("performer", track) == {"Ann Leckie", "Bo Ek", "Adjoa Andoh"}
    chapters = shelf.rows("SELECT position, starts_at, title FROM audio_chapters ORDER BY position")
    assert [tuple(chapter.values()) for chapter in chapters] == [(1, 0, "One"), (2, 2, "Zwölf")]
    assert row["cover_path"] == f"audio-tracks/{track}/cover.jpg"
    assert width(shelf.cache / row["cover_path"]) == 640
    assert shelf.run(PROBE) == 0


def test_words_are_known_again_in_another_case_and_those_of_a_person_stay(shelf, sounds):
    shelf.change("INSERT INTO tags (name) VALUES ('audioBOOK'), ('Mine')")
    first, second = (shelf.track(sounds["sound.mp3"], f"{n}.mp3") for n in (1, 2))
    shelf.change("INSERT INTO track_tags SELECT :id, id FROM tags WHERE name = 'Mine'", id=second)
    shelf.run(PROBE)
    assert shelf.words("tag", first) == {"audioBOOK"}
    assert shelf.words("tag", second) == {"Mine"}
    assert shelf.words("performer", second) >= {"Ann Leckie"}


def test_a_title_that_a_person_gave_stays(shelf, sounds):
    named = shelf.track(sounds["sound.mp3"], "a_file.mp3", title="My own")
    organized = shelf.track(sounds["sound.mp3"], "b_file.mp3", organized=True)
    other = shelf.track(sounds["sound.mp3"], "c_file.mp3")
    bare = shelf.track(sounds["bare.mp3"], "d_file.mp3")
    shelf.run(PROBE)
    titles = [shelf.row(track)["title"] for track in (named, organized, other, bare)]
    assert titles == ["My own", "b file", "The Ninth House", "d file"]


def test_a_new_content_replaces_chapters_and_cover(shelf, sounds):
    track = shelf.track(sounds["cover.m4b"], "book.m4b")
    shelf.run(PROBE)
    (shelf.folder / "book.m4b").write_bytes(sounds["sound.wav"].read_bytes())
    shelf.change("UPDATE audio_tracks SET revision = 2")
    shelf.run(PROBE)
    assert (shelf.row(track)["codec"], shelf.row(track)["cover_path"]) == ("pcm_s24le", None)
    assert shelf.rows("SELECT FROM audio_chapters") == []
    assert list(shelf.cache.glob(f"audio-tracks/{track}/*")) == []


def test_hashes_and_chromaprint_are_written(shelf, sounds):
    track = shelf.track(sounds["sound.flac"], "song.flac")
    assert shelf.run(FINGERPRINT) == 1
    row = shelf.row(track)
    assert row["checksum_md5"] == hashlib.md5(sounds["sound.flac"].read_bytes()).hexdigest()
    assert (len(row["oshash"]), row["chromaprint"][:4]) == (16, "AQAA")
    assert shelf.run(FINGERPRINT) == 0


def test_the_waveform_is_written_beside_the_cover(shelf, sounds):
    track = shelf.track(sounds["cover.mp3"], "song.mp3")
    shelf.run(PROBE)
    assert shelf.run(WAVEFORM) == 1
    path = shelf.row(track)["waveform_path"]
    assert path == f"audio-tracks/{track}/waveform.json"
    assert json.loads((shelf.cache / path).read_text())["length"] == pytest.approx(SECONDS * 20, abs=2)
    assert {file.name for file in (shelf.cache / path).parent.iterdir()} == {"cover.jpg", "waveform.json"}


def test_a_broken_file_fails_alone_and_once(shelf, sounds):
    good, bad = shelf.track(sounds["sound.ogg"], "a.ogg"), shelf.track(sounds["text.mp3"], "b.mp3")
    shelf.run(PROBE)
    jobs = shelf.rows("SELECT target_id, status, attempts, error FROM job_runs ORDER BY id")
    assert [(job["target_id"], job["status"]) for job in jobs] == [(str(good), "completed"), (str(bad), "failed")]
    assert jobs[1]["attempts"] == 1
    assert "Invalid data found" in jobs[1]["error"]


def test_the_library_shows_the_picture_in_its_folder_and_another_one_once_that_changes(shelf, sounds):
    tracks = [shelf.track(sounds["cover.mp3"], f"{n}.mp3") for n in (1, 2)]
    shelf.picture(sounds.picture("small.png", "300x200"))
    shelf.run(PROBE)
    final = shelf.cache / f"audio-libraries/{shelf.book}/cover.jpg"
    assert dict(shelf.cover) == {"cover_path": f"audio-libraries/{shelf.book}/cover.jpg", "cover_made_from": "1"}
    assert width(final) == 300
    shelf.picture(sounds.picture("other.png", "200x200"), "2")
    shelf.change("UPDATE audio_tracks SET probe_revision = NULL WHERE id = :id", id=tracks[1])
    shelf.run(PROBE)
    assert (width(final), shelf.cover["cover_made_from"]) == (200, "2")


def test_without_a_picture_in_the_folder_the_library_shows_the_cover_of_its_first_track(shelf, sounds):
    shelf.track(sounds["sound.mp3"], "1.mp3")
    shelf.track(sounds["cover.mp3"], "2.mp3")
    shelf.run(PROBE)
    final = shelf.cache / f"audio-libraries/{shelf.book}/cover.jpg"
    assert (width(final), shelf.cover["cover_made_from"]) == (640, None)


def test_when_the_picture_is_taken_away_the_tracks_cover_comes_back_or_there_is_none(shelf, sounds):
    track = shelf.track(sounds["cover.mp3"], "1.mp3")
    final = shelf.cache / f"audio-libraries/{shelf.book}/cover.jpg"
    shelf.picture(sounds.picture("small.png", "300x200"))
    shelf.run(PROBE)
    shelf.picture(None)
    shelf.run(PROBE, everything=True)
    assert (width(final), shelf.cover["cover_made_from"]) == (640, None)
    shelf.picture(sounds.picture("small.png", "300x200"))
    (shelf.folder / "1.mp3").write_bytes(sounds["sound.mp3"].read_bytes())
    shelf.change("UPDATE audio_tracks SET revision = 2")
    shelf.run(PROBE)
    shelf.picture(None)
    shelf.run(PROBE, everything=True)
    assert (dict(shelf.cover), final.exists()) == ({"cover_path": None, "cover_made_from": None}, False)
    assert shelf.row(track)["cover_path"] is None


def test_a_picture_that_is_none_is_a_warning_and_the_tracks_cover_stands_in(shelf, sounds):
    shelf.track(sounds["cover.mp3"], "1.mp3")
    shelf.picture(sounds["text.mp3"])
    shelf.run(PROBE)
    assert [level for level, message in shelf.story() if message.startswith("The picture in the folder is no cover")]
    assert width(shelf.cache / shelf.cover["cover_path"]) == 640
    shelf.run(PROBE, everything=True)
    assert len(shelf.story()) == 1


def test_of_two_jobs_that_saw_different_pictures_the_one_that_saw_the_present_one_is_heard(shelf, sounds):
    shelf.picture(sounds.picture(), "new")
    rows = [{"library_id": shelf.book, "signature": signature, "made": True} for signature in ("old", "new", "new")]
    with shelf.engine.begin() as conn:
        assert decide_covers(conn, rows[:1]) == []
        (cover,) = decide_covers(conn, rows)
        assert (cover.library_id, cover.made) == (shelf.book, True)
        assert decide_covers(conn, rows) == []
        assert conn.execute(text("SELECT cover_made_from FROM audio_libraries")).scalar_one() == "new"
