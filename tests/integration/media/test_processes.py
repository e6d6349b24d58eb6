from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from tasks.errors import CancelledError, PermanentError, TransientError
from tasks.media import runner as runs
from tasks.media.limits import MIB, Limits
from tasks.media.preview import PreviewSettings, preview
from tasks.media.probe import probe
from tasks.media.process import OverrunError, Process
from tasks.media.started import Program
from tasks.media.tools import MediaTools
from tests.integration.media.processes import ffmpegs
from tests.waiting import running, until

LONG_CLIP = PreviewSettings(clip_seconds=60, trickplay=False)
#: So many cells that the work takes minutes.
MANY_CELLS = {
    "still_at": 1.0,
    "stills": [],
    "segments": 200_000,
    "duration": 60.0,
    "sprite": None,
}
LIMITS = Limits(wall=30, silence=10, cpu=20)


def in_background(work):
    outcome = []

    def run():
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def names(folder):
    return sorted(entry.name for entry in folder.rglob("*"))


@pytest.fixture
def busy(tools, samples, tmp_path):
    """Starts a request of the media child that would take minutes; what happens at its first progress is given."""

    def start(happening):
        tools.control.on_progress = happening
        stills = [{"file": str(tmp_path / "still.jpg"), "width": 32, "height": 18, "quality": 80}]
        wanted = {**MANY_CELLS, "stills": stills}
        return tools.ask("pictures", samples["long.mp4"], LIMITS, tools.control.progress, **wanted)

    return start


def test_a_cancelled_clip_is_gone_at_once_and_leaves_nothing(tools, runner, samples, tmp_path):
    thread, outcome = in_background(lambda: preview(tools, samples["long.mp4"], tmp_path / "out", LONG_CLIP))
    ffmpeg = until(ffmpegs)[0]
    runner.cancel()
    until(lambda: not running(ffmpeg.pid), seconds=5)
    thread.join(5)
    assert [type(error) for error in outcome] == [CancelledError]
    assert names(tmp_path / "out") == []


def test_a_stopped_ffmpeg_is_cancelled_too(tools, runner, samples, tmp_path):
    thread, outcome = in_background(lambda: preview(tools, samples["long.mp4"], tmp_path / "out", LONG_CLIP))
    ffmpeg = until(ffmpegs)[0]
    ffmpeg.suspend()
    runner.cancel()
    thread.join(5)
    assert [type(error) for error in outcome] == [CancelledError]
    assert not running(ffmpeg.pid)


def test_work_that_is_cancelled_before_it_begins_starts_nothing(tools, runner, samples, tmp_path):
    runner.cancel()
    with pytest.raises(CancelledError):
        preview(tools, samples["h264.mp4"], tmp_path, LONG_CLIP)
    assert ffmpegs() == []


def test_a_cancelled_request_ends_the_child_and_the_next_one_gets_another(tools, runner, busy, samples):
    with pytest.raises(CancelledError):
        busy(lambda _: runner.cancel())
    assert tools.child.pid is None
    tools.control = type(runner)()
    assert probe(tools, samples["h264.mp4"]).codec == "h264"


def test_a_child_that_is_silent_is_replaced(tools, samples):
    probe(tools, samples["h264.mp4"])
    stopped = tools.child.pid
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(TransientError, match=r"made no progress for 0\.5 s"):
        tools.ask("probe", samples["h264.mp4"], Limits(wall=30, silence=0.5, cpu=5))
    assert not running(stopped)
    assert probe(tools, samples["h264.mp4"]).codec == "h264"
    assert tools.child.pid != stopped


def test_a_child_that_takes_too_long_is_ended_though_it_makes_progress(tools, busy, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "LIMITS", Limits(wall=1, silence=10, cpu=20))
    with pytest.raises(TransientError, match="took longer than 1 s"):
        busy(lambda _: None)
    assert tools.child.pid is None


def test_a_child_that_uses_up_its_cpu_time_gives_up_on_the_file_and_says_what_it_used(busy, runner, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "LIMITS", Limits(wall=60, silence=30, cpu=1))
    with pytest.raises(PermanentError, match="used up its CPU time"):
        busy(lambda _: None)
    assert runner.usages[-1].cpu >= 1
    assert runner.usages[-1].memory > 4 * MIB
    assert runner.usages[-1].ended == "The media reader: signal 24 (SIGXCPU)"


def test_a_child_that_crashes_on_a_file_gives_up_on_it(tools, busy):
    with pytest.raises(PermanentError, match=r"crashed on this file \(SIGSEGV\)"):
        busy(lambda _: os.kill(tools.child.pid, signal.SIGSEGV) if tools.child.pid else None)


def test_a_child_that_somebody_killed_is_no_fault_of_the_file(tools, busy, samples):
    with pytest.raises(TransientError, match="was killed"):
        busy(lambda _: os.kill(tools.child.pid, signal.SIGKILL) if tools.child.pid else None)
    assert probe(tools, samples["h264.mp4"]).codec == "h264"


def test_a_child_that_died_between_two_requests_is_replaced(tools, samples):
    probe(tools, samples["h264.mp4"])
    os.kill(tools.child.pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(tools.child.pid))
    assert probe(tools, samples["h264.mp4"]).codec == "h264"


def test_a_child_that_served_enough_is_replaced(samples):
    pids = []
    with MediaTools(serves=2) as tools:
        for _ in range(4):
            probe(tools, samples["h264.mp4"])
            pids.append(tools.child.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_the_child_is_limited_and_yields_to_others(samples):
    with MediaTools(nice=True) as tools:
        probe(tools, samples["h264.mp4"])
        child = psutil.Process(tools.child.pid)
        assert child.nice() == 10
        assert child.ionice().value == 7
        assert os.sched_getscheduler(child.pid) == os.SCHED_BATCH
        assert child.rlimit(psutil.RLIMIT_AS)[0] == 4 << 30
        assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        assert os.getpgid(child.pid) == os.getpgid(0)


def test_the_child_knows_no_secret_of_its_caller(samples, monkeypatch):
    monkeypatch.setenv("DARKROOM_DATABASE_URL", "postgresql://user:secret@host/darkroom")
    with MediaTools() as tools:
        probe(tools, samples["h264.mp4"])
        assert "secret" not in str(psutil.Process(tools.child.pid).environ())


PARENT = """
import os, sys
from pathlib import Path
from tasks.media.limits import Limits
from tasks.media.probe import probe
from tasks.media.started import Program
from tasks.media.tools import MediaTools
tools, path = MediaTools(), Path(sys.argv[1])
probe(tools, path)
print(tools.child.pid, flush=True)
if sys.argv[2] == "busy":
    stills = [{"file": sys.argv[3], "width": 32, "height": 18, "quality": 80}]
    tools.ask("pictures", path, Limits(wall=60, silence=30, cpu=60), lambda _: print("busy", flush=True),
              still_at=1.0, stills=stills, sprite=None, segments=200_000, duration=60.0)
sys.stdin.read()
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_the_child_dies_with_its_parent(samples, tmp_path, state):
    argv = [sys.executable, "-c", PARENT, samples["long.mp4"], state, str(tmp_path / "still.jpg")]
    root = Path(__file__).parents[3]
    with subprocess.Popen(argv, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        forker = psutil.Process(child).ppid()
        assert psutil.Process(forker).ppid() == parent.pid
        if state == "busy":
            assert parent.stdout.readline() == "busy\n"
        assert running(child)
        parent.kill()
        until(lambda: not running(child) and not running(forker), seconds=5)


def test_a_silent_ffmpeg_is_ended(tools, samples, tmp_path):
    step = threading.Event()
    endless = runs.source(samples["long.mp4"], stream_loop=-1).output("-", f="null")
    limits = Limits(wall=30, silence=1.5, cpu=20)
    thread, outcome = in_background(lambda: tools.ffmpeg(endless, limits, lambda _: step.set()))
    assert step.wait(10)
    ffmpeg = ffmpegs()[0]
    ffmpeg.suspend()
    thread.join(10)
    assert [type(error) for error in outcome] == [TransientError]
    assert "made no progress for 1.5 s" in str(outcome[0])
    assert not running(ffmpeg.pid)


def test_the_end_of_what_a_program_says_is_kept_and_bounded():
    argv = ["sh", "-c", "yes noise | head -n 100000 >&2; echo last words >&2"]
    with Process(Program(argv), LIMITS, nice=False) as process:
        assert list(process.lines(LIMITS)) == []
        assert process.wait(5) == 0
    assert process.words.endswith("noise\nlast words")
    assert len(process.words) <= 64 * 1024


def test_a_program_that_only_talks_makes_no_progress():
    argv = ["sh", "-c", "while :; do echo still here; sleep 0.05; done"]
    limits = Limits(wall=30, silence=0.5, cpu=5)
    with Process(Program(argv), LIMITS, nice=False) as process, pytest.raises(OverrunError, match="made no progress"):
        list(process.lines(limits))


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setattr("tasks.media.runner.imageio_ffmpeg.get_ffmpeg_exe", lambda: (_ for _ in ()).throw(RuntimeError))
    monkeypatch.setenv("PATH", "/nowhere")
    runs.executable.cache_clear()
    with pytest.raises(PermanentError, match="ffmpeg is missing: install it with"):
        runs.executable()
    runs.executable.cache_clear()
