from __future__ import annotations

import os
import shutil

import pytest

from tasks.errors import PermanentError, TransientError
from tasks.media import runner as runs
from tasks.media.fingerprint import fingerprint
from tasks.media.hls import adaptive_set
from tasks.media.limits import Limits
from tasks.media.preview import PreviewSettings, preview
from tasks.media.probe import probe
from tasks.media.subtitles import extract_subtitles
from tests.integration.media.processes import ffmpegs
from tests.integration.media.samples import BAD

KERNELS = {
    "probe": lambda tools, path, out: probe(tools, path),
    "fingerprint": lambda tools, path, out: fingerprint(tools, path),
    "preview": lambda tools, path, out: preview(tools, path, out, PreviewSettings()),
    "extract_subtitles": extract_subtitles,
    "adaptive_set": lambda tools, path, out: adaptive_set(tools, path, out / "set"),
}
LIMITS = Limits(wall=30, silence=10, cpu=10)


def refusal(kernel, tools, path, out):
    with pytest.raises(PermanentError) as caught:
        KERNELS[kernel](tools, path, out)
    return str(caught.value)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_fails_for_good_in_the_same_words_everywhere(tools, samples, tmp_path, name):
    words = {refusal(kernel, tools, samples[name], tmp_path) for kernel in KERNELS}
    assert len(words) == 1
    assert BAD[name] in words.pop()
    assert [entry for entry in tmp_path.rglob("*") if entry.is_file()] == []


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_missing_file_is_gone(tools, tmp_path, kernel):
    assert refusal(kernel, tools, tmp_path / "none.mp4", tmp_path) == "The file is gone"


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_bad_file_costs_the_child_nothing(tools, samples, tmp_path, kernel):
    probe(tools, samples["h264.mp4"])
    child = tools.child.pid
    refusal(kernel, tools, samples["without-moov.mp4"], tmp_path)
    probe(tools, samples["h264.mp4"])
    assert tools.child.pid == child


@pytest.mark.parametrize("name", ["playlist.mp4", "concat.mkv"])
def test_ffmpeg_reads_no_other_file_for_a_playlist(tools, samples, tmp_path, name):
    out = tmp_path / "out.mp4"
    copy = runs.source(samples[name]).output(runs.spelled(out), c="copy")
    with pytest.raises(PermanentError, match=r"whitelist|Invalid data"):
        tools.ffmpeg(copy, LIMITS)
    assert not out.exists()


def test_a_full_disk_is_no_fault_of_the_file(tools, samples):
    copy = runs.source(samples["h264.mp4"]).output("/dev/full", c="copy", f="mpegts")
    with pytest.raises(TransientError, match="No space left on device"):
        tools.ffmpeg(copy, LIMITS)


def test_an_output_without_end_is_stopped_by_its_size(tools, samples, tmp_path):
    raw = runs.source(samples["h264.mp4"]).output(str(tmp_path / "raw"), f="rawvideo")
    with pytest.raises(PermanentError, match=r"File too large|wrote more"):
        tools.ffmpeg(raw, Limits(wall=30, silence=10, cpu=10, file_size=1 << 20))
    assert (tmp_path / "raw").stat().st_size <= 1 << 20


def test_a_decode_without_end_is_stopped_by_its_cpu_time(tools, samples, tmp_path):
    endless = runs.source(samples["long.mp4"], stream_loop=-1).output("-", f="null")
    with pytest.raises(PermanentError, match="used up its CPU time"):
        tools.ffmpeg(endless, Limits(wall=60, silence=30, cpu=1))


def test_an_ffmpeg_that_somebody_stopped_is_no_fault_of_the_file(tools, samples):
    endless = runs.source(samples["long.mp4"], stream_loop=-1).output("-", f="null")
    with pytest.raises(TransientError, match="was killed"):
        tools.ffmpeg(endless, LIMITS, lambda _: [child.terminate() for child in ffmpegs()])


def test_a_picture_that_needs_too_much_memory_is_refused(tools, samples):
    decode = runs.source(samples["long.mp4"]).filter("scale", 16000, 16000).output("-", f="null", **{"frames:v": 1})
    with pytest.raises(PermanentError, match="Cannot allocate memory"):
        tools.ffmpeg(decode, Limits(wall=30, silence=10, cpu=20, memory=400 << 20))


@pytest.mark.parametrize("kernel", ["preview", "extract_subtitles"])
def test_a_file_that_is_replaced_meanwhile_is_tried_again_and_nothing_is_published(
    tools, runner, samples, tmp_path, kernel
):
    path = shutil.copy(samples["subtitled.mkv"], tmp_path / "film.mkv")
    runner.on_progress = lambda _: os.utime(path, (1, 1))
    with pytest.raises(TransientError, match="changed while it was read"):
        KERNELS[kernel](tools, path, tmp_path / "out")


def test_a_file_that_nobody_may_read_says_so(samples, tmp_path, tools):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = shutil.copy(samples["h264.mp4"], tmp_path / "secret.mp4")
    path.chmod(0)
    assert "Permission denied" in refusal("probe", tools, path, tmp_path)


def test_a_sparse_file_of_five_gigabytes_is_refused_at_once(tools, tmp_path):
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as file:
        file.truncate(5 << 30)
    for kernel in KERNELS:
        refusal(kernel, tools, path, tmp_path / "out")
