"""This machine: the watched folders, the cache, and the programs that media need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from ctypes.util import find_library
from functools import cache
from pathlib import Path

import imageio_ffmpeg
from sqlalchemy import Engine

from darkroom.settings import settings
from db import paths, roots
from ops_api.health.check import Check, State
from ops_api.words import size

FOLDERS, PROGRAMS = "Folders", "Programs"
#: Bytes.
LITTLE, NOTHING = 5 << 30, 500 << 20

#: The first release of a branch without the hole; of older branches there is none.
_MENDED = {(8, 1): (8, 1, 2), (8, 0): (8, 0, 3)}
_RELEASE = re.compile(r"\bn?(\d+)\.(\d+)(?:\.(\d+))?")

#: What stands for the path of a folder that is not to be named.
HIDDEN = "A folder that is hidden"


def checks(engine: Engine, *, hide_nsfw: bool) -> Iterator[Check]:
    """The lines on this machine."""
    with engine.connect() as conn:
        watched = roots.list_roots(conn)
    for root in watched:
        if root.enabled:
            yield _watched(root, HIDDEN if hide_nsfw and root.is_nsfw else paths.display(root.path))
    yield _cache(settings().cache)
    yield _ffmpeg()
    yield _optional("ffprobe", shutil.which("ffprobe"), "There is no second opinion on odd files.", "ffmpeg")
    yield _optional("libarchive", find_library("archive"), "RAR and 7z archives cannot be read.", "libarchive13")


def _optional(name: str, found: str | None, without: str, package: str) -> Check:
    if found:
        return Check(PROGRAMS, name, "ok", found)
    return Check(PROGRAMS, name, "warn", f"Not installed. {without}", f"apt-get install {package}")


def _watched(root: roots.Root, shown: str) -> Check:
    folder = paths.to_path(root.path)
    try:
        facts = folder.stat()
        with os.scandir(folder) as entries:
            empty = next(entries, None) is None
    except OSError as error:
        remedy = "Mount its disk, or remove the folder from the library. Nothing is lost meanwhile."
        return Check(FOLDERS, shown, "bad", f"Cannot be read: {error.strerror}.", remedy)
    if empty:
        return Check(FOLDERS, shown, "warn", "It is empty.", "Is its disk mounted? Scans change nothing until it is.")
    other = root.device is not None and root.device != facts.st_dev
    says = f"There, {size(shutil.disk_usage(folder).free)} free."
    if other:
        return Check(
            FOLDERS, shown, "warn", f"{says} It is on another disk than at the last scan.", "Scan it to be sure."
        )
    return Check(FOLDERS, shown, "ok", says)


def _cache(folder: Path) -> Check:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK):
        return Check(
            FOLDERS, str(folder), "bad", "Generated files cannot be written.", f"Let Darkroom's user write to {there}."
        )
    free = shutil.disk_usage(there).free
    state: State = "bad" if free < NOTHING else "warn" if free < LITTLE else "ok"
    remedy = None if state == "ok" else "Make room, or move the cache with DARKROOM_CACHE_DIR."
    return Check(FOLDERS, str(folder), state, f"Generated files; {size(free)} free.", remedy)


def _ffmpeg() -> Check:
    try:
        said = _version(imageio_ffmpeg.get_ffmpeg_exe())
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return Check(PROGRAMS, "ffmpeg", "bad", f"Does not run: {error}.", "apt-get install ffmpeg")
    if has_hole(said):
        says = f"{said}: crafted files can take it over (CVE-2026-8461). Each decode is confined, but not only that."
        return Check(PROGRAMS, "ffmpeg", "warn", says, "Update it: 7.1.5, 8.0.3, 8.1.2 or newer.")
    return Check(PROGRAMS, "ffmpeg", "ok", said)


def has_hole(said: str) -> bool:
    """Whether a version has a known hole. Of those that a distribution mends without a new number, it is not known."""
    found = _RELEASE.search(said)
    if found is None or "deb" in said or "ubuntu" in said:
        return False
    major, minor, patch = (int(part or 0) for part in found.groups())
    return (major, minor, patch) < _MENDED.get((major, minor), (7, 1, 5))


@cache
def _version(program: str) -> str:
    said = subprocess.run([program, "-version"], check=True, capture_output=True, text=True, timeout=20)  # noqa: S603
    return " ".join(said.stdout.split()[:3])
