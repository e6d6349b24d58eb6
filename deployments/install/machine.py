"""What the machine has to have besides Python, and how it gets there."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deployments.errors import StartError
from deployments.install import apt, unpack
from deployments.install.commands import say, works
from deployments.postgres import binaries


@dataclass(frozen=True)
class Need:
    """A program of the machine: how to see it, the Debian package that has it, whether it can be done without.

    One whose package would also start it as a service of the machine is only ever unpacked beside the environment.
    """

    name: str
    package: str
    there: Callable[[], bool]
    only_for_tests: bool = False
    optional: bool = False
    service: bool = False


#: Download clients, a tracker, a news server and Redis, which tests start: they are called as their packages are.
PEERS = ("qbittorrent-nox", "transmission-daemon", "opentracker", "nzbget", "redis-server")

#: Chromium without windows, which takes half the processor time for the same pages.
BROWSER = "chromium-headless-shell"


def needs() -> list[Need]:
    """Everything Darkroom wants of a machine."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [
        Need("PostgreSQL", "postgresql", _has_postgres),
        Need("pip", f"python{version}-venv", has_pip),
        Need("libarchive (it reads RAR archives)", "libarchive13", _has_libarchive, optional=True),
        Need("a browser for the tests", BROWSER, lambda: _has(BROWSER), only_for_tests=True, optional=True),
        Need("ffprobe for the tests", "ffmpeg", lambda: _has("ffprobe"), only_for_tests=True, optional=True),
        Need(
            "fpcalc for the tests", "libchromaprint-tools", lambda: _has("fpcalc"), only_for_tests=True, optional=True
        ),
        Need(
            "a clock that the tests can set",
            "libfaketime",
            lambda: faketime() is not None,
            only_for_tests=True,
            optional=True,
        ),
        *map(_peer, PEERS),
    ]


def _peer(program: str) -> Need:
    name = f"{program} for the tests"
    return Need(name, program, lambda: _has(program), only_for_tests=True, optional=True, service=True)


def provide(for_tests: bool) -> None:
    """Install what is missing: as root, with a sudo that asks nothing, or else unpacked beside the environment.

    Raises StartError naming what is missing where no way is open.
    """
    wanted = [need for need in needs() if for_tests or not need.only_for_tests]
    missing = [need for need in wanted if not need.there()]
    for optional, service in ((False, False), (True, False), (True, True)):
        group = [need for need in missing if (need.optional, need.service) == (optional, service)]
        if group:
            _get(group, forgive=optional)


def _get(group: list[Need], *, forgive: bool) -> None:
    names = " and ".join(need.name for need in group)
    try:
        _way(names, group[0].service)([need.package for need in group])
        still = [need.name for need in group if not need.there()]
        if still:
            raise StartError(f"{' and '.join(still)} is still missing after its package was installed")
    except StartError as error:
        if not forgive:
            raise
        if len(group) > 1:  # a package that this system does not have keeps none of the others away
            for need in group:
                if not need.there():
                    _get([need], forgive=True)
            return
        say(f"Going on without {names}. {error}")


def _way(names: str, service: bool) -> Callable[[list[str]], None]:
    """How packages are installed here."""
    if shutil.which("apt-get") is None:
        raise StartError(f"{names} is missing: {binaries.INSTALL}")
    if service:
        return unpack.install
    if os.geteuid() == 0:
        return apt.install
    if works(["sudo", "-n", "true"]):
        return lambda packages: apt.install(packages, ("sudo", "-n"))
    return unpack.install


def has_pip() -> bool:
    """Whether this Python can make an environment with pip in it, by itself or with an unpacked pip."""
    return importlib.util.find_spec("ensurepip") is not None or unpack.pip_wheel() is not None


def _has_postgres() -> bool:
    if os.environ.get("DARKROOM_DATABASE_URL"):
        return True
    try:
        binaries.find()
    except StartError:
        return False
    return True


def _has_libarchive() -> bool:
    return ctypes.util.find_library("archive") is not None


def faketime() -> Path | None:
    """The library that sets a program's clock, of the machine or unpacked."""
    places = (Path("/"), binaries.UNPACKED)
    return next((path for place in places for path in place.glob("usr/lib/*/faketime/libfaketimeMT.so.1")), None)


def browser() -> str | None:
    """The browser for the tests, of the machine or unpacked; the one with windows where there is no other."""
    return _which(BROWSER) or _which("chromium")


def _has(program: str) -> bool:
    return _which(program) is not None


def _which(program: str) -> str | None:
    return shutil.which(program, path=os.pathsep.join([str(unpack.BIN), *os.get_exec_path()]))
