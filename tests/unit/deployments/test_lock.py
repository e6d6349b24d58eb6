from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.up.lock import HeldError, HomeLock

HOLD = """
import sys
from pathlib import Path
from deployments.up.lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
lock.take()
lock.note(stopping=sys.argv[2] == "stopping")
print("held", flush=True)
sys.stdin.readline()
"""


def _holder(home: Path, how: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_on_a_home_is_told_who_is_first(tmp_path: Path) -> None:
    with _holder(tmp_path, "running") as holder, HomeLock(tmp_path) as lock:
        with pytest.raises(HeldError, match=f"already running on .*process {holder.pid}.*darkroom down"):
            lock.take(patience=60)
        holder.kill()


def test_one_that_is_stopping_is_waited_for(tmp_path: Path) -> None:
    with _holder(tmp_path, "stopping") as holder, HomeLock(tmp_path) as lock:
        with pytest.raises(HeldError):
            lock.take()
        holder.communicate("\n")

        lock.take(patience=60)


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with _holder(tmp_path, "running") as holder:
        holder.kill()

    with HomeLock(tmp_path) as lock:
        lock.take()
        with pytest.raises(HeldError) as held, HomeLock(tmp_path) as other:
            other.take()
    assert held.value.pid == os.getpid()


def test_homes_do_not_know_each_other(tmp_path: Path) -> None:
    with HomeLock(tmp_path / "one") as one, HomeLock(tmp_path / "two") as two:
        one.take()
        two.take()
