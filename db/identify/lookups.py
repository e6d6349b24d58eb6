"""What videos are looked up by, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from db.ledger.events import dump
from db.models.videos import HASHES


@dataclass(frozen=True)
class VideoToIdentify:
    """A video, as far as a stash-box can know it. `hashes` are spelled as `db.models.videos.HASHES`."""

    id: int
    hashes: str | None
    #: Seconds.
    duration: float | None


@dataclass(frozen=True)
class Proposed:
    """One proposal, ready to be kept: see `db.models.identify.IdentifyResult`."""

    remote_id: str
    score: int
    matched_by: Mapping[str, Any]
    proposed: Mapping[str, Any]


@dataclass(frozen=True)
class LookedUp:
    """What came of one video: the hashes it was looked up by, the stash-boxes that were asked, what each proposes.

    `proposed` has an entry, by endpoint, for each stash-box that answered.
    """

    video_id: int
    hashes: str
    asked: Sequence[int]
    proposed: Mapping[str, Sequence[Proposed]]


_LOAD = text(
    f"SELECT id, {HASHES} AS hashes, CASE WHEN probe_revision = revision THEN duration END AS duration"  # noqa: S608
    " FROM videos WHERE id = ANY(:ids)"
)
# What a stash-box no longer proposes, and nobody has decided on, belongs to other hashes.
_FORGET = text(
    """
    DELETE FROM identify_results r
    USING jsonb_to_recordset(CAST(:answered AS jsonb)) AS a(video_id bigint, source text, remote_ids text[])
    WHERE r.video_id = a.video_id AND r.source = a.source AND r.status = 'pending'
      AND r.remote_id IS NOT NULL AND r.remote_id <> ALL (a.remote_ids)
    """
)
_KEEP = text(
    """
    INSERT INTO identify_results AS r (video_id, source, remote_id, score, matched_by, proposed)
    SELECT n.* FROM jsonb_to_recordset(CAST(:new AS jsonb))
        AS n(video_id bigint, source text, remote_id text, score smallint, matched_by jsonb, proposed jsonb)
    JOIN videos v ON v.id = n.video_id
    ORDER BY n.video_id, n.source, n.remote_id
    ON CONFLICT (video_id, source, remote_id)
    DO UPDATE SET score = excluded.score, matched_by = excluded.matched_by, proposed = excluded.proposed
    WHERE r.status = 'pending'
    """
)
# A stash-box that was added or enabled meanwhile was not asked.
_MARK = text(
    """
    UPDATE videos v SET looked_up_by = l.hashes
    FROM jsonb_to_recordset(CAST(:looked_up AS jsonb)) AS l(video_id bigint, hashes text, asked bigint[])
    WHERE v.id = l.video_id AND NOT EXISTS (SELECT FROM stash_boxes b WHERE b.enabled AND b.id <> ALL (l.asked))
    """
)


def videos_to_identify(conn: Connection, ids: Sequence[int]) -> dict[int, VideoToIdentify]:
    """The videos with these ids; those that do not exist are left out."""
    return {row["id"]: VideoToIdentify(**row) for row in conn.execute(_LOAD, {"ids": list(ids)}).mappings()}


def save_lookups(conn: Connection, looked_up: Sequence[LookedUp]) -> None:
    """Keep what was proposed. What somebody has decided on is left as it is."""
    answered = [
        {"video_id": each.video_id, "source": source, "remote_ids": [one.remote_id for one in proposed]}
        for each in looked_up
        for source, proposed in each.proposed.items()
    ]
    new = [
        {"video_id": each.video_id, "source": source, **vars(one)}
        for each in looked_up
        for source, proposed in each.proposed.items()
        for one in proposed
    ]
    marks = [{"video_id": each.video_id, "hashes": each.hashes, "asked": each.asked} for each in looked_up]
    conn.execute(_FORGET, {"answered": dump(answered)})
    conn.execute(_KEEP, {"new": dump(new)})
    conn.execute(_MARK, {"looked_up": dump(marks)})
