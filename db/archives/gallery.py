"""The gallery that an archive is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class About:
    """What an archive's file name, and its own description, say of it."""

    #: The title that the file's name gives; a title that equals it is replaced, any other is a person's word.
    plain_title: str
    title: str
    overview: str | None = None
    studio: str | None = None
    tags: Sequence[str] = ()
    performers: Sequence[str] = ()


_GALLERY = text(
    """
    INSERT INTO galleries AS g (library_root_id, kind, archive_id, parent_id, title, overview, is_nsfw)
    SELECT a.library_root_id, 'archive', a.id, above.id, :title, :overview, a.is_nsfw
    FROM archives a LEFT JOIN galleries above ON above.folder_path = regexp_replace(a.file_path, '/[^/]*$', '')
    WHERE a.id = :archive_id
    ON CONFLICT (archive_id) DO UPDATE
    SET title = CASE WHEN g.title = :plain_title AND NOT g.organized THEN excluded.title ELSE g.title END,
        overview = coalesce(g.overview, excluded.overview)
    RETURNING g.id
    """
)
_COUNT = text(
    """
    UPDATE galleries g
    SET image_count = (SELECT count(*) FROM images i WHERE i.archive_id = g.archive_id AND i.missing_since IS NULL)
    WHERE archive_id = :archive_id
    """
)
# Words are made in the order of the index, so that two jobs that bring the same never wait for each other in a circle.
_MAKE = """
    INSERT INTO {table} (name)
    SELECT DISTINCT ON (lower(name)) name FROM unnest(CAST(:names AS text[])) name ORDER BY lower(name)
    ON CONFLICT (lower(name)) DO NOTHING
"""
_LINK = """
    INSERT INTO {links} (gallery_id, {word}_id)
    SELECT DISTINCT CAST(:gallery_id AS bigint), w.id
    FROM unnest(CAST(:names AS text[])) AS said(word) JOIN {table} w ON lower(w.name) = lower(said.word)
    WHERE NOT EXISTS (SELECT FROM {links} WHERE gallery_id = :gallery_id)
"""
_STUDIO = (
    text(_MAKE.format(table="studios")),
    text(
        """
        UPDATE galleries SET studio_id = (SELECT id FROM studios WHERE lower(name) = lower((CAST(:names AS text[]))[1]))
        WHERE id = :gallery_id AND studio_id IS NULL
        """
    ),
)
_TAGS, _PERFORMERS = (
    tuple(text(part.format(table=f"{word}s", links=f"gallery_{word}s", word=word)) for part in (_MAKE, _LINK))
    for word in ("tag", "performer")
)


def save(conn: Connection, archive_id: int, about: About) -> int:
    """Make the archive's gallery, or fill in what it has not: returns its id."""
    gallery = {"plain_title": about.plain_title, "title": about.title, "overview": about.overview}
    gallery_id: int = conn.execute(_GALLERY, {"archive_id": archive_id, **gallery}).scalar_one()
    studios = [about.studio] if about.studio else []
    for statements, names in ((_STUDIO, studios), (_TAGS, about.tags), (_PERFORMERS, about.performers)):
        for statement in statements if names else ():
            conn.execute(statement, {"gallery_id": gallery_id, "names": list(names)})
    return gallery_id


def count(conn: Connection, archive_id: int) -> None:
    """Count the pictures that are there."""
    conn.execute(_COUNT, {"archive_id": archive_id})
