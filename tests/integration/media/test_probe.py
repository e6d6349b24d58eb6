from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tasks.media.probe import Chapter, probe
from tests.integration.media.samples import VIDEOS

GOOD = [name for name in VIDEOS if name not in ("elementary.mpg", "bare.mpg")]


def ffprobe(path):
    argv = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", path]
    return json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is the independent witness")
@pytest.mark.parametrize("name", GOOD)
def test_the_facts_are_those_of_ffprobe(tools, samples, name):
    facts, witness = probe(tools, samples[name]), ffprobe(samples[name])
    video = next(stream for stream in witness["streams"] if stream["codec_type"] == "video")
    rate, _, base = video["avg_frame_rate"].partition("/")
    assert facts.codec == video["codec_name"]
    assert (facts.width, facts.height) == (video["width"], video["height"])
    assert facts.container == witness["format"]["format_name"].split(",")[0]
    assert facts.duration == pytest.approx(float(witness["format"]["duration"]), abs=0.05)
    assert facts.bit_rate == pytest.approx(int(witness["format"]["bit_rate"]), rel=0.02)
    assert facts.frame_rate == pytest.approx(int(rate) / int(base), abs=0.05)
    assert facts.video_stream == video["index"]


def test_the_first_audio_codec_is_named(tools, samples):
    assert probe(tools, samples["h264.mp4"]).audio_codec == "aac"
    assert probe(tools, samples["hevc.mp4"]).audio_codec is None


def test_a_rotated_video_is_as_high_as_it_was_wide(tools, samples):
    facts = probe(tools, samples["rotated.mp4"])
    assert (facts.width, facts.height, facts.rotation) == (180, 320, 90)


def test_pixels_that_are_not_square_are_told(tools, samples):
    assert probe(tools, samples["anamorphic.mp4"]).sample_aspect == 2


@pytest.mark.parametrize("name", ["live.mkv", "bare.mpg"])
def test_a_file_that_does_not_say_how_long_it_is_is_measured(tools, samples, name):
    assert probe(tools, samples[name]).duration == pytest.approx(10, abs=0.1)


def test_chapters_have_times_and_titles(tools, samples):
    assert probe(tools, samples["chapters.mkv"]).chapters == (Chapter(0, 1, "Opening"),)


def test_subtitle_streams_are_listed_by_index(tools, samples):
    tracks = probe(tools, samples["subtitled.mkv"]).subtitles
    assert [(track.index, track.codec, track.language, track.title) for track in tracks] == [
        (2, "subrip", "eng", None),
        (3, "subrip", "eng", "Director"),
        (4, "ass", None, None),
    ]


@pytest.mark.parametrize(
    "name", [b"new\nline\"'.mp4", b"-y.mp4", b"concat:a|b.mp4", b"\xff\xfe.mp4", b"x" * 251 + b".mp4"]
)
def test_any_file_name_is_only_a_name(tools, samples, tmp_path, name):
    path = tmp_path / name.decode("utf-8", "surrogateescape")
    path.symlink_to(samples["h264.mp4"])
    assert probe(tools, path).codec == "h264"
