"""Debian's and Ubuntu's packages without root: fetched and checked by apt, unpacked beside the environment.

apt checks their signatures as it does for root. Nothing of the machine changes; the programs find their files because
they look for them relative to themselves, and their libraries through LD_LIBRARY_PATH.
"""

from __future__ import annotations

import re
import shlex
import tempfile
from pathlib import Path

from deployments.errors import StartError
from deployments.install.commands import run, say
from deployments.postgres.binaries import UNPACKED, library_path

#: Where the programs are found: small scripts that name the libraries.
BIN = UNPACKED / "programs"

#: Packages that the wanted ones depend on and do not need to run: a compiler that is switched off, the tools that
#: make clusters for the whole machine and what those are written in.
UNUSED = re.compile(
    r"libllvm|libz3|postgresql(-common|-client-common)?$|perl|libperl|ssl-cert|logrotate|cron|adduser|systemd|dbus|udev"
)

#: Programs that get a script in BIN.
PROGRAMS = {
    "chromium-headless-shell": "usr/lib/chromium/chromium-headless-shell",
    "ffprobe": "usr/bin/ffprobe",
    "qbittorrent-nox": "usr/bin/qbittorrent-nox",
    "transmission-daemon": "usr/bin/transmission-daemon",
    "opentracker": "usr/bin/opentracker",
    "nzbget": "usr/bin/nzbget",
    "redis-server": "usr/bin/redis-server",
}


def install(packages: list[str]) -> None:
    """Unpack packages and what they depend on, as far as the machine lacks it.

    Raises StartError with apt's own words and the command that would install them.
    """
    say(f"Unpacking {', '.join(packages)} into {UNPACKED}; nothing of the machine changes.")
    try:
        with tempfile.TemporaryDirectory(prefix="darkroom-apt-") as folder:
            _unpack(packages, Path(folder))
    except StartError as error:
        command = f"apt-get install {' '.join(packages)}"
        raise StartError(f"{error.sentence}; as root, {command} installs what is missing", error.details) from error
    _write_scripts()


def pip_wheel() -> Path | None:
    """The pip among what was unpacked."""
    return next(iter(sorted(UNPACKED.glob("usr/share/python-wheels/pip-*.whl"))), None)


def _unpack(packages: list[str], folder: Path) -> None:
    apt = _apt(folder)
    run([*apt, "update"], "apt-get update", cwd=folder)
    plan = run([*apt, "-s", "install", *packages], f"apt-get install {' '.join(packages)}", cwd=folder)
    new = re.findall(r"^Inst (\S+) \(", plan, re.MULTILINE)  # an upgrade has the old version in brackets there
    wanted = [name for name in new if not UNUSED.match(name)]
    run([*apt, "download", *wanted], "apt-get download", cwd=folder)
    UNPACKED.mkdir(parents=True, exist_ok=True)
    for package in sorted(folder.glob("*.deb")):
        run(["dpkg-deb", "-x", package, UNPACKED], f"Unpacking {package.name}")


def _apt(folder: Path) -> list[str]:
    """apt that knows the machine's sources and what is installed, with lists and a cache of its own."""
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    return [
        *("apt-get", "-q", "-y", "--no-install-recommends"),
        *("-o", f"Dir::State::Lists={folder}/lists", "-o", f"Dir::Cache={folder}"),
        *("-o", "Debug::NoLocking=1", "-o", "APT::Update::Post-Invoke-Success::="),
    ]


def _write_scripts() -> None:
    """A script for each program that names its libraries, and fonts, of which the machine may have none."""
    BIN.mkdir(parents=True, exist_ok=True)
    fonts = BIN / "fonts.conf"
    fonts.write_text(f"<fontconfig><dir>/usr/share/fonts</dir><dir>{UNPACKED}/usr/share/fonts</dir></fontconfig>\n")
    for name, program in PROGRAMS.items():
        if (UNPACKED / program).exists():
            setting = f"LD_LIBRARY_PATH={shlex.quote(library_path())} FONTCONFIG_FILE={shlex.quote(str(fonts))}"
            (BIN / name).write_text(f'#!/bin/sh\n{setting} exec {shlex.quote(str(UNPACKED / program))} "$@"\n')
            (BIN / name).chmod(0o755)
