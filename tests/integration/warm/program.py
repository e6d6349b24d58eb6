# ruff: noqa: PTH109, PTH115, PTH208, T201
"""Stands in for the engine in tests of the fork server: does the one thing that it is told to."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path


def describe(out: str) -> None:
    """Write down everything that a process has from whoever started it."""
    facts = {
        "environment": dict(os.environ),
        "directory": os.getcwd(),
        "argv": sys.argv[1:],
        "stdin": sys.stdin.read(),
        "group": os.getpgid(0),
        "session": os.getsid(0),
        "pid": os.getpid(),
        "parent": os.getppid(),
        "random": random.random(),
        "module": __name__,
        "sigterm_is_default": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        "descriptors": {fd: link for fd in os.listdir("/proc/self/fd") if (link := _link(fd))},
        "secret": sys.modules.get("leaked") is not None,
    }
    sys.modules["leaked"] = sys
    os.environ["LEAKED"] = "yes"
    Path(out).write_text(json.dumps(facts))


def _link(fd: str) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return None


def hold(out: str) -> None:
    """Start a child that would outlive this process, say that both run, and wait."""
    child = subprocess.Popen(["sleep", "300"])
    Path(out).write_text(f"{os.getpid()} {child.pid}\n")
    time.sleep(300)


def catch(out: str) -> None:
    """Ignore the first SIGTERM, end with a code of its own on the second."""
    seen: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: seen.append(number))
    Path(out).write_text(f"{os.getpid()}\n")
    while len(seen) < 2:
        signal.pause()
        Path(out).write_text(f"{os.getpid()} {len(seen)}\n")
    sys.exit(42)


def speak(words: str) -> None:
    """Write to both standard streams."""
    print(f"out {words}")
    print(f"err {words}", file=sys.stderr)


def version() -> None:
    """Say which version of the project this process has imported."""
    import darkroom

    print(darkroom.__version__)


def leave(code: str) -> None:
    """End with this exit code, leaving a child behind."""
    child = subprocess.Popen(["sleep", "300"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(child.pid, flush=True)
    sys.exit(int(code))


def die(number: str) -> None:
    """Die by a signal."""
    os.kill(os.getpid(), int(number))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:3])
