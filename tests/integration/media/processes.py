"""What the tests look at of running processes."""

from __future__ import annotations

from pathlib import Path

import psutil


def ffmpegs() -> list[psutil.Process]:
    """The ffmpeg processes that this one has started; not the session's database, which is a child too."""
    return [child for child in psutil.Process().children() if "ffmpeg" in child.name()]


def open_files(pid: int) -> set[str]:
    """What its descriptors are of, as /proc has it."""
    return {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
