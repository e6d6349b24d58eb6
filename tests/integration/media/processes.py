"""What the tests look at of running processes."""

from __future__ import annotations

import psutil


def ffmpegs() -> list[psutil.Process]:
    """The ffmpeg processes that this one has started; not the session's database, which is a child too."""
    return [child for child in psutil.Process().children() if "ffmpeg" in child.name()]
