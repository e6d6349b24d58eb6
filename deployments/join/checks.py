"""What has to be the same on two machines before they share work; each difference is one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from darkroom import __version__
from darkroom.settings import Settings
from db import installation, paths, roots
from db.engine import make_engine
from db.migrate import schema
from deployments.errors import StartError
from deployments.join import marker

#: Seconds by which the clocks may differ before that is said, and before it is refused.
APART, TOO_FAR_APART = 5.0, 60.0


def check(settings: Settings, url: str, say: Callable[[str], None]) -> None:
    """Compare this machine with the first, by what the database at this URL says; `say` gets what is merely odd.

    Raises StartError with all that has to be set right, a sentence for each.
    """
    engine = make_engine(url)
    try:
        with engine.connect() as conn:
            wrong = [*_version(conn)] or [*_clock(conn, say), *_folders(conn), *_cache(conn, settings)]
    except OperationalError as error:
        words = " ".join(str(error.orig).split())
        raise StartError(f"The database does not answer: {words}") from None
    finally:
        engine.dispose()
    if wrong:
        raise StartError(wrong[0], "\n".join(wrong[1:]))


def _version(conn: Connection) -> Iterator[str]:
    there = schema(conn)
    if there.is_newer or there.found is None:
        what = "no tables of Darkroom's" if there.found is None else f"the schema {there.found} of a newer Darkroom"
        yield f"The database has {what}: install the same version on both machines, and run darkroom up on the first."
    elif there.is_older:
        yield (
            f"The database has the schema {there.found}, and this version works with {there.newest}: "
            "run this version's darkroom up on the first machine, which brings it there."
        )
    elif (first := installation.read(conn)) is None:
        yield "The first machine has not been started: run darkroom up there."
    elif first.version != __version__:
        yield f"Darkroom is {first.version} there and {__version__} here: install the same version on both machines."


def _clock(conn: Connection, say: Callable[[str], None]) -> Iterator[str]:
    theirs = float(conn.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    apart = abs(theirs - time.time())
    says = f"This machine's clock and the database's are {apart:.0f} s apart: let both follow a time server."
    if apart > TOO_FAR_APART:
        yield says
    elif apart > APART:
        say(says)


def _folders(conn: Connection) -> Iterator[str]:
    for root in roots.list_roots(conn):
        folder, shown = paths.to_path(root.path), paths.display(root.path)
        if not root.enabled:
            continue
        if not folder.is_dir():
            yield f"{shown} is watched and is not here: mount it at the same path."
            continue
        known = installation.known_files(conn, root.id)
        if known and not any(paths.to_path(file).exists() for file in known):
            yield f"{shown} is here, but none of the files that are known to be in it: is the right disk mounted?"


def _cache(conn: Connection, settings: Settings) -> Iterator[str]:
    first, here = installation.read(conn), marker.read(settings.cache)
    if first and here != first.cache_id:
        yield (
            f"{settings.cache} is not the folder of generated files that the page shows: mount that one here, "
            "writable, and name it in DARKROOM_CACHE_DIR."
        )
    elif not _writable(settings.cache):
        yield f"Generated files cannot be written to {settings.cache}: let the user who runs this write there."


def _writable(folder: Path) -> bool:
    probe = folder / f".darkroom-{time.time_ns()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True
