"""The adaptive sets: who asked for one, which are there, which are too old or too many to stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, text

from db.ledger.events import dump
from db.library_settings import Settings
from db.results import File

QUEUE = "hls-transcode"
GIGABYTE = 1_000_000_000

#: A job of the queue that has not ended, of the video that `{id}` names.
_AT_WORK = f"""
    SELECT FROM job_runs WHERE queue_name = '{QUEUE}' AND target_type = 'video' AND target_id = CAST({{id}} AS text)
    AND status IN ('queued', 'running')
"""

State = Literal["ready", "queued", "running", "failed", "cancelled", "stale", "none"]


class NotNowError(ValueError):
    """The set cannot be had now; the message is a sentence for people."""


@dataclass(frozen=True)
class Standing:
    """How it stands with one video's set. `file_path` is spelled as in `db.paths`."""

    video_id: int
    file_path: str
    is_nsfw: bool
    missing: bool
    #: Somebody asked for it, and it has not been forgotten since.
    asked: bool
    #: It was made from what is in the file now.
    fresh: bool
    #: Its master playlist, relative to the cache folder.
    path: str | None
    bytes: int | None
    made: Mapping[str, Any] | None
    last_used_at: datetime | None
    #: The queue's unfinished job for this video, else its last one.
    job_id: int | None
    job_status: Literal["queued", "running", "completed", "failed", "cancelled"] | None
    job_progress: int | None
    job_error: str | None

    @property
    def state(self) -> State:
        """`ready`; the state of its job; `stale`: made of what the file no longer is, or lost; `none`."""
        if self.fresh:
            return "ready"
        if not self.asked:
            return "none"
        return "stale" if self.job_status is None or self.job_status == "completed" else self.job_status

    @property
    def is_being_made(self) -> bool:
        """Whether a job of the queue is at it, or will be."""
        return self.job_status in {"queued", "running"}


_FIND = text(
    """
    SELECT v.id AS video_id, v.file_path, v.is_nsfw, v.missing_since IS NOT NULL AS missing,
           s.video_id IS NOT NULL AS asked, coalesce(s.revision = v.revision, false) AS fresh,
           s.path, s.bytes, s.renditions AS made, s.last_used_at,
           j.id AS job_id, j.status AS job_status, j.progress AS job_progress, j.error AS job_error
    FROM videos v
    LEFT JOIN hls_sets s ON s.video_id = v.id
    LEFT JOIN LATERAL (
        SELECT id, status, progress, error FROM job_runs
        WHERE queue_name = :queue AND target_type = 'video' AND target_id = CAST(v.id AS text)
        ORDER BY status IN ('queued', 'running') DESC, id DESC LIMIT 1
    ) j ON true
    WHERE v.id = :id
    """
)
_ASK = text(
    """
    INSERT INTO hls_sets (video_id) SELECT id FROM videos WHERE id = ANY(:ids)
    ON CONFLICT (video_id) DO UPDATE SET requested_at = now(), last_used_at = now()
    """
)
_USE = text(
    """
    WITH touched AS (
        UPDATE hls_sets SET last_used_at = now() WHERE video_id = :id AND last_used_at < now() - interval '1 minute'
    )
    SELECT s.path, s.revision = v.revision AS fresh
    FROM hls_sets s JOIN videos v ON v.id = s.video_id WHERE s.video_id = :id AND s.path IS NOT NULL
    """
)
_FORGET = text("DELETE FROM hls_sets WHERE video_id = :id RETURNING path, bytes")
_UNMAKE = "UPDATE hls_sets s SET revision = NULL, path = NULL, bytes = NULL, renditions = NULL"
_UNMAKE_ONE = text(f"{_UNMAKE} WHERE video_id = :id")


def find(conn: Connection, video_id: int) -> Standing | None:
    """How it stands; None where there is no such video."""
    row = conn.execute(_FIND, {"id": video_id, "queue": QUEUE}).mappings().one_or_none()
    return Standing(**row) if row else None


def ask(conn: Connection, video_ids: Sequence[int]) -> None:
    """Take note that somebody wants these videos' sets. Ids that do not exist are left out."""
    conn.execute(_ASK, {"ids": list(video_ids)})


def use(conn: Connection, video_id: int) -> str | None:
    """The path of the set that is played now; None where there is none. Its use is noted once a minute.

    Raises:
        NotNowError: the video's file has changed since.
    """
    row = conn.execute(_USE, {"id": video_id}).one_or_none()
    if row and not row.fresh:
        raise NotNowError("The video's file has changed since this set was made. Ask for the set again.")
    return str(row.path) if row else None


def forget(conn: Connection, video_id: int) -> tuple[str | None, int]:
    """Nobody wants this set any more; the path and the bytes of what was made of it."""
    row = conn.execute(_FORGET, {"id": video_id}).one_or_none()
    return (row.path, row.bytes or 0) if row else (None, 0)


def unmake(conn: Connection, video_id: int) -> None:
    """The files of this set are gone: it must be made again."""
    conn.execute(_UNMAKE_ONE, {"id": video_id})


_LOAD = text(
    """
    SELECT v.id, file_path, file_size, file_mtime_ns, v.revision, is_nsfw, missing_since IS NOT NULL AS missing
    FROM videos v JOIN hls_sets s ON s.video_id = v.id WHERE v.id = ANY(:ids)
    """
)
_SAVE = text(
    """
    UPDATE hls_sets s
    SET revision = r.revision, path = r.path, bytes = r.bytes, renditions = r.renditions, last_used_at = now()
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r(id bigint, revision int, path text, bytes bigint, renditions jsonb)
    JOIN videos v ON v.id = r.id AND v.revision = r.revision
    WHERE s.video_id = r.id
    RETURNING s.video_id
    """
)


def load(conn: Connection, video_ids: Sequence[int]) -> dict[int, File]:
    """The files of these videos whose sets somebody wants, by id."""
    return {row["id"]: File(**row) for row in conn.execute(_LOAD, {"ids": list(video_ids)}).mappings()}


def save(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Write what was made; returns the videos that took it: not those that changed, or whose sets were forgotten."""
    return set(conn.execute(_SAVE, {"rows": dump(list(rows))}).scalars()) if rows else set()


_UNMAKE_STALE = text(
    f"""
    {_UNMAKE} FROM videos v
    WHERE v.id = s.video_id AND s.revision <> v.revision AND NOT EXISTS ({_AT_WORK.format(id="s.video_id")})
    """
)
# The set that was used last stays, however large it is: it would only be made again.
_EXPIRE = text(
    f"""
    DELETE FROM hls_sets s
    WHERE NOT EXISTS ({_AT_WORK.format(id="s.video_id")}) AND (
        last_used_at < now() - make_interval(days => :days)
        OR video_id IN (
            SELECT video_id FROM (
                SELECT video_id, sum(bytes) OVER latest_first AS together, row_number() OVER latest_first AS place
                FROM hls_sets WHERE path IS NOT NULL
                WINDOW latest_first AS (ORDER BY last_used_at DESC, video_id DESC)
            ) AS made
            WHERE together > :bytes AND place > 1
        ))
    """  # noqa: S608
)
_KEPT = text(
    """
    SELECT ARRAY(SELECT path FROM hls_sets WHERE path IS NOT NULL) AS paths,
           ARRAY(SELECT target_id FROM job_runs
                 WHERE queue_name = :queue AND target_type = 'video' AND status IN ('queued', 'running')) AS at_work
    """
)


def expire(conn: Connection, bounds: Settings) -> None:
    """Forget the sets that were not used for long, and of the others those used longest ago that are too much.

    Stale ones are wanted still, but their files are not. None is touched that is being made.
    """
    conn.execute(_UNMAKE_STALE)
    conn.execute(_EXPIRE, {"days": bounds.hls_keep_days, "bytes": bounds.hls_keep_gigabytes * GIGABYTE})


def kept(conn: Connection) -> tuple[set[str], set[str]]:
    """The paths of all sets, and the ids of the videos (as text) whose sets are being made, at one instant."""
    row = conn.execute(_KEPT, {"queue": QUEUE}).one()
    return set(row.paths), set(row.at_work)
