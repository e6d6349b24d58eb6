"""Running the tools of the set-up: quiet while they work, verbatim when they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployments.errors import StartError


def say(line: str) -> None:
    """Tell the person what is going on."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def run(
    command: Sequence[str | Path],
    what: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a tool without input; its output.

    Raises StartError with the end of its output when it fails or is not there.
    """
    try:
        done = subprocess.run(  # noqa: S603
            command,
            check=False,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise StartError(f"{what} failed", str(error)) from error
    if done.returncode != 0:
        raise StartError(f"{what} failed", "\n".join(done.stdout.splitlines()[-15:]))
    return done.stdout


def works(command: Sequence[str]) -> bool:
    """Whether a tool is there and ends well."""
    try:
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        return False
