from __future__ import annotations

import hashlib
import shutil

import pytest

from tasks.errors import CancelledError, TransientError
from tasks.media.fingerprint import OF_BYTES, PHASH, fingerprint


def test_the_md5_is_that_of_the_file(tools, samples):
    path = samples["h264.mkv"]
    assert fingerprint(tools, path).md5 == hashlib.md5(path.read_bytes()).hexdigest()


def test_the_oshash_is_found_without_the_md5(tools, samples):
    path = samples["h264.mkv"]
    quick = fingerprint(tools, path, {"oshash"})
    assert quick.md5 is None
    assert quick.oshash == fingerprint(tools, path).oshash
    assert len(quick.oshash) == 16


def test_progress_rises_to_the_end(tools, runner, samples):
    fingerprint(tools, samples["h264.mkv"], {*OF_BYTES, PHASH})
    assert runner.fractions == sorted(runner.fractions)
    assert runner.fractions[-1] == 1


def test_a_cancel_stops_the_hashing(tools, runner, samples):
    runner.on_progress = lambda _: runner.cancel()
    with pytest.raises(CancelledError):
        fingerprint(tools, samples["h264.mkv"])


def test_a_file_that_grows_while_it_is_hashed_is_tried_again(tools, runner, samples, tmp_path):
    path = shutil.copy(samples["h264.mkv"], tmp_path / "growing.mkv")

    def grow(_):
        with path.open("ab") as file:
            file.write(b"more")

    runner.on_progress = grow
    with pytest.raises(TransientError, match="changed while it was read"):
        fingerprint(tools, path)
