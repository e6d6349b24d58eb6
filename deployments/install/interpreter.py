"""Which Python the environment is made from."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from deployments.errors import StartError

OLDEST = (3, 11)


def require() -> None:
    """Go on in the newest Python of this machine when this one is too old.

    Raises StartError when there is none that is new enough.
    """
    if sys.version_info >= OLDEST:
        return
    newest = max(_others(), default=None)
    if newest is None or newest[0] < OLDEST:
        raise StartError(
            f"Darkroom needs Python {OLDEST[0]}.{OLDEST[1]} or newer and found {sys.version.split()[0]}: "
            "install one (Debian and Ubuntu: apt-get install python3.11)"
        )
    os.execv(newest[1], [newest[1], "-m", "deployments.install", *sys.argv[1:]])  # noqa: S606


def _others() -> list[tuple[tuple[int, int], str]]:
    """Every `python3.x` on PATH with its version."""
    names = {path.name for folder in os.get_exec_path() for path in Path(folder or ".").glob("python3.*")}
    versions = {name: re.fullmatch(r"python3\.(\d+)", name) for name in names}
    found = {name: shutil.which(name) for name, version in versions.items() if version}
    return [((3, int(name.split(".")[1])), path) for name, path in found.items() if path]
