from __future__ import annotations

import json
import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tasks.errors import CancelledError, TransientError
from tasks.media.audio.waveform import audio_waveform
from tasks.media.runner import executable
from tests.integration.media.audio.sounds import FORMATS, SECONDS, write_wave


def drawn(tools, path, out):
    audio_waveform(tools, path, out)
    return json.loads((out / "waveform.json").read_text("ascii"))


def toward_zero(number, divisor):
    return abs(number) // divisor * (1 if number >= 0 else -1)


def expected(samples, step):
    """The rules of audiowaveform, sample by sample: 16-bit numbers, one for each channel, to pairs in 8 bits."""
    mono = [toward_zero(sum(frame), len(frame)) for frame in samples]
    points = [mono[start : start + step] for start in range(0, len(mono), step)]
    return [toward_zero(edge, 256) for point in points for edge in (min(point), max(point))]


def noise(count, channels, low, high, seed=3):
    numbers = random.Random(seed)
    edges = [(low,) * channels, (high,) * channels, (-1,) * channels, tuple([low, high] * channels)[:channels]]
    return edges + [tuple(numbers.randint(low, high) for _ in range(channels)) for _ in range(count - len(edges))]


@pytest.mark.parametrize("channels", [1, 2, 3, 12])
def test_every_point_is_that_of_the_samples(tools, tmp_path, channels):
    samples = noise(8000 + 7, channels, -32768, 32767)
    path = write_wave(tmp_path / "noise.wav", samples)
    made = drawn(tools, path, tmp_path / "out")
    assert made["data"] == expected(samples, 400)
    assert list(made) == ["version", "channels", "sample_rate", "samples_per_pixel", "bits", "length", "data"]
    assert [made[key] for key in list(made)[:-1]] == [2, 1, 8000, 400, 8, 21]


@pytest.mark.parametrize(
    ("frame", "point"), [((-255, -256), 0), ((255, 256), 0), ((-511, -512), -1), ((-256, -256), -1)]
)
def test_mixing_and_scaling_go_toward_zero(tools, tmp_path, frame, point):
    path = write_wave(tmp_path / "even.wav", [frame] * 400)
    assert drawn(tools, path, tmp_path / "out")["data"] == [point, point]


def test_other_widths_are_taken_as_sixteen_bits(tools, tmp_path):
    wide = noise(900, 2, -(1 << 23), (1 << 23) - 1)
    path = write_wave(tmp_path / "wide.wav", wide, width=3)
    assert drawn(tools, path, tmp_path / "out")["data"] == expected([(a >> 8, b >> 8) for a, b in wide], 400)
    narrow = noise(900, 1, 0, 255)[4:]
    path = write_wave(tmp_path / "narrow.wav", narrow, width=1)
    assert drawn(tools, path, tmp_path / "out")["data"] == expected([((n - 128) << 8,) for (n,) in narrow], 400)


@pytest.mark.parametrize("name", [*FORMATS, "sound.dsf"])
def test_every_format_is_drawn_as_ffmpeg_decodes_it(tools, sounds, tmp_path, name):
    made = drawn(tools, sounds[name], tmp_path / "out")
    argv = [executable(), "-v", "error", "-i", sounds[name], "-map", "0:a:0", "-ac", "2", "-f", "s16le", "-"]
    pcm = subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout
    samples = list(struct.iter_unpack("<hh", pcm))
    witness = expected(samples, made["samples_per_pixel"])
    assert made["samples_per_pixel"] == made["sample_rate"] // 20
    # ffmpeg leaves out what an encoder has added at the end of MP4: its last point ends sooner
    whole = len(witness) // 2 * 2 - 2
    assert made["data"][:whole] == witness[:whole]
    assert len(made["data"]) - len(witness) in (0, 2)
    assert made["length"] == len(made["data"]) // 2


def test_a_rate_that_changes_midway_does_not_stretch_the_rest(tools, sounds, tmp_path):
    made = drawn(tools, sounds["two-rates.aac"], tmp_path / "out")
    assert made["sample_rate"] == 22050
    assert made["length"] / 20 == pytest.approx(4, abs=0.2)


def test_a_file_that_breaks_off_is_drawn_as_far_as_it_goes(tools, runner, sounds, tmp_path):
    made = audio_waveform(tools, sounds["cut.flac"], tmp_path / "out")
    assert made.partial
    assert made.seconds == pytest.approx(SECONDS / 2, abs=0.3)
    assert [level for level, message in runner.events if "The sound ends after" in message] == ["warn"]
    assert json.loads((tmp_path / "out/waveform.json").read_text())["length"] == made.points


def test_progress_rises_to_the_end(tools, runner, hour, tmp_path):
    audio_waveform(tools, hour, tmp_path / "out")
    assert runner.fractions == sorted(runner.fractions)
    assert len(runner.fractions) > 100
    assert runner.fractions[-1] > 0.99


def test_an_hour_takes_no_more_memory_than_a_minute(fresh_tools, hour, sounds, tmp_path):
    audio_waveform(fresh_tools, sounds["sound.wav"], tmp_path / "out")
    before = peak(fresh_tools.child.pid)
    made = audio_waveform(fresh_tools, hour, tmp_path / "out")
    assert made.points == 3600 * 20
    assert peak(fresh_tools.child.pid) - before < 16 << 20


def test_a_cancelled_waveform_leaves_nothing(fresh_tools, runner, hour, tmp_path):
    runner.on_progress = lambda _: runner.cancel()
    with pytest.raises(CancelledError):
        audio_waveform(fresh_tools, hour, tmp_path / "out")
    assert fresh_tools.child.pid is None
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_is_replaced_meanwhile_is_tried_again(tools, runner, hour, tmp_path):
    path = shutil.copy(hour, tmp_path / "copy.wav")
    runner.on_progress = lambda _: os.utime(path, (1, 1))
    with pytest.raises(TransientError, match="changed while it was read"):
        audio_waveform(tools, path, tmp_path / "out")


@pytest.fixture(scope="session")
def hour(tmp_path_factory):
    """An hour of silence, 16 kHz: 115 MB, none of which is on the disk."""
    path = write_wave(tmp_path_factory.mktemp("hour") / "hour.wav", [(0,)], rate=16000)
    size = 3600 * 16000 * 2
    data = bytearray(path.read_bytes()[:44])
    data[4:8], data[40:44] = struct.pack("<I", size + 36), struct.pack("<I", size)
    path.write_bytes(data)
    os.truncate(path, 44 + size)
    return path


def peak(pid):
    """Bytes of memory that a process had at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10
