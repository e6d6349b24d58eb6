from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess

import pytest

from tasks.media.audio import chromaprint, fingerprint
from tasks.media.audio.fingerprint import audio_fingerprint

needs_fpcalc = pytest.mark.skipif(not shutil.which("fpcalc"), reason="fpcalc is the independent witness")


def fpcalc(path):
    """The numbers that it makes. Its exit code says only that the sound ended before it had heard enough."""
    argv = ["fpcalc", "-json", "-raw", path]
    said = subprocess.run(argv, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(said)["fingerprint"]


def unpacked(chromaprint):
    """The numbers of a compressed fingerprint: each says in which bits, by their distances, it differs from the last.

    Distances have three bits, 0 ends a number; to a 7 five more bits, which come after all of them, are added.
    """
    data = base64.urlsafe_b64decode(chromaprint + "=" * (-len(chromaprint) % 4))
    count, bits = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:], "little")
    distances, place = [], 0
    while distances.count(0) < count:
        distances.append(bits >> place & 7)
        place += 3
    place = -(-place // 8) * 8
    for number, distance in enumerate(distances):
        if distance == 7:
            distances[number] += bits >> place & 31
            place += 5
    numbers, last, bit = [], 0, 0
    for distance in distances:
        bit = bit + distance if distance else 0
        if distance:
            last ^= 1 << (bit - 1)
        else:
            numbers.append(last)
    return numbers


def difference(one, other):
    """The share of bits in which two fingerprints of the same length differ."""
    assert len(one) == len(other)
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True)) / (32 * len(one))


@needs_fpcalc
@pytest.mark.parametrize("name", ["long.flac", "long.mp3", "sound.ogg", "sound.m4b", "sound.wav"])
def test_the_chromaprint_is_that_of_fpcalc(tools, runner, sounds, name):
    """Which itself is off by a bit or two of ten thousand when the same samples come in another container."""
    made = audio_fingerprint(tools, sounds[name])
    assert difference(unpacked(made.chromaprint), fpcalc(sounds[name])) < 0.001
    assert runner.events == []


def test_two_minutes_of_a_sound_are_known_again_in_another_codec(tools, sounds):
    one, other = (unpacked(audio_fingerprint(tools, sounds[name]).chromaprint) for name in ("long.mp3", "long.flac"))
    assert len(one) == 948
    assert difference(one, other) < 0.05


@needs_fpcalc
def test_fpcalc_makes_the_same_where_ffmpeg_cannot(tools, sounds, monkeypatch):
    by_ffmpeg = audio_fingerprint(tools, sounds["sound.ogg"])
    monkeypatch.setattr(chromaprint, "tool", lambda: "fpcalc")
    assert audio_fingerprint(tools, sounds["sound.ogg"]) == by_ffmpeg


def test_without_either_tool_there_is_a_warning_and_the_hashes(tools, runner, sounds, monkeypatch):
    monkeypatch.setattr(fingerprint, "tool", lambda: None)
    made = audio_fingerprint(tools, sounds["sound.ogg"])
    assert made.chromaprint is None
    assert made.md5 == hashlib.md5(sounds["sound.ogg"].read_bytes()).hexdigest()
    assert len(made.oshash) == 16
    assert [level for level, message in runner.events if "neither ffmpeg nor fpcalc" in message] == ["warn"]


def test_a_sound_of_a_second_is_too_short_for_one(tools, runner, sounds):
    assert audio_fingerprint(tools, sounds["short.wav"]).chromaprint is None
    assert runner.events == [("warn", "There is no chromaprint: The sound is too short")]


def test_progress_rises_to_the_end(tools, runner, sounds):
    audio_fingerprint(tools, sounds["sound.flac"])
    assert runner.fractions == sorted(runner.fractions)
    assert runner.fractions[-1] == 1
