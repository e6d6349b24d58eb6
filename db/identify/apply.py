"""Writing an accepted proposal into the library: all that was chosen of it, in one transaction, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class ToApply:
    """An accepted proposal."""

    id: int
    video_id: int
    source: str
    #: What was chosen of it, by field.
    chosen: Mapping[str, Any]
    applied: bool
    #: Whether a stash-box is configured at its source, so that pictures may come from there, wherever that is.
    trusted: bool


_CHOSEN = """
    coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(r.proposed) WHERE key = ANY(r.chosen)), '{}')
"""
_LOAD = text(
    f"""
    SELECT r.id, r.video_id, r.source, {_CHOSEN} AS chosen, r.applied_at IS NOT NULL AS applied,
           EXISTS (SELECT FROM stash_boxes b WHERE b.endpoint = r.source) AS trusted
    FROM identify_results r WHERE r.id = ANY(:ids) AND r.status = 'accepted'
    """  # noqa: S608  (constants)
)
_TAKE = text(
    f"""
    UPDATE identify_results r SET applied_at = now()
    WHERE r.id = :id AND r.status = 'accepted' AND r.applied_at IS NULL
    RETURNING r.video_id, r.source, r.remote_id, {_CHOSEN} AS chosen
    """  # noqa: S608
)
_VIDEO = text(
    """
    UPDATE videos
    SET title = coalesce(:title, title), released = coalesce(CAST(:date AS date), released),
        overview = coalesce(:details, overview),
        urls = coalesce((SELECT array_agg(url ORDER BY first) FROM (
            SELECT url, min(n) AS first FROM unnest(urls || CAST(:urls AS text[])) WITH ORDINALITY AS u(url, n)
            GROUP BY url) AS each), '{}'),
        custom_thumbnail_path = coalesce(:picture, custom_thumbnail_path), updated_at = now()
    WHERE id = :id
    """
)
_STUDIO = (
    text("INSERT INTO studios (name) VALUES (:name) ON CONFLICT (lower(name)) DO NOTHING"),
    # An episode is of its series' studio.
    text(
        """
        UPDATE video_series SET studio_id = (SELECT id FROM studios WHERE lower(name) = lower(:name))
        WHERE id = (SELECT s.series_id FROM video_episodes e JOIN video_seasons s ON s.id = e.season_id
                    WHERE e.video_id = :id)
        """
    ),
    text(
        """
        UPDATE videos SET studio_id = (SELECT id FROM studios WHERE lower(name) = lower(:name))
        WHERE id = :id AND kind <> 'episode'
        """
    ),
)
# In the order of the index, and tags before performers as scans do it, so that two that bring the same words never
# wait for each other in a circle.
_MAKE = """
    INSERT INTO {words} (name)
    SELECT DISTINCT ON (lower(name)) name FROM unnest(CAST(:names AS text[])) AS name ORDER BY lower(name)
    ON CONFLICT (lower(name)) DO NOTHING
"""
_LINK = """
    INSERT INTO video_{words} (video_id, {word}_id)
    SELECT :id, id FROM {words} WHERE lower(name) IN (SELECT lower(n) FROM unnest(CAST(:names AS text[])) AS n)
    ON CONFLICT DO NOTHING
"""
_WORDS = {
    f"{word}s": tuple(text(statement.format(word=word, words=f"{word}s")) for statement in (_MAKE, _LINK))
    for word in ("tag", "performer")
}
_KNOWN_AS = text(
    """
    INSERT INTO video_external_ids (video_id, source, remote_id) VALUES (:id, :source, :remote_id)
    ON CONFLICT (video_id, source) DO UPDATE SET remote_id = excluded.remote_id
    """
)


def results_to_apply(conn: Connection, ids: Sequence[int]) -> dict[int, ToApply]:
    """The accepted proposals with these ids; all others are left out."""
    return {row["id"]: ToApply(**row) for row in conn.execute(_LOAD, {"ids": list(ids)}).mappings()}


def apply_result(conn: Connection, result_id: int, picture: str | None) -> bool:
    """Write what was chosen of a proposal, with its picture, relative to the cache; False when that was done before."""
    taken = conn.execute(_TAKE, {"id": result_id}).one_or_none()
    if taken is None:
        return False
    video, chosen = {"id": taken.video_id}, taken.chosen
    values = {name: chosen.get(name) for name in ("title", "date", "details")}
    conn.execute(_VIDEO, video | values | {"urls": chosen.get("urls", []), "picture": picture})
    for statement in _STUDIO if "studio" in chosen else ():
        conn.execute(statement, video | {"name": chosen["studio"]})
    for words, statements in _WORDS.items():
        for statement in statements if words in chosen else ():
            conn.execute(statement, video | {"names": chosen[words]})
    if taken.remote_id is not None:
        conn.execute(_KNOWN_AS, video | {"source": taken.source, "remote_id": taken.remote_id})
    return True
