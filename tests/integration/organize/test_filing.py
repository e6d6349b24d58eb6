"""Filing downloads of real audio into a real folder."""

from __future__ import annotations

import os
import shutil
import subprocess

import numpy as np
import pytest
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp4 import MP4

from tasks.errors import CancelledError, PermanentError, TransientError
from tasks.media.audio.probe import look
from tasks.media.runner import executable
from tasks.requests.organize import copying, found
from tasks.requests.organize.kinds import Book, NoAudioError
from tests.integration.media.audio.sounds import Sounds
from tests.integration.organize.conftest import FOLDER, seen, sound


def names(library):
    return sorted(seen(library))


def test_a_book_is_tagged_on_a_copy_and_the_download_stays_as_it_was(file, download, library):
    sound(download / "book.m4b", title="whatever")
    before = seen(download)
    filed = file()
    assert [(each.name, each.how, each.tagged) for each in filed.files] == [("book.m4b", "copied", True)]
    assert names(library) == [f"{FOLDER}/book.m4b"]
    said = MP4(library / FOLDER / "book.m4b").tags
    assert (said["\xa9nam"], said["\xa9alb"], said["\xa9ART"], said["\xa9wrt"], said["\xa9day"]) == (
        *(["Quiet Harbor"], ["Quiet Harbor"], ["Jane Doe"], ["Rosa Lind"], ["2020"]),
    )
    own = {word: bytes(said[f"----:com.apple.iTunes:{word}"][0]).decode() for word in ("ASIN", "SERIES", "SERIES-PART")}
    assert own == {"ASIN": "B002V1OF70", "SERIES": "Tides", "SERIES-PART": "2"}
    assert seen(download) == before


def test_a_file_whose_tags_say_it_all_is_linked(file, download, library):
    made = sound(download / "book.m4b")
    file()
    shutil.copy(library / FOLDER / "book.m4b", made)
    shutil.rmtree(library / "Jane Doe")
    filed = file()
    assert [each.how for each in filed.files] == ["linked"]
    assert (library / FOLDER / "book.m4b").samefile(made)


@pytest.mark.parametrize(("hard_links", "how"), [(True, "linked"), (False, "copied")])
def test_without_tags_files_are_linked_or_copied_as_is_wanted(file, download, library, hard_links, how):
    made = sound(download / "book.mp3")
    filed = file(write_tags=False, hard_links=hard_links)
    assert [(each.how, each.tagged) for each in filed.files] == [(how, False)]
    assert (library / FOLDER / "book.mp3").samefile(made) == hard_links
    assert (library / FOLDER / "book.mp3").read_bytes() == made.read_bytes()


def test_where_no_links_can_be_made_files_are_copied(file, download, library, monkeypatch):
    sound(download / "book.mp3")
    monkeypatch.setattr(copying.os, "link", _refuse)
    assert [each.how for each in file(write_tags=False).files] == ["copied"]
    assert names(library) == [f"{FOLDER}/book.mp3"]


def _refuse(*_, **__):
    raise OSError(18, "Invalid cross-device link")


@pytest.mark.parametrize("options", [{}, {"write_tags": False}, {"merge_chapters": True}], ids=str)
def test_doing_it_again_changes_nothing(file, download, library, tmp_path, options):
    for number in (1, 2):
        sound(download / f"{number}.mp3", tone=100 * number)
    shutil.copy(Sounds(tmp_path).picture(), download / "cover.png")
    file(**options)
    before = seen(library)
    again = file(**options)
    assert {each.how for each in again.files} == {"kept"}
    assert again.cover == "cover.jpg"
    assert seen(library) == before


def test_what_has_its_name_already_stays_beside_it(file, download, library):
    sound(download / "book.mp3")
    (library / FOLDER).mkdir(parents=True)
    (library / FOLDER / "book.mp3").write_bytes(b"somebody's own")
    filed = file()
    assert [each.name for each in filed.files] == ["book (2).mp3"]
    assert (library / FOLDER / "book.mp3").read_bytes() == b"somebody's own"


def test_of_a_book_in_several_formats_the_best_is_filed_and_what_is_no_repetition_stays(file, download, library):
    sound(download / "Whole/book.m4b", 6)
    for number in (1, 2, 3):
        sound(download / f"MP3/{number:02}.mp3", 2)
    sound(download / "interview.opus", 3)
    filed = file()
    assert names(library) == [f"{FOLDER}/Whole - book.m4b", f"{FOLDER}/interview.opus"]
    assert filed.warnings == ["The download holds the book several times: .m4b, .opus is filed, .mp3 is left out."]
    shutil.rmtree(library / "Jane Doe")
    (download / "Whole/book.m4b").write_bytes(b"this cannot be played")
    file(write_tags=False)
    assert len(names(library)) == 5


def test_the_parts_of_several_discs_lie_in_one_folder_in_their_order(file, download, library):
    for name in ("CD2/01.mp3", "CD1/01.mp3", "CD1/02.mp3"):
        sound(download / name, title=name)
    filed = file()
    assert [each.name for each in filed.files] == ["CD01 - 01.mp3", "CD01 - 02.mp3", "CD02 - 01.mp3"]
    said = ID3(library / FOLDER / "CD02 - 01.mp3")
    # each part keeps its own title
    assert (said["TIT2"].text, said["TALB"].text, said["TXXX:ASIN"].text) == (
        *(["CD2/01.mp3"], ["Quiet Harbor"], ["B002V1OF70"]),
    )


def test_tags_are_written_in_the_words_of_each_kind_of_file(file, download, library, tools):
    for number, kind in enumerate(("mp3", "m4b", "flac", "ogg", "opus")):
        # of the same length they would be the same book
        sound(download / f"book.{kind}", 1 + 2 * number)
    filed = file()
    assert all(each.tagged for each in filed.files), filed.warnings
    for each in filed.files:
        said = look(tools, library / FOLDER / each.name).tags
        known = (said.album, said.artists, said.narrators, said.asin, said.series, said.series_part, said.year)
        assert known == ("Quiet Harbor", ("Jane Doe",), ("Rosa Lind",), "B002V1OF70", "Tides", "2", 2020), each.name
    assert FLAC(library / FOLDER / "book.flac")["asin"] == ["B002V1OF70"]


def test_a_file_that_cannot_be_tagged_is_filed_as_it_is_and_that_is_said(file, download, library):
    download.mkdir(parents=True)
    (download / "book.mp3").write_bytes(b"no sound at all" * 1000)
    sound(download / "other.wav")
    filed = file()
    assert [each.tagged for each in filed.files] == [False, False]
    assert (library / FOLDER / "book.mp3").read_bytes() == (download / "book.mp3").read_bytes()
    assert [words.split(":")[0] for words in filed.warnings] == ["book.mp3 keeps its tags", "other.wav keeps its tags"]


def test_parts_become_one_file_whose_chapters_begin_where_their_sound_does(file, download, library, tools):
    tones = [500 + 200 * number for number in range(12)]
    for number, tone in enumerate(tones, 1):
        sound(download / f"{number}.mp3", 0.5, tone, title=f"Part {number}; a=b")
    filed = file(merge_chapters=True)
    assert [(each.name, each.how) for each in filed.files] == [("Quiet Harbor.m4b", "merged")]
    made = library / FOLDER / "Quiet Harbor.m4b"
    whole = look(tools, made)
    assert [mark.title for mark in whole.chapters] == [f"Part {number}; a=b" for number in range(1, 13)]
    assert (whole.codec, whole.tags.title, whole.tags.asin) == ("aac", "Quiet Harbor", "B002V1OF70")
    heard = [_tone(made, mark.start + at) for mark in whole.chapters for at in (0.1, 0.4)]
    assert heard == pytest.approx([tone for tone in tones for _ in range(2)], abs=30)


def _tone(path, at):
    """The loudest frequency in a tenth of a second."""
    seek = ("-ss", f"{at:.3f}", "-t", "0.1", "-i", str(path), "-f", "f32le", "-ac", "1", "-ar", "22050", "-")
    samples = np.frombuffer(subprocess.run([executable(), "-v", "error", *seek], stdout=-1, check=True).stdout, "f4")
    return np.abs(np.fft.rfft(samples)).argmax() * 22050 / len(samples)


def test_parts_that_are_aac_are_joined_without_loss_and_keep_their_chapters_order(file, download, library, tools):
    for number, name in ((1, "b"), (2, "a"), (3, "c")):
        sound(download / f"{name}.m4a", 1, track=f"{number}/3", title="Quiet Harbor")
    sizes = sum(each.stat().st_size for each in download.iterdir())
    file(merge_chapters=True, write_tags=False)
    made = library / FOLDER / "Quiet Harbor.m4b"
    whole = look(tools, made)
    assert [mark.title for mark in whole.chapters] == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert whole.duration == pytest.approx(3, abs=0.2)
    assert made.stat().st_size == pytest.approx(sizes, rel=0.3)


def test_parts_that_cannot_be_joined_stay_single(file, download, library):
    sound(download / "1.mp3")
    (download / "2.mp3").write_bytes(b"broken" * 1000)
    filed = file(merge_chapters=True, write_tags=False)
    assert [each.how for each in filed.files] == ["linked", "linked"]
    assert "cannot be joined" in filed.warnings[0]
    assert names(library) == [f"{FOLDER}/1.mp3", f"{FOLDER}/2.mp3"]


def test_the_picture_of_the_download_becomes_the_cover(file, download, library, tmp_path):
    sound(download / "CD1" / "1.mp3")
    shutil.copy(Sounds(tmp_path).picture(), download / "Folder.PNG")
    assert file().cover == "cover.jpg"
    assert (library / FOLDER / "cover.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


def test_a_cover_is_not_fetched_from_this_network(file, download, library):
    sound(download / "book.mp3")
    filed = file(Book(title="Quiet Harbor", author="Jane Doe", cover_url="http://127.0.0.1:9/cover.jpg"))
    assert filed.cover is None
    assert "in a private network" in filed.warnings[0]


@pytest.mark.parametrize("content", [{}, {"book.epub": b"x"}, {"empty.mp3": b""}, {"._01.mp3": b"x"}], ids=str)
def test_where_there_is_no_audio_nothing_is_filed(file, download, library, content):
    download.mkdir(parents=True)
    for name, data in content.items():
        (download / name).write_bytes(data)
    with pytest.raises(NoAudioError, match="no audio files"):
        file()
    assert list(library.iterdir()) == []


def test_links_in_a_download_lead_nowhere(file, download, library, tmp_path):
    outside = sound(tmp_path / "outside" / "secret.mp3")
    sound(download / "book.mp3")
    (download / "1.mp3").symlink_to(outside)
    (download / "folder").symlink_to(outside.parent)
    assert [each.name for each in file().files] == ["book.mp3"]


def test_of_a_folder_with_other_things_only_the_named_files_are_filed(file, download, library, tmp_path):
    mine, outside = sound(download / "mine.mp3"), sound(tmp_path / "elsewhere.mp3")
    sound(download / "somebody else's.mp3")
    assert [each.name for each in file(only=[mine, outside]).files] == ["mine.mp3"]


def test_a_download_may_be_one_file(file, download, library):
    made = sound(download / "book.mp3")
    sound(download / "other.mp3")
    assert [each.name for each in file(path=made).files] == ["book.mp3"]


def test_a_folder_with_far_more_than_a_book_is_refused(file, download, library, monkeypatch):
    monkeypatch.setattr(found, "MOST", 3)
    for number in range(4):
        sound(download / f"{number}.mp3", 0.1)
    with pytest.raises(PermanentError, match="no download of one book"):
        file()


def test_a_library_that_is_away_is_not_made_anew(file, download, library):
    sound(download / "book.mp3")
    library.rmdir()
    with pytest.raises(TransientError, match="Is its disk mounted"):
        file()
    assert not library.exists()


def test_a_download_that_is_not_there_may_come(file, download, library):
    with pytest.raises(TransientError, match=r"cannot be read: .*No such file"):
        file()


def test_a_link_in_the_library_leads_no_book_out_of_it(file, download, library, tmp_path):
    sound(download / "book.mp3")
    (library / "Jane Doe").symlink_to(tmp_path)
    with pytest.raises(PermanentError, match="out of the library by a link"):
        file()


def test_a_full_disk_is_found_before_it_is_full(file, download, library, monkeypatch):
    sound(download / "book.mp3")
    monkeypatch.setattr(copying, "ROOM", 1 << 60)
    with pytest.raises(TransientError, match="The disk of the library is full"):
        file()
    assert list(library.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_half_made(file, download, library, monkeypatch):
    sound(download / "1.mp3")
    sound(download / "2.mp3")
    pour, calls = copying._pour, []

    def full(*args):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        pour(*args)

    monkeypatch.setattr(copying, "_pour", full)
    with pytest.raises(TransientError, match="No space left on device"):
        file()
    assert len(calls) == 2
    assert list(library.iterdir()) == []


def test_a_work_that_is_stopped_leaves_nothing(file, download, library, tools):
    for number in (1, 2, 3):
        sound(download / f"{number}.mp3")
    tools.control.on_progress = lambda fraction: tools.control.cancel() if fraction > 0.3 else None
    with pytest.raises(CancelledError):
        file()
    assert list(library.iterdir()) == []


def test_what_a_killed_predecessor_left_is_removed(file, download, library):
    sound(download / "book.mp3")
    left = library / ".darkroom-7-abc" / "book"
    left.mkdir(parents=True)
    others = library / ".darkroom-77-abc"
    others.mkdir()
    file()
    assert not left.exists()
    assert others.exists()


def test_others_may_read_what_is_filed(file, download, library):
    sound(download / "book.mp3")
    mask = os.umask(0o022)
    try:
        file()
    finally:
        os.umask(mask)
    assert oct((library / FOLDER).stat().st_mode & 0o777) == "0o755"
    assert oct((library / FOLDER / "book.mp3").stat().st_mode & 0o777) == "0o644"
