from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date

import pytest
from mutagen.id3 import ID3, MVIN, MVNM, TCON, TPE1, TXXX
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggopus import OggOpus
from PIL import Image, ImageChops, ImageStat

from tasks.media.audio.probe import audio_probe
from tasks.media.probe import Chapter
from tests.integration.media.audio.sounds import (
    FORMATS,
    SECONDS,
    WITH_CHAPTERS,
    WITH_COVER,
    picture_frame,
    tagged,
)

OF_A_BOOK = {
    "title": "The Ninth House",
    "artists": ("Ann Leckie", "Bo Ek"),
    "album": "Houses",
    "track": 3,
    "tracks": 9,
    "year": 2019,
    "genres": ("Audiobook",),
}
#: What the tags of some formats have no place for, or ffmpeg does not write there.
MORE = {
    "album_artists": ("Ann Leckie",),
    "narrators": ("Adjoa Andoh",),
    "disc": 1,
    "discs": 2,
    "released": date(2019, 4, 5),
}
FEWER = ("sound.wav",)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def ffprobe(path):
    argv = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", "-select_streams", "a", path]
    return json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is the independent witness")
@pytest.mark.parametrize("name", [*FORMATS, "sound.dsf"])
def test_the_facts_are_those_of_ffprobe(tools, sounds, out, name):
    facts, witness = audio_probe(tools, sounds[name], out), ffprobe(sounds[name])
    stream, container = witness["streams"][0], witness["format"]
    # Debian's ffprobe names DSD by the order of its bits too
    assert stream["codec_name"].startswith(facts.codec)
    assert (facts.sample_rate, facts.channels) == (int(stream["sample_rate"]), stream["channels"])
    assert facts.container == container["format_name"].split(",")[0]
    assert facts.duration == pytest.approx(float(container["duration"]), abs=0.05)
    assert facts.bit_rate == pytest.approx(int(container["bit_rate"]), rel=0.02)
    assert not out.exists()


@pytest.mark.parametrize("name", FORMATS)
def test_the_tags_of_every_format_say_the_same(tools, sounds, out, name):
    tags = vars(audio_probe(tools, sounds[name], out).tags)
    expected = OF_A_BOOK if name in FEWER else {**OF_A_BOOK, **MORE}
    assert {field: tags[field] for field in expected} == expected


def test_tags_that_are_lists_and_names_of_peoples_own_are_read_from_id3(tools, sounds, out, tmp_path):
    path = shutil.copy(sounds["sound.mp3"], tmp_path / "book.mp3")
    tags = ID3(path)
    tags.add(TPE1(encoding=3, text=["Earl & Co, Ltd", "AC/DC", "ac/dc"]))
    tags.add(TCON(encoding=3, text=["(17)", "Klang"]))
    tags.add(MVNM(encoding=3, text=["The Locked Tomb"]))
    tags.add(MVIN(encoding=3, text=["1.5"]))
    tags.add(TXXX(encoding=3, desc="ASIN", text=["B07J2HVKPH"]))
    tags.add(TXXX(encoding=3, desc="isbn", text=["9781250313195"]))
    tags.add(TXXX(encoding=3, desc="NARRATOR", text=["Moira Quirk"]))
    tags.save()
    found = audio_probe(tools, path, out).tags
    assert found.artists == ("Earl & Co, Ltd", "AC/DC")
    assert found.genres == ("Rock", "Klang")
    assert (found.series, found.series_part) == ("The Locked Tomb", "1.5")
    assert (found.asin, found.isbn, found.narrators) == ("B07J2HVKPH", "9781250313195", ("Moira Quirk",))


def test_what_books_carry_is_read_from_mp4(tools, sounds, out, tmp_path):
    path = shutil.copy(sounds["sound.m4b"], tmp_path / "book.m4b")
    tags = MP4(path)
    tags["\xa9nrt"] = ["Moira Quirk; Tavia Gilbert"]
    tags["\xa9mvn"] = ["The Locked Tomb"]
    tags["ldes"] = ["Necromancers.\nAnd swords."]
    tags["trkn"] = [(0, 0)]
    tags["----:com.apple.iTunes:ASIN"] = [MP4FreeForm(b"B07J2HVKPH")]
    tags["----:com.apple.iTunes:LANGUAGE"] = [MP4FreeForm(b"English")]
    tags.save()
    found = audio_probe(tools, path, out).tags
    assert found.narrators == ("Moira Quirk", "Tavia Gilbert")
    assert (found.series, found.asin, found.language) == ("The Locked Tomb", "B07J2HVKPH", "English")
    assert found.description == "Necromancers.\nAnd swords."
    assert (found.track, found.tracks) == (None, None)


def test_every_one_of_several_artists_is_read_from_vorbis_comments(tools, sounds, out, tmp_path):
    path = shutil.copy(sounds["sound.opus"], tmp_path / "song.opus")
    tags = OggOpus(path)
    tags["artist"] = ["One", "Two"]
    tags["title"] = ["  A\x07 title  "]
    tags.save()
    found = audio_probe(tools, path, out).tags
    assert (found.artists, found.title) == (("One", "Two"), "A title")


@pytest.mark.parametrize("name", WITH_CHAPTERS)
def test_chapters_have_times_and_titles(tools, sounds, out, name):
    one, two = audio_probe(tools, sounds[name], out).chapters
    assert one == Chapter(0, 2, "One")
    assert (two.start, two.title) == (2, "Zwölf")
    assert two.end == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("name", ["many.mp3", "many.m4b"])
def test_thousands_of_chapters_all_come_in_order(tools, sounds, out, name):
    chapters = audio_probe(tools, sounds[name], out).chapters
    assert [chapter.title for chapter in chapters] == [f"Chapter {n}" for n in range(5000)]
    assert [chapter.start for chapter in chapters] == pytest.approx([n / 1000 for n in range(5000)])


@pytest.mark.parametrize("name", WITH_COVER)
def test_the_cover_is_written_small(tools, sounds, out, name):
    facts = audio_probe(tools, sounds[name], out)
    assert (facts.cover, facts.warnings) == ("cover.jpg", ())
    with Image.open(out / "cover.jpg") as cover, Image.open(sounds.picture()) as original:
        assert (cover.format, cover.size) == ("JPEG", (640, 427))
        difference = ImageChops.difference(cover.convert("RGB"), original.convert("RGB").resize((640, 427)))
        assert max(ImageStat.Stat(difference).mean) < 4


def test_a_cover_that_is_gone_from_the_file_goes_too(tools, sounds, out):
    audio_probe(tools, sounds["cover.mp3"], out)
    audio_probe(tools, sounds["sound.mp3"], out)
    assert list(out.iterdir()) == []


def test_a_small_cover_is_not_enlarged_and_the_front_comes_first(tools, sounds, out, tmp_path):
    back, front = sounds.picture("back.png", "80x80"), sounds.picture("front.png", "48x32")
    path = tmp_path / "two.mp3"
    tagged(lambda: picture_frame(back.read_bytes(), 4) + picture_frame(front.read_bytes(), 3))(sounds, path)
    audio_probe(tools, path, out)
    with Image.open(out / "cover.jpg") as cover:
        assert cover.size == (48, 32)


@pytest.mark.parametrize("name", ["bare.mp3", "variable.mp3", "sound.aac", "lying.mp3", "endless.wav"])
def test_a_file_that_does_not_say_how_long_it_is_or_lies_is_measured(tools, sounds, out, name):
    facts = audio_probe(tools, sounds[name], out)
    assert facts.duration == pytest.approx(SECONDS, abs=0.1)
    assert facts.bit_rate == pytest.approx(sounds[name].stat().st_size * 8 / SECONDS, rel=0.03)


@pytest.mark.parametrize("name", ["cut.mp3", "cut.m4a", "cut.wav"])
def test_a_file_that_was_cut_off_is_as_long_as_what_is_left(tools, sounds, out, name):
    assert audio_probe(tools, sounds[name], out).duration == pytest.approx(SECONDS / 2, abs=0.3)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("inflating.mp3", "The tags cannot be read: they take too much memory"),
        ("bomb-cover.mp3", "The cover cannot be read: "),
        ("huge-cover.mp3", "The cover cannot be read: it is too large (41,943,040 bytes)"),
        ("no-cover.mp3", "The cover cannot be read: "),
    ],
)
def test_tags_that_do_harm_cost_a_warning_and_no_more(tools, runner, sounds, out, name, words):
    facts = audio_probe(tools, sounds[name], out)
    child = tools.child.pid
    assert [level for level, message in runner.events if message.startswith(words)] == ["warn"]
    assert (facts.tags.title, facts.cover) == ("Still a title", None)
    assert facts.duration == pytest.approx(SECONDS, abs=0.1)
    assert not out.exists()
    audio_probe(tools, sounds["sound.mp3"], out)
    assert tools.child.pid == child


def test_a_file_with_another_kinds_name_is_what_it_is(tools, sounds, out):
    facts = audio_probe(tools, sounds["misnamed.mp3"], out)
    assert (facts.container, facts.codec, facts.tags.title) == ("mov", "aac", "The Ninth House")
