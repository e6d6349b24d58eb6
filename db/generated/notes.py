"""What Darkroom has put beside videos: see `db.models.generated`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.generated.videos import FILES
from db.ledger.events import dump


@dataclass(frozen=True)
class Noted:
    """A file that was put beside a video."""

    path: str
    file_size: int
    file_mtime_ns: int
    video_id: int


_NOTE = text("""
    INSERT INTO files_beside (path, file_size, file_mtime_ns, video_id)
    SELECT path, file_size, file_mtime_ns, :id
    FROM jsonb_to_recordset(CAST(:files AS jsonb)) AS f(path text, file_size bigint, file_mtime_ns bigint)
    ON CONFLICT (path, file_size, file_mtime_ns) DO UPDATE SET video_id = excluded.video_id, noted_at = now()
""")
_NOTED = text("SELECT path, file_size, file_mtime_ns, video_id FROM files_beside WHERE path = ANY(:paths)")
_NAMED = ", ".join(f"v.{column}" for column in FILES)
_UNNAMED = text(f"""
    SELECT path, file_size, file_mtime_ns, video_id FROM files_beside f
    WHERE (path, file_size, file_mtime_ns) > (:path, :size, :mtime_ns)
      AND noted_at < now() - make_interval(secs => :age)
      AND NOT EXISTS (SELECT FROM videos v WHERE v.id = f.video_id AND f.path IN ({_NAMED}))
    ORDER BY path, file_size, file_mtime_ns LIMIT :limit
""")  # noqa: S608
_FORGET = text("""
    DELETE FROM files_beside f
    USING jsonb_to_recordset(CAST(:files AS jsonb)) AS g(path text, file_size bigint, file_mtime_ns bigint)
    WHERE f.path = g.path AND f.file_size = g.file_size AND f.file_mtime_ns = g.file_mtime_ns
""")
# A file that was made anew has two notes from before it appeared; once it is there, the older says nothing.
_FORGET_OLDER = text("""
    DELETE FROM files_beside f USING files_beside g
    WHERE g.path = f.path AND g.noted_at > f.noted_at AND g.noted_at < now() - make_interval(secs => :age)
""")


def note(conn: Connection, video_id: int, files: Iterable[tuple[str, int, int]]) -> None:
    """Write down what is about to appear beside a video: path, bytes, and the time in nanoseconds."""
    rows = [{"path": path, "file_size": size, "file_mtime_ns": mtime_ns} for path, size, mtime_ns in files]
    conn.execute(_NOTE, {"id": video_id, "files": dump(rows)})


def noted(conn: Connection, beside: Iterable[str]) -> list[Noted]:
    """What was written down of files at these paths."""
    return [Noted(**row) for row in conn.execute(_NOTED, {"paths": list(beside)}).mappings()]


def unnamed(conn: Connection, after: Noted | None, *, age: float, limit: int) -> list[Noted]:
    """What was put beside videos longer than `age` seconds ago and is named by no row now, a page behind `after`."""
    place = {"path": "", "size": 0, "mtime_ns": 0}
    if after:
        place = {"path": after.path, "size": after.file_size, "mtime_ns": after.file_mtime_ns}
    return [Noted(**row) for row in conn.execute(_UNNAMED, {**place, "age": age, "limit": limit}).mappings()]


def forget(conn: Connection, files: Sequence[Noted]) -> None:
    """These are no longer Darkroom's, or no longer there."""
    if files:
        conn.execute(_FORGET, {"files": dump([vars(file) for file in files])})


def forget_older(conn: Connection, *, age: float) -> None:
    """Keep of each path only what was written down last, where that was longer than `age` seconds ago."""
    conn.execute(_FORGET_OLDER, {"age": age})
