"""What a failure says of a file whose whole folder is away: nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from db import paths, roots
from tasks.errors import PermanentError, TransientError
from tasks.library import ground
from tasks.media import verdict


def watched(conn: Connection) -> tuple[Path, ...]:
    """The watched folders."""
    return tuple(paths.to_path(root.path) for root in roots.list_roots(conn))


@contextmanager
def standing(file: Path, watched: Sequence[Path]) -> Iterator[None]:
    """Work on a file of one of the watched folders inside.

    Where it fails for good while that folder is not there, or empty as a mount point without its disk is, it fails for
    now: when the disk is back, the file may be as it was.

    Raises:
        TransientError: instead of a `PermanentError` that the folder's absence explains.
    """
    try:
        yield
    except PermanentError as error:
        root = next((root for root in watched if file.is_relative_to(root)), None)
        if root is not None and _is_away(root):
            raise TransientError(
                f"The folder {ground.shown(root)} is not there or empty, and so this file is not there either: "
                "mount its disk."
            ) from error
        if str(error) == verdict.GONE and file.exists():
            raise TransientError("The file was gone for a moment.") from error
        raise


def _is_away(root: Path) -> bool:
    try:
        return ground.examine(root).empty
    except PermanentError:
        return True
