"""Media children are forked from one process, and are processes of their own all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tasks.errors import PermanentError, TransientError
from tasks.media import forks
from tasks.media.forks import FORKS, Forks, NoForkError
from tasks.media.limits import Limits
from tasks.media.preview import PreviewSettings, preview
from tasks.media.probe import probe
from tasks.media.tools import MediaTools
from tests.integration.media.conftest import Runner
from tests.integration.media.processes import open_files
from tests.waiting import until

LIMITS = Limits(wall=30, silence=10, cpu=20)
NULL = "/dev/null"


@pytest.fixture
def pair(samples):
    """Two slots whose children have each answered once."""
    with MediaTools(Runner(), nice=False) as one, MediaTools(Runner(), nice=False) as other:
        for tools in (one, other):
            probe(tools, samples["one-frame.mp4"])
        yield one, other


@pytest.fixture
def children():
    """Two children that wait for their first request, of a process that forks nobody else's."""
    own = Forks()
    pair = own.fork("probe"), own.fork("image")
    yield own, *pair
    for child in pair:
        child.kill()
        child.wait(5)
        child.close()
    assert own.pid is None


def killed_at_its_first_progress(tools, path, out, by):
    tools.control.on_progress = lambda _: os.kill(tools.child.pid, by) if tools.child.pid else None
    return preview(tools, path, out, PreviewSettings(clip_seconds=2, trickplay=True))


def test_the_children_of_one_process_are_forked_from_one_that_is_single_threaded_and_knows_no_secret(
    samples, monkeypatch
):
    monkeypatch.setenv("DARKROOM_DATABASE_URL", "postgresql://user:secret@host/darkroom")
    own = Forks()
    monkeypatch.setattr("tasks.media.media_child.FORKS", own)
    with MediaTools() as one, MediaTools() as other:
        for tools in (one, other):
            probe(tools, samples["one-frame.mp4"])
        forker = psutil.Process(own.pid)
        assert one.child.pid != other.child.pid
        assert {psutil.Process(tools.child.pid).ppid() for tools in (one, other)} == {forker.pid}
        assert (forker.ppid(), forker.num_threads(), os.getpgid(forker.pid)) == (os.getpid(), 1, os.getpgid(0))
        assert "secret" not in str(forker.environ())
        assert (forker.nice(), psutil.Process(one.child.pid).nice()) == (psutil.Process().nice(), 10)
    assert not forker.is_running()


def test_a_child_that_crashes_says_so_and_leaves_its_sibling_alone(pair, samples, tmp_path):
    one, other = pair
    forker, sibling = FORKS.pid, other.child.pid
    with pytest.raises(PermanentError, match=r"The media reader crashed on this file \(SIGSEGV\)"):
        killed_at_its_first_progress(one, samples["h264.mp4"], tmp_path / "out", signal.SIGSEGV)
    assert probe(one, samples["h264.mp4"]) == probe(other, samples["h264.mp4"])
    assert (FORKS.pid, other.child.pid) == (forker, sibling)


def test_children_whose_forker_was_killed_go_on_and_the_next_has_another(pair, samples, tmp_path):
    one, other = pair
    forker, before = FORKS.pid, [tools.child.pid for tools in pair]
    os.kill(forker, signal.SIGKILL)
    assert probe(one, samples["h264.mp4"]) == probe(other, samples["h264.mp4"])
    assert [tools.child.pid for tools in pair] == before
    # nobody can tell any more how it ended
    with pytest.raises(TransientError, match=r"was killed \(SIGKILL\)"):
        killed_at_its_first_progress(one, samples["h264.mp4"], tmp_path / "out", signal.SIGSEGV)
    one.control.on_progress = lambda _: None
    probe(one, samples["h264.mp4"])
    assert psutil.Process(one.child.pid).ppid() == FORKS.pid != forker


def test_a_child_holds_nothing_of_the_others_so_that_each_end_is_seen_at_once(children):
    own, one, other = children
    until(lambda: all(holds_its_own_only(child.pid) for child in (one, other)))
    assert open_files(one.pid) & open_files(other.pid) == {NULL}
    one.stdin.close()
    assert one.wait(5) == 0
    assert other.poll() is None
    os.kill(own.pid, signal.SIGKILL)
    other.kill()
    assert (other.wait(5), other.stdout.read()) == (-signal.SIGKILL, b"")


def holds_its_own_only(pid):
    """Its requests, its replies and its standard error, nothing, and what it measures itself by, opened last."""
    try:
        files = open_files(pid)
    except FileNotFoundError:
        return False  # it closed one while they were looked at
    pipes = {link for link in files if link.startswith("pipe:")}
    measured = {NULL, f"/proc/{pid}/status"}
    return len(pipes) == 3 and measured <= files - pipes <= {*measured, f"/proc/{pid}/clear_refs"}


def test_a_kernel_that_cannot_be_imported_fails_in_the_child_and_in_its_words(pair, samples):
    one, other = pair
    one.close()
    with pytest.raises(PermanentError, match="KeyError: 'no_such'"):
        one.ask("no_such", samples["h264.mp4"], LIMITS)
    assert probe(one, samples["h264.mp4"]) == probe(other, samples["h264.mp4"])


def test_a_process_that_cannot_fork_says_why(monkeypatch):
    monkeypatch.setattr(forks, "ARGV", [sys.executable, "-c", "import sys; sys.exit('no libraries')"])
    own = Forks()
    with pytest.raises(NoForkError, match="cannot be started: its process: exit code 1: no libraries"):
        own.fork("probe")
    assert own.pid is None


COPY = """
import os, sys
from pathlib import Path
from tasks.media.forks import FORKS
from tasks.media.probe import probe
from tasks.media.tools import MediaTools
path = Path(sys.argv[1])
with MediaTools() as tools:
    probe(tools, path)
    first, copy = FORKS.pid, os.fork()
    if copy == 0:
        with MediaTools() as own:
            probe(own, path)
            os._exit(FORKS.pid in (None, first))
    assert os.waitpid(copy, 0)[1] == 0
    assert FORKS.pid == first and probe(tools, path)
    with MediaTools() as more:
        assert probe(more, path) and FORKS.pid == first
"""


def test_a_copy_of_the_caller_forks_from_a_process_of_its_own(samples):
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", COPY, samples["one-frame.mp4"]], cwd=root, check=True, timeout=30)
