"""Find the programs of a PostgreSQL server on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployments.errors import StartError
from deployments.postgres.owner import owner

#: Prefect's server asks for it.
OLDEST = (14, 9)

#: Where set-up unpacks Debian's packages when it may not install them.
UNPACKED = Path(__file__).parents[2] / ".venv" / "debian"

INSTALL = "install it (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17)"

#: Folders of server programs, in the order they are tried after PATH; of several, the newest first.
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/local/bin",
    "/usr/local/pgsql/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    f"{UNPACKED}/usr/lib/postgresql/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """One installed PostgreSQL server: the folder of its programs and its version."""

    folder: Path
    version: tuple[int, int]
    #: What its programs need in their environment beside the usual.
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def major(self) -> int:
        """The major version: data made by one is not read by another."""
        return self.version[0]

    def program(self, name: str) -> str:
        """The full path of one of its programs."""
        return str(self.folder / name)


def find(major: int | None = None) -> Binaries:
    """The first PostgreSQL server that will do; with `major`, of exactly that major version.

    Raises StartError when there is none, naming what was found instead.
    """
    rejected: list[str] = []
    for folder in folders():
        found = inspect(folder)
        if found is None:
            continue
        reason = unsuitable(found, major)
        if reason is None:
            return found
        rejected.append(f"{folder} {reason}")
    raise StartError(_missing(major, rejected))


def folders() -> Iterator[Path]:
    """Every folder that may hold server programs, each once, links followed."""
    seen: set[Path] = set()
    for folder in _candidates():
        real = _home_of(folder)
        if real is not None and real not in seen:
            seen.add(real)
            yield real


def inspect(folder: Path) -> Binaries | None:
    """What is installed there; None where a program is missing or does not run."""
    environment = _environment(folder)
    words = _output([str(folder / "postgres"), "--version"], environment)
    version = re.search(r"\(PostgreSQL\) (\d+)\.(\d+)", words)
    if version is None or not (folder / "initdb").exists():
        return None
    return Binaries(folder, (int(version[1]), int(version[2])), environment)


def unsuitable(found: Binaries, major: int | None = None) -> str | None:
    """Why this server will not do, or None."""
    if major is not None and found.major != major:
        return f"is PostgreSQL {found.major}"
    if found.version < OLDEST:
        return f"is {found.version[0]}.{found.version[1]}, older than {OLDEST[0]}.{OLDEST[1]}"
    shown = _output([found.program("initdb"), "--show", "-D", "/nonexistent"], found.environment)
    share = re.search(r"^share_path=(.+)$", shown, re.MULTILINE)
    if share is None or not (Path(share[1]) / "extension" / "pg_trgm.control").exists():
        return "lacks the contrib extension pg_trgm"
    return None


def _candidates() -> Iterator[Path]:
    yield from (Path(folder) for folder in os.get_exec_path() if folder)
    for pattern in PLACES:
        yield from sorted(Path("/").glob(pattern[1:]), key=_numbers, reverse=True)


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _home_of(folder: Path) -> Path | None:
    """The folder that really holds `postgres`: a link in /usr/local/bin lies far from its shared files."""
    program = shutil.which("postgres", path=str(folder))
    return Path(program).resolve().parent if program else None


def library_path() -> str:
    """Where unpacked programs find their libraries, as LD_LIBRARY_PATH wants it."""
    patterns = (
        "usr/lib/*-linux-gnu*",
        "lib/*-linux-gnu*",
        *(f"usr/lib/*-linux-gnu*/{name}" for name in ("blas", "lapack", "pulseaudio")),
    )
    return ":".join(str(folder) for pattern in patterns for folder in sorted(UNPACKED.glob(pattern)))


def _environment(folder: Path) -> dict[str, str]:
    return {"LD_LIBRARY_PATH": library_path()} if folder.is_relative_to(UNPACKED) else {}


def _output(command: list[str], environment: Mapping[str, str]) -> str:
    """What a program of a server says of itself, asked as its user would: `initdb` says nothing to root."""
    try:
        done = owner().run(command, env={**os.environ, "LC_ALL": "C", **environment}, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def _missing(major: int | None, rejected: list[str]) -> str:
    wanted = f"PostgreSQL {major}" if major else f"A PostgreSQL server, {OLDEST[0]}.{OLDEST[1]} or newer"
    but = f" (found: {'; '.join(rejected)})" if rejected else ""
    return f"{wanted} was not found{but}: {INSTALL}, or name a server of yours in DARKROOM_DATABASE_URL."
