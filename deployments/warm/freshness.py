# ruff: noqa: PTH116 -- hundreds of files at each request
"""Whether what the fork server has imported is still what is on disk, and whether its environment is the client's."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

#: The checkout, or the folder the packages are installed in.
CODE = Path(__file__).resolve().parents[2]
#: Beside the modules: what changes when packages are installed, changed or removed.
WATCHED = (
    Path(sysconfig.get_path("purelib")),
    Path(sys.prefix) / "pyvenv.cfg",
    CODE / "requirements.lock",
)
#: Settings that are read while modules are imported count; those of other programs do not.
PREFIXES = (b"DARKROOM_", b"PREFECT_")
ELSEWHERE = (b"DARKROOM_WORKER_", b"PREFECT__", b"PREFECT_WORKER_", b"PREFECT_SERVER_", b"PREFECT_RUNNER_")

Fingerprint = Mapping[str, tuple[int, int]]
UNKNOWN = (-1, -1)


def fingerprint(since: int) -> Fingerprint:
    """Time of change and size of every imported module of the project, and of the files that stand for all others.

    What changed after `since` (ns, when the imports began) may have been imported as it was: it counts as changed.
    """
    files = {str(path) for path in WATCHED}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(f"{CODE}{os.sep}") and "site-packages" not in file:
            files.add(file)
    stamps = {file: _stamp(file) for file in files}
    return {file: stamp if stamp[0] < since else UNKNOWN for file, stamp in stamps.items()}


def changed(known: Fingerprint) -> list[str]:
    """The files that are no longer as they were when the fingerprint was taken."""
    return [file for file, stamp in known.items() if _stamp(file) != stamp]


def _stamp(file: str) -> tuple[int, int]:
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return (0, 0)
    # Not the time of modification, which an unpacked archive or a checkout may set to anything.
    return (status.st_ctime_ns, status.st_size)


def settings_of(environment: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """The part of an environment that decides what a module is like once imported."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIXES) and not name.startswith(ELSEWHERE)
    }


def differences(own: Mapping[bytes, bytes], theirs: Mapping[bytes, bytes]) -> list[str]:
    """The names of the settings in which two environments differ."""
    mine, other = settings_of(own), settings_of(theirs)
    return sorted(os.fsdecode(name) for name in mine.keys() | other.keys() if mine.get(name) != other.get(name))
