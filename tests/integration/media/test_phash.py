"""The perceptual video hash against its definition: 25 runs of ffmpeg, one after another."""

from __future__ import annotations

import io
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.errors import CancelledError
from tasks.media import formats
from tasks.media.child.exact import exact_frames
from tasks.media.child.phash import montage, perceptual_hash
from tasks.media.phash import SCALE, SKIPPED, phash, times
from tasks.media.probe import probe
from tasks.media.runner import executable

#: Where ffmpeg is asked: the picture is turned, the container does not say enough, or the keyframes are no pictures.
ASKING = ["rotated.mp4", "mpeg4.avi", "refresh.mp4", "breaking-off.mp4"]
#: Seconds: on a picture, just behind one, between two, after a keyframe, the last one, and behind it.
MOMENTS = [0, 0.04, 0.040_001, 1, 2.43, 4.8, 6.999_999, 7, 7.01, 9.6, 99]


def picture(path, at):
    """What ffmpeg shows at `at` seconds, if anything."""
    seek = ("-ss", f"{max(0, at):.6f}", "-i", path, "-frames:v", "1", "-vf", "scale=160:-2")
    argv = [executable(), "-v", "error", *seek, "-c:v", "bmp", "-f", "rawvideo", "-"]
    said = subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout
    return np.asarray(Image.open(io.BytesIO(said)).convert("RGB")) if said else None


def by_definition(path, duration):
    pictures = []
    for at in times(duration):
        shown = (picture(path, at / 1e6 + shift) for shift in (0, -0.25, 0.25, -1, 1))
        found = next((picture for picture in shown if picture is not None), None)
        pictures.append(pictures[-1] if found is None else found)
    return perceptual_hash(montage(pictures, 5))


def hashed(tools, path):
    return phash(tools, path, probe(tools, path), tools.control.progress)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["moving.mp4", "moving.mkv", "trimmed.mp4", "hevc.mp4", "vp9.webm"])
def test_the_pictures_of_one_open_file_are_the_very_ones_that_ffmpeg_shows(samples, tmp_path, name):
    wanted = {str(tmp_path / f"{at}.bmp"): int(at * 1e6) for at in MOMENTS}
    skip = SKIPPED["h264" if name.startswith(("moving", "trimmed")) else name.partition(".")[0]]
    exact_frames(formats.url(samples[name]), "", lambda _: None, wanted=wanted, scale=SCALE, skip=skip)
    for file, at in zip(map(Path, wanted), MOMENTS, strict=True):
        expected = picture(samples[name], at)
        assert file.exists() == (expected is not None), at
        assert expected is None or np.array_equal(np.asarray(Image.open(file).convert("RGB")), expected), at


def test_one_open_file_gives_the_hash_of_25_runs_of_ffmpeg(tools, samples, monkeypatch):
    monkeypatch.setattr(tools, "ffmpeg", lambda *_: pytest.fail("ffmpeg was started"))
    facts = probe(tools, samples["moving.mp4"])
    assert hashed(tools, samples["moving.mp4"]) == by_definition(samples["moving.mp4"], facts.duration)


@pytest.mark.parametrize("name", ASKING)
def test_where_that_would_not_be_so_ffmpeg_gives_it(tools, samples, name):
    assert hashed(tools, samples[name]) == by_definition(samples[name], probe(tools, samples[name]).duration)


def test_progress_rises_to_the_end_and_no_picture_is_left(tools, runner, samples, temporary):
    hashed(tools, samples["breaking-off.mp4"])
    assert runner.fractions == sorted(runner.fractions)
    assert runner.fractions[-1] == 1
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["moving.mp4", "mpeg4.avi"])
def test_a_cancel_stops_it_and_leaves_no_picture(tools, runner, samples, temporary, name):
    facts = probe(tools, samples[name])
    runner.on_progress = lambda _: runner.cancel()
    with pytest.raises(CancelledError):
        phash(tools, samples[name], facts, runner.progress)
    assert list(temporary.iterdir()) == []


def test_a_video_that_does_not_say_how_long_it_is_has_none_and_a_warning_says_so(tools, runner, samples):
    facts = replace(probe(tools, samples["moving.mp4"]), duration=0)
    assert phash(tools, samples["moving.mp4"], facts, runner.progress) is None
    assert runner.events == [("warn", "There is no perceptual hash of this video: Nothing says how long it is")]
