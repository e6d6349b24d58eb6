"""What a probe of audio tracks says beyond the columns of its row: titles, chapters, words, the library's cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from db.ledger.events import dump


@dataclass(frozen=True)
class Library:
    """A folder of tracks, and the picture in it that shows it, as the last scan saw it."""

    id: int
    #: Spelled as in `db.paths`.
    cover_source: str | None
    cover_signature: str | None
    #: Whether the library has a cover that was made of something else.
    cover_is_due: bool


@dataclass(frozen=True)
class Cover:
    """The cover that a library has from now on: a job's (`made`), that of a track, relative to the cache, or none."""

    library_id: int
    made: bool
    of_track: str | None


_LIBRARIES = text(
    """
    SELECT id, cover_source, cover_signature, cover_made_from IS DISTINCT FROM cover_signature AS due
    FROM audio_libraries WHERE id = ANY(:ids)
    """
)

# A title that is no longer the one of the file's name is a person's word.
_TITLES = text(
    """
    UPDATE audio_tracks t SET title = r.title
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, title text, plain_title text)
    WHERE t.id = r.id AND t.title = r.plain_title AND NOT t.organized AND r.title <> ''
    """
)
_FORGET_CHAPTERS = text("DELETE FROM audio_chapters WHERE audio_track_id = ANY(:ids)")
_CHAPTERS = text(
    """
    INSERT INTO audio_chapters (audio_track_id, position, starts_at, ends_at, title)
    SELECT r.id, c.position, (c.chapter->>'start')::float8, (c.chapter->>'end')::float8, c.chapter->>'title'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, chapters jsonb),
         jsonb_array_elements(r.chapters) WITH ORDINALITY AS c(chapter, position)
    """
)
_SAID = """
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, {word}s jsonb),
         jsonb_array_elements_text(r.{word}s) AS said(name)
"""
# In the order of the index, and tags before performers as scans do it, so that two jobs that bring the same words never
# wait for each other in a circle.
_MAKE_WORDS = """
    INSERT INTO {word}s (name) SELECT DISTINCT ON (lower(said.name)) said.name {said} ORDER BY lower(said.name)
    ON CONFLICT (lower(name)) DO NOTHING
"""
# A track that carries some has them from an earlier probe, or from a person.
_LINK_WORDS = """
    INSERT INTO track_{word}s (track_id, {word}_id)
    SELECT DISTINCT r.id, known.id {said} JOIN {word}s known ON lower(known.name) = lower(said.name)
    WHERE NOT EXISTS (SELECT FROM track_{word}s l WHERE l.track_id = r.id)
    ON CONFLICT DO NOTHING
"""
_WORDS = tuple(
    text(statement.format(word=word, said=_SAID.format(word=word)))
    for word in ("tag", "performer")
    for statement in (_MAKE_WORDS, _LINK_WORDS)
)

# Of all jobs that have something to say of a library's cover, this decides which one is heard: the picture is still the
# one that the job saw, and the library's cover is of another one, or there is none. The row stays locked until the
# decision is written, so that no other job touches the file meanwhile.
_COVERS = text(
    """
    WITH due AS (
        SELECT l.id, r.made, t.cover_path AS of_track
        FROM (
            SELECT library_id, signature, bool_or(made) AS made
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(library_id bigint, signature text, made boolean)
            GROUP BY library_id, signature
        ) r
        JOIN audio_libraries l ON l.id = r.library_id AND l.cover_signature IS NOT DISTINCT FROM r.signature
        LEFT JOIN LATERAL (
            SELECT t.cover_path FROM audio_tracks t
            WHERE t.audio_library_id = l.id AND t.cover_path IS NOT NULL AND t.missing_since IS NULL
            ORDER BY t.disc_number, t.track_number, t.file_path COLLATE natural_order LIMIT 1
        ) t ON true
        WHERE l.cover_made_from IS DISTINCT FROM l.cover_signature
           OR (l.cover_path IS NULL AND (r.made OR t.cover_path IS NOT NULL))
        ORDER BY l.id
        FOR UPDATE OF l
    )
    UPDATE audio_libraries l
    SET cover_made_from = l.cover_signature,
        cover_path = CASE WHEN due.made OR due.of_track IS NOT NULL THEN 'audio-libraries/' || l.id || '/cover.jpg' END
    FROM due WHERE l.id = due.id
    RETURNING l.id, due.made, due.of_track
    """
)
_NO_COVERS = text("UPDATE audio_libraries SET cover_path = NULL, cover_made_from = NULL WHERE id = ANY(:ids)")


def load_libraries(conn: Connection, ids: Sequence[int]) -> dict[int, Library]:
    """The libraries with these ids, by id."""
    return {row.id: Library(*row) for row in conn.execute(_LIBRARIES, {"ids": list(ids)})}


def save_probes(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what the tags of tracks say.

    Each row has the track's `id`, its `title` by its tags and its `plain_title` by its file's name, `chapters` (each
    with `start` and `end` in seconds, and `title`), and the names of its `tags` and `performers`.
    """
    if not rows:
        return
    conn.execute(_FORGET_CHAPTERS, {"ids": [row["id"] for row in rows]})
    for statement in (_TITLES, _CHAPTERS, *_WORDS):
        conn.execute(statement, {"rows": dump(list(rows))})


def decide_covers(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Cover]:
    """Decide which covers libraries have from now on; the files are to be put there in the same transaction.

    Each row has a `library_id`, the `signature` of the picture in its folder that the job saw, and whether the job has
    `made` a cover of it.
    """
    if not rows:
        return []
    return [Cover(*row) for row in conn.execute(_COVERS, {"rows": dump(list(rows))})]


def forget_covers(conn: Connection, ids: Sequence[int]) -> None:
    """Take back that these libraries have a cover: the file of it is gone."""
    if ids:
        conn.execute(_NO_COVERS, {"ids": list(ids)})
