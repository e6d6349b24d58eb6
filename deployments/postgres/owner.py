"""Who runs the private cluster: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.errors import StartError

#: As root, the first of these users that exists.
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Owner:
    """A user of this machine, and how to run programs as that user."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether that is somebody else than this process."""
        return self.uid != os.geteuid()

    @property
    def popen(self) -> Mapping[str, Any]:
        """The arguments of `subprocess.Popen` that start a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a short command as this user, with a terminal's text in and out."""
        return subprocess.run(  # noqa: S603
            command, check=False, cwd=options.pop("cwd", "/"), text=True, capture_output=True, **self.popen, **options
        )

    def may_enter(self, folder: Path) -> bool:
        """Whether this user gets into the folder: modes and access lists of every folder above it count."""
        return self.run(["test", "-x", f"{folder}/."]).returncode == 0


def owner() -> Owner:
    """The user who runs the cluster: whoever asks, or an unprivileged one for root.

    Raises StartError when the user has no name: PostgreSQL wants one.
    """
    if os.geteuid() != 0:
        return _by_id(os.geteuid())
    for name in UNPRIVILEGED:
        try:
            return _of(pwd.getpwnam(name))
        except KeyError:
            continue
    raise StartError(
        "PostgreSQL does not run as root, and this machine has no user postgres: add one (useradd -r postgres)."
    )


def _by_id(uid: int) -> Owner:
    try:
        return _of(pwd.getpwuid(uid))
    except KeyError:
        raise StartError(
            f"PostgreSQL needs a user with a name, and user id {uid} has none: run as a user of /etc/passwd, "
            "or name a server of yours in DARKROOM_DATABASE_URL."
        ) from None


def _of(entry: pwd.struct_passwd) -> Owner:
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)
