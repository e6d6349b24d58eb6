"""Proposals: handed in, listed, accepted or rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, text

from db.ledger.events import dump

Status = Literal["pending", "accepted", "rejected"]


class ResultNotFoundError(LookupError):
    """No identify result has this id, or no video has the one that was named."""


class DecidedError(ValueError):
    """Somebody has decided otherwise before, or the result was applied; the message is one sentence for people."""


@dataclass(frozen=True)
class Result:
    """A proposal of what a video is: see `db.models.identify.IdentifyResult`."""

    id: int
    video_id: int
    video_title: str
    #: Spelled as in `db.paths`.
    video_path: str
    is_nsfw: bool
    source: str
    remote_id: str | None
    score: int
    matched_by: Mapping[str, Any]
    proposed: Mapping[str, Any]
    status: Status
    chosen: Sequence[str] | None
    created_at: datetime
    decided_at: datetime | None
    applied_at: datetime | None


class Place(NamedTuple):
    """Where a page of the list ends."""

    score: int
    id: int


SELECT = """
    SELECT r.id, r.video_id, v.title AS video_title, v.file_path AS video_path, v.is_nsfw, r.source, r.remote_id,
           r.score, r.matched_by, r.proposed, r.status, r.chosen, r.created_at, r.decided_at, r.applied_at
    FROM identify_results r JOIN videos v ON v.id = r.video_id
"""
_GET = text(f"{SELECT} WHERE r.id = :id")
_LIST = text(
    f"""
    {SELECT}
    WHERE (CAST(:status AS text) IS NULL OR r.status = :status)
      AND (CAST(:video_id AS bigint) IS NULL OR r.video_id = :video_id)
      AND (CAST(:after_id AS bigint) IS NULL OR (r.score, r.id) < (:after_score, :after_id))
    ORDER BY r.score DESC, r.id DESC LIMIT :limit
    """
)
_HAND_IN = text(
    """
    INSERT INTO identify_results AS r (video_id, source, remote_id, proposed)
    SELECT id, :source, :remote_id, CAST(:proposed AS jsonb) FROM videos WHERE id = :video_id
    ON CONFLICT (video_id, source, remote_id) DO UPDATE SET proposed = excluded.proposed WHERE r.status = 'pending'
    RETURNING id
    """
)
_VIDEO = text("SELECT FROM videos WHERE id = :id")


def get_result(conn: Connection, result_id: int) -> Result:
    """One proposal.

    Raises:
        ResultNotFoundError: there is none with this id.
    """
    row = conn.execute(_GET, {"id": result_id}).mappings().one_or_none()
    if row is None:
        raise ResultNotFoundError(f"There is no identify result {result_id}.")
    return Result(**row)


def list_results(
    conn: Connection, *, status: Status | None, video_id: int | None, after: Place | None, limit: int
) -> list[Result]:
    """A page of proposals, those that fit best first."""
    score, last = after or (None, None)
    wanted = {"status": status, "video_id": video_id, "after_score": score, "after_id": last, "limit": limit}
    return [Result(**row) for row in conn.execute(_LIST, wanted).mappings()]


def hand_in(
    conn: Connection, *, video_id: int, source: str, remote_id: str | None, proposed: Mapping[str, Any]
) -> Result:
    """Keep a proposal that somebody brings. One that has the same name at the same source is replaced.

    Raises:
        ResultNotFoundError: there is no such video.
        DecidedError: that one was decided on before.
    """
    values = {"video_id": video_id, "source": source, "remote_id": remote_id, "proposed": dump(dict(proposed))}
    result_id = conn.execute(_HAND_IN, values).scalar_one_or_none()
    if result_id is not None:
        return get_result(conn, result_id)
    if conn.execute(_VIDEO, {"id": video_id}).one_or_none() is None:
        raise ResultNotFoundError(f"There is no video {video_id}.")
    raise DecidedError(f"{remote_id} of {source} was decided on for this video before.")
