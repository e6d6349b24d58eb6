"""Audio files, and the pictures that show what a folder of them is."""

from __future__ import annotations

import os
import time

import pytest

from flows.library_scan import scan_root
from tasks.library import walk
from tasks.library.files import AUDIO_EXTENSIONS
from tests.integration.library.conftest import THEN, Audio, Story

AUDIO_JOBS = {"audio-probe", "audio-fingerprint", "audio-waveform"}


def covers(audio: Audio) -> dict[str, str | None]:
    return {path: audio.below(row["cover_source"]) for path, row in audio.libraries().items()}


def test_every_kind_of_audio_is_found_and_asks_for_its_jobs(audio: Audio) -> None:
    names = {f"album/01 song{end}" for end in AUDIO_EXTENSIONS} | {"album/OTHER.MP3"}
    for name in names:
        audio.write(name)
    audio.write("album/film.mkv")
    assert audio.scan().new == len(names)
    assert audio.jobs() == dict.fromkeys(names, AUDIO_JOBS)
    assert {row["title"] for row in audio.all().values()} == {"01 song", "OTHER"}
    assert audio.libraries()["album"]["track_count"] == len(names)
    assert audio.story.lines[-1] == ("info", f"Found {len(names)} audio files")


def test_a_title_that_came_from_the_tags_survives_a_rename(audio: Audio) -> None:
    audio.write("s/01.mp3")
    audio.settle()
    audio.change("UPDATE audio_tracks SET title = 'Harbour Lights'")
    (audio.folder / "s/01.mp3").rename(audio.folder / "s/02.mp3")
    assert audio.scan().moved == 1
    assert audio.all()["s/02.mp3"]["title"] == "Harbour Lights"


def test_a_folder_is_shown_by_the_best_named_picture_in_it(audio: Audio) -> None:
    audio.write("author/book/1.mp3")
    audio.write("author/folder.jpg")
    audio.write("pictures only/cover.jpg")
    assert audio.scan().found == 1
    assert covers(audio) == {"author": "author/folder.jpg", "author/book": None}
    for name in ("other.jpg", "Book.png", "AlbumArt.webp", "Front.JPG", "cover.png", "cover.jpg"):
        audio.write(f"author/book/{name}")
        audio.scan()
        assert covers(audio)["author/book"] == (None if name == "other.jpg" else f"author/book/{name}")
    assert audio.libraries()["author/book"]["cover_signature"] == (
        f"{(audio.folder / 'author/book/cover.jpg').stat().st_size}:{THEN * 10**9}"
    )


def test_a_changed_cover_has_one_of_its_tracks_read_again_and_an_unchanged_one_none(audio: Audio) -> None:
    for name in ("a/1.mp3", "a/2.mp3", "b/1.mp3"):
        audio.write(name)
    audio.write("a/cover.jpg")
    audio.scan()
    assert audio.scan().follow_ups == 0
    audio.finish_jobs()
    audio.change("UPDATE audio_libraries SET cover_made_from = cover_signature")
    (audio.folder / "a").rename(audio.folder / "c")
    assert audio.scan().follow_ups == 0
    assert covers(audio) == {"b": None, "c": "c/cover.jpg"}
    os.utime(audio.folder / "c/cover.jpg", (0, 0))
    assert audio.scan().follow_ups == 1
    assert audio.jobs() == {"c/1.mp3": {"audio-probe"}}
    audio.finish_jobs()
    (audio.folder / "c/cover.jpg").unlink()
    assert audio.scan().follow_ups == 1
    assert (covers(audio), audio.libraries()["c"]["cover_signature"]) == ({"b": None, "c": None}, None)


def test_the_cover_is_known_before_the_tracks_whose_jobs_make_it(audio: Audio) -> None:
    audio.write("a/1.mp3")
    audio.write("a/cover.jpg")
    known: list[dict[str, str | None]] = []
    scan_root(audio.engine, audio.root.id, Story(), lambda _, __: known.append(covers(audio)), audio.kind)
    assert known == [{"a": "a/cover.jpg"}]


def test_a_cover_that_is_being_written_waits_for_the_next_scan(audio: Audio) -> None:
    audio.write("a/1.mp3")
    audio.write("a/folder.jpg")
    audio.settle()
    fresh = audio.write("a/cover.jpg", at=time.time())
    assert audio.scan().settling == 1
    assert covers(audio) == {"a": "a/folder.jpg"}
    os.utime(fresh, (0, 0))
    assert audio.scan().settling == 0
    assert covers(audio) == {"a": "a/cover.jpg"}


def test_a_cover_that_cannot_be_looked_at_stays_what_it_was(audio: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/1.mp3", "b/1.mp3", "b/picture.jpg"):
        audio.write(name)
    (audio.folder / "a/cover.jpg").symlink_to(audio.folder / "b/picture.jpg")
    audio.settle()
    assert covers(audio) == {"a": "a/cover.jpg", "b": None}

    def refuse(path: str, _: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(walk.files, "regular_file", refuse)
    result = audio.scan()
    assert (result.unreadable, result.follow_ups) == (1, 0)
    assert covers(audio) == {"a": "a/cover.jpg", "b": None}
