"""Where a home's private cluster and its socket lie."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from deployments.errors import StartError
from deployments.postgres.owner import Owner

#: For a home that the cluster's user cannot enter (root's own folder, as a rule).
SHARED = Path("/var/lib/darkroom")

#: The longest path of a socket, in bytes (`sun_path` is 108 with its zero on Linux, 104 on macOS and the BSDs).
LONGEST_SOCKET = 103

SOCKET_NAME = ".s.PGSQL.5432"


def cluster_folder(home: Path, owner: Owner) -> Path:
    """The folder that holds the cluster of a home, made and given to its owner when it is not there.

    It is `postgres` in the home; where the owner cannot enter the home, that name is a link to a folder of
    its own under /var/lib/darkroom. Once made, the name in the home says where it is.
    """
    home.mkdir(parents=True, exist_ok=True)
    named = home / "postgres"
    if not named.exists():
        folder = named if owner.may_enter(home) else SHARED / _digest(home)
        _make(folder, owner)
        if folder != named:
            named.unlink(missing_ok=True)
            named.symlink_to(folder)
    return named.resolve()


def socket_folder(cluster: Path, owner: Owner) -> Path:
    """The folder of the cluster's socket: in the cluster, or a private one elsewhere when that path cannot be one.

    It may be too long, or have a comma in it, which libpq takes for the end of one address among several.

    Raises StartError when somebody else holds that name.
    """
    folder = cluster / "socket"
    if len(os.fsencode(folder / SOCKET_NAME)) > LONGEST_SOCKET or "," in str(folder):
        folder = _short_base() / f"darkroom-{os.geteuid()}-{_digest(cluster)}"
    _make(folder, owner)
    return folder


def _short_base() -> Path:
    """A folder for sockets with a short path: root's, the session's, or everybody's."""
    candidates = ["/run"] if os.geteuid() == 0 else [os.environ.get("XDG_RUNTIME_DIR", "")]
    for name in candidates:
        if name and len(os.fsencode(name)) < 40 and os.access(name, os.W_OK):
            return Path(name)
    return Path("/tmp")  # noqa: S108 - made there 0700 and refused when somebody else made it


def _make(folder: Path, owner: Owner) -> None:
    """A folder that only its owner enters; refuses one that is not a folder or is someone else's."""
    if not folder.parent.exists():
        folder.parent.mkdir(mode=0o755, parents=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        os.chown(folder, owner.uid, owner.gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid or found.st_mode & 0o077:
        raise StartError(f"{folder} is not a folder that only {owner.name} may enter: move it away, then start again.")


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
