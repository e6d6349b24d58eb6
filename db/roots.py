"""The watched folders."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection, text

from db import nsfw, paths


class RootError(ValueError):
    """What was asked of a watched folder cannot be done; the message is one sentence for people."""


class RootNotFoundError(LookupError):
    """No watched folder has this id."""


@dataclass(frozen=True)
class Root:
    """A watched folder. `path` is spelled as in `db.paths`."""

    id: int
    path: str
    label: str
    enabled: bool
    recursive: bool
    scan_movies: bool
    scan_series: bool
    scan_images: bool
    scan_audio: bool
    is_nsfw: bool
    device: int | None
    last_scanned_at: datetime | None

    @property
    def scans_anything(self) -> bool:
        """Whether it is watched for any kind of media."""
        return self.scan_movies or self.scan_series or self.scan_images or self.scan_audio


#: What a person may choose, with its value unless chosen; `label` defaults to the folder's name.
DEFAULTS: dict[str, Any] = {
    "label": None,
    "enabled": True,
    "recursive": True,
    "scan_movies": True,
    "scan_series": True,
    "scan_images": True,
    "scan_audio": True,
    "is_nsfw": False,
}
_CHOICES = ", ".join(DEFAULTS)
_COLUMNS = f"id, path, {_CHOICES}, device, last_scanned_at"

_LIST = text(f"SELECT {_COLUMNS} FROM library_roots ORDER BY label, id")  # noqa: S608  (constants)
_GET = text(f"SELECT {_COLUMNS} FROM library_roots WHERE id = :id")  # noqa: S608
_LOCK = text("LOCK TABLE library_roots IN SHARE ROW EXCLUSIVE MODE")
_ADD = text(
    f"INSERT INTO library_roots (path, {_CHOICES}) VALUES (:path, {', '.join(f':{name}' for name in DEFAULTS)})"  # noqa: S608
    f" RETURNING {_COLUMNS}"
)
_UPDATE = text(
    f"UPDATE library_roots SET {', '.join(f'{name} = :{name}' for name in DEFAULTS)}, updated_at = now()"  # noqa: S608
    f" WHERE id = :id RETURNING {_COLUMNS}"
)
_REMOVE = text("DELETE FROM library_roots WHERE id = :id RETURNING id")
#: What lies in a watched folder and can be NSFW, and what jobs call those of them that are their targets.
_MARKED = ("videos", "video_series", "archives", "galleries", "images", "audio_libraries", "audio_tracks")
_TARGETS = {"video": "videos", "archive": "archives", "image": "images", "track": "audio_tracks"}
_TARGETED = " OR ".join(
    f"(j.target_type = '{kind}' AND j.target_id IN (SELECT CAST(id AS text) FROM {table} WHERE library_root_id = :id))"  # noqa: S608
    for kind, table in _TARGETS.items()
)
_PROPOSED = """
    j.target_type = 'identify_result' AND j.target_id IN (
        SELECT CAST(r.id AS text) FROM identify_results r JOIN videos v ON v.id = r.video_id
        WHERE v.library_root_id = :id)
"""
_MARK = (
    *(
        text(f"UPDATE {table} SET is_nsfw = :is_nsfw WHERE library_root_id = :id AND is_nsfw <> :is_nsfw")  # noqa: S608
        for table in _MARKED
    ),
    text(f"""
        UPDATE job_runs AS j SET is_nsfw = :is_nsfw
        WHERE j.is_nsfw <> :is_nsfw
          AND ((j.target_type = 'library_root' AND j.target_id = CAST(:id AS text)) OR {_TARGETED} OR ({_PROPOSED}))
    """),  # noqa: S608
)


#: What is found in a watched folder, as people count it.
_COUNTED = {"video": "videos", "picture": "images", "audio file": "audio_tracks"}
_COUNT = text(
    " UNION ALL ".join(
        f"SELECT '{noun}' AS noun, count(*) AS files FROM {table} WHERE library_root_id = :id"  # noqa: S608
        for noun, table in _COUNTED.items()
    )
)


def count_files(conn: Connection, root_id: int) -> dict[str, int]:
    """How many files of each kind are known in a watched folder; kinds of which there are none are left out."""
    return {row.noun: row.files for row in conn.execute(_COUNT, {"id": root_id}) if row.files}


def count_hidden(conn: Connection) -> int:
    """How many watched folders are hidden from this transaction."""
    if not nsfw.hides(conn):
        return 0
    with nsfw.everything(conn):
        return sum(root.is_nsfw for root in list_roots(conn))


def list_roots(conn: Connection) -> list[Root]:
    """All watched folders, by label."""
    return [Root(**row) for row in conn.execute(_LIST).mappings()]


def get_root(conn: Connection, root_id: int) -> Root:
    """One watched folder.

    Raises:
        RootNotFoundError: there is none with this id.
    """
    row = conn.execute(_GET, {"id": root_id}).mappings().one_or_none()
    if row is None:
        raise RootNotFoundError(f"There is no watched folder {root_id}.")
    return Root(**row)


def add_root(conn: Connection, path: str, **choices: Any) -> Root:
    """Watch a folder. `path` is spelled as in `db.paths`; links in it are resolved. No scan is started.

    Raises:
        RootError: it is no readable folder, is watched already, or lies inside or around a watched one.
    """
    folder = _readable_folder(path)
    conn.execute(_LOCK)
    hides = nsfw.hides(conn)
    with nsfw.everything(conn):
        _must_lie_apart(folder, list_roots(conn), hides=hides)
        values = _valid(DEFAULTS | choices, PurePosixPath(folder))
        row = conn.execute(_ADD, {"path": paths.to_text(folder), **values}).mappings().one()
    return Root(**row)


def update_root(conn: Connection, root_id: int, **choices: Any) -> Root:
    """Change what a person may choose of a watched folder. A changed `is_nsfw` is handed on to all that lies
    in it and to the jobs on that.

    Raises:
        RootNotFoundError: there is none with this id.
        RootError: a value is not allowed.
    """
    before = get_root(conn, root_id)
    known = {name: value for name, value in asdict(before).items() if name in DEFAULTS}
    values = _valid(known | choices, PurePosixPath(paths.to_native(before.path)))
    after = Root(**conn.execute(_UPDATE, {"id": root_id, **values}).mappings().one())
    if after.is_nsfw != before.is_nsfw:
        with nsfw.everything(conn):
            for mark in _MARK:
                conn.execute(mark, {"id": root_id, "is_nsfw": after.is_nsfw})
    return after


def remove_root(conn: Connection, root_id: int) -> None:
    """Watch a folder no longer and forget what was found in it. Nothing on the disk is touched.

    Raises:
        RootNotFoundError: there is none with this id.
    """
    if conn.execute(_REMOVE, {"id": root_id}).one_or_none() is None:
        raise RootNotFoundError(f"There is no watched folder {root_id}.")


def _readable_folder(path: str) -> str:
    if not path or "\0" in path:
        raise RootError("Name a folder to watch.")
    shown, native = paths.display(path), Path(paths.to_native(path))
    if not native.is_absolute():
        raise RootError(f"{shown} is no absolute path; write it from the root of the file system.")
    try:
        folder = native.resolve(strict=True)
        os.scandir(folder).close()
    except FileNotFoundError:
        raise RootError(f"There is no folder {shown}; check the path, and that its disk is mounted.") from None
    except NotADirectoryError:
        raise RootError(f"{shown} is a file; name the folder that it lies in.") from None
    except PermissionError:
        raise RootError(f"{shown} may not be read; let the user that Darkroom runs as list this folder.") from None
    except (OSError, RuntimeError) as error:
        raise RootError(f"{shown} cannot be read: {error}.") from None
    return str(folder)


def _must_lie_apart(folder: str, roots: list[Root], *, hides: bool) -> None:
    here, mine = PurePosixPath(folder), paths.display(paths.to_text(folder))
    for root in roots:
        there = PurePosixPath(paths.to_native(root.path))
        shown = "a folder that is hidden" if hides and root.is_nsfw else paths.display(root.path)
        if here == there:
            raise RootError(f"{mine} is watched already.")
        if there in here.parents:
            raise RootError(f"{mine} lies in {shown}, which is watched already.")
        if here in there.parents:
            raise RootError(f"In {mine} lies {shown}, which is watched already; remove that one first.")


def _valid(values: dict[str, Any], folder: PurePosixPath) -> dict[str, Any]:
    if unknown := sorted(values.keys() - DEFAULTS.keys()):
        raise RootError(f"A watched folder has no setting {unknown[0]!r}; it has {_CHOICES}.")
    label = values["label"]
    if label is not None and not isinstance(label, str):
        raise RootError("The label must be text.")
    for name in values.keys() - {"label"}:
        if not isinstance(values[name], bool):
            raise RootError(f"{name} must be true or false.")
    name = paths.display((label or "").strip()) or paths.display(paths.to_text(folder.name or "/"))
    return values | {"label": name}
