"""The Python environment in `.venv`: exactly what the lock files say, and the project itself."""

from __future__ import annotations

import fcntl
import hashlib
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployments.install import unpack
from deployments.install.commands import run, say, works

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

#: Digests of what is installed, one to a line.
STAMP = VENV / "installed"

RUNTIME = ROOT / "requirements.lock"
TESTS = ROOT / "requirements-dev.lock"


def provide(for_tests: bool) -> None:
    """Bring the environment to the lock file; nothing is done where it is there already.

    Raises StartError with pip's own words.
    """
    if _is_installed(TESTS if for_tests else RUNTIME):
        return
    with _alone():
        lock = TESTS if for_tests else RUNTIME
        if _is_installed(lock):
            return
        # before anybody exchanges a lock file meanwhile
        digests = [_digest(each) for each in sorted({RUNTIME, lock})]
        _make()
        say(f"Installing {lock.name} into {VENV}.")
        run(
            [*_pip(), *("install", "--quiet", "--no-deps", "--only-binary=:all:"), "--require-hashes", "-r", lock],
            "pip",
        )
        _add_project()
        STAMP.write_text("\n".join(digests))


def _make() -> None:
    """An environment of this Python; one of another, or one that broke, is made anew."""
    test = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    if works([str(PYTHON), "-c", test]):
        return
    say(f"Making {VENV} with Python {sys.version.split()[0]}.")
    for name in ("bin", "lib", "lib64", "include"):
        _remove(VENV / name)
    run([sys.executable, "-m", "venv", "--without-pip", VENV], "python3 -m venv")


def _pip() -> list[str | Path]:
    """pip, in the environment or as an unpacked wheel, which runs without being installed."""
    if works([str(PYTHON), "-m", "pip", "--version"]):
        return [PYTHON, "-m", "pip"]
    if wheel := unpack.pip_wheel():
        return [PYTHON, wheel / "pip"]
    run([PYTHON, "-m", "ensurepip", "--upgrade"], "ensurepip")
    return [PYTHON, "-m", "pip"]


def _add_project() -> None:
    """The code where it lies, and the command `darkroom`."""
    site = run([PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], "python").strip()
    (Path(site) / "darkroom.pth").write_text(f"{ROOT}\n")
    start = "from deployments.cli import main; main()"
    command = VENV / "bin" / "darkroom"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -c {shlex.quote(start)} "$@"\n')
    command.chmod(0o755)


def _is_installed(lock: Path) -> bool:
    return PYTHON.exists() and STAMP.exists() and _digest(lock) in STAMP.read_text().split()


def _digest(lock: Path) -> str:
    """Of the lock, the Python and the place: an environment that was moved does not run."""
    seen = lock.read_bytes() + f"{sys.version_info[:2]} {ROOT}".encode()
    return hashlib.sha256(seen).hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """One set-up at a time."""
    VENV.mkdir(exist_ok=True)
    with (VENV / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)
