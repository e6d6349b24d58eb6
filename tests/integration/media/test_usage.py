"""What a job's child processes use of the machine is told to whoever runs it."""

from __future__ import annotations

import os
import signal

import pytest
from PIL import Image

from tasks.errors import TransientError
from tasks.media.image import image_thumbnail
from tasks.media.limits import MIB
from tasks.media.preview import PreviewSettings, preview
from tasks.media.probe import probe
from tasks.media.tools import MediaTools
from tasks.media.usage import cpu_of, in_words, memory_of

CLIP = PreviewSettings(clip_seconds=2, trickplay=False)


def test_a_request_of_the_media_child_says_what_it_alone_has_used(tools, runner, samples, tmp_path):
    big = tmp_path / "big.png"
    Image.new("RGB", (6000, 6000)).save(big)
    probe(tools, samples["h264.mp4"])
    image_thumbnail(tools, big, tmp_path / "out")
    probe(tools, samples["h264.mp4"])
    before, large, after = runner.usages
    assert all(usage.ended is None for usage in runner.usages)
    # a picture of 6000 x 6000 in three bytes takes 103 MiB: in the peak of its own request, and of no other
    assert large.memory - before.memory > 50 * MIB
    assert large.memory - after.memory > 50 * MIB
    assert 0 < after.cpu < large.cpu


def test_a_run_of_ffmpeg_says_what_it_has_used(tools, runner, samples, tmp_path):
    preview(tools, samples["long.mp4"], tmp_path / "out", CLIP)
    with_clip = runner.usages[:]
    runner.usages.clear()
    preview(tools, samples["long.mp4"], tmp_path / "more", PreviewSettings(clip_seconds=10, trickplay=False))
    cpu = [sum(usage.cpu for usage in usages) for usages in (with_clip, runner.usages)]
    assert 0 < cpu[0] < cpu[1]
    # of one that has ended before anybody looks, the system no longer says it
    memory = [usage.memory for usage in (*with_clip, *runner.usages) if usage.memory is not None]
    assert len(memory) > 1
    assert all(4 * MIB < peak < 4000 * MIB for peak in memory)


def test_a_child_that_is_killed_says_by_what_and_what_it_had_used(tools, runner, samples, tmp_path):
    tools.control.on_progress = lambda _: os.kill(tools.child.pid, signal.SIGKILL) if tools.child.pid else None
    with pytest.raises(TransientError, match="was killed"):
        preview(tools, samples["long.mp4"], tmp_path / "out", PreviewSettings(clip_seconds=2, trickplay=True))
    assert runner.usages[-1].ended == "The media reader: signal 9 (SIGKILL)"


def test_an_end_in_words():
    assert [in_words("ffmpeg", code) for code in (0, 1, -11)] == [
        None,
        "ffmpeg: exit code 1",
        "ffmpeg: signal 11 (SIGSEGV)",
    ]


def test_of_a_process_that_is_not_there_nothing_is_known():
    with MediaTools() as gone:
        assert gone.child.pid is None
    assert (cpu_of(2**22 + 1), memory_of(2**22 + 1)) == (None, None)
