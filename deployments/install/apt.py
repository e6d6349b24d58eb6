"""Debian's and Ubuntu's packages, installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deployments.install.commands import run, say, works

QUIET = (
    *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "--no-install-recommends"),
    *("-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold"),
)

#: Says whether installing PostgreSQL makes a cluster of the machine's own and starts it.
CLUSTER_SETTING = Path("/etc/postgresql-common/createcluster.conf")


def install(packages: list[str], become_root: Sequence[str] = ()) -> None:
    """Install packages as root, answering nothing.

    Raises StartError with apt's own words.
    """
    say(f"Installing {', '.join(packages)} with apt-get.")
    run([*become_root, *QUIET, "update"], "apt-get update")
    with _no_cluster(become_root):
        run([*become_root, *QUIET, "install", *packages], f"apt-get install {' '.join(packages)}")


@contextmanager
def _no_cluster(become_root: Sequence[str]) -> Iterator[None]:
    """Keep Debian's package from starting a cluster that nobody asked for.

    Only where PostgreSQL's packages are new to the machine; afterwards their own setting holds again, for whoever
    installs PostgreSQL to use it.
    """
    if CLUSTER_SETTING.exists() or works(["dpkg", "-s", "postgresql-common"]):
        yield
        return
    setting = str(CLUSTER_SETTING)
    write = 'mkdir -p "$(dirname "$0")" && echo "create_main_cluster = false" > "$0"'
    run([*become_root, "sh", "-c", write, setting], f"Writing {setting}")
    try:
        yield
    finally:
        restore = 'rm -f "$0"; for new in "$0".*-dist; do if [ -e "$new" ]; then mv "$new" "$0"; fi; done'
        run([*become_root, "sh", "-c", restore, setting], f"Restoring {setting}")
