"""Galleries and the pictures in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

from db.catalogue.paging import FEW, MOST, Listing, Order, Page, Total, Wanted, by_ids, count, page
from db.catalogue.tree import TreeFilter
from db.catalogue.words import WORDS, carries

ORDERS = {
    "title": Order("(t.title COLLATE natural_order)"),
    "newest": Order("t.id", descending=True),
    "largest": Order("t.image_count", descending=True),
}
#: Pages are read in the order of their numbers.
_IN_ORDER = Order("(t.file_path COLLATE natural_order)")

# The first picture of the gallery itself, else of the galleries in it, the nearest first: rows of a recursive query
# come in that order, and no more are made than are asked for.
_COVER = """
    LEFT JOIN LATERAL (
        WITH RECURSIVE below AS (
            SELECT t.id UNION ALL SELECT g.id FROM galleries g JOIN below ON g.parent_id = below.id
        )
        SELECT i.* FROM below, LATERAL (
            SELECT id AS cover_id, thumbnail_path, updated_at FROM images
            WHERE gallery_id = below.id AND missing_since IS NULL AND thumbnail_path IS NOT NULL
            ORDER BY file_path COLLATE natural_order LIMIT 1
        ) i LIMIT 1
    ) c ON true
"""
_CARDS = Listing(
    """
    t.id, t.title, t.kind, t.image_count, t.created_at, t.rating, c.cover_id, c.thumbnail_path, c.updated_at,
    coalesce(t.folder_path, (SELECT a.file_path FROM archives a WHERE a.id = t.archive_id)) AS path,
    (SELECT count(*) FROM galleries g WHERE g.parent_id = t.id) AS galleries
    """,
    "galleries",
    _COVER,
)
_HAS_SOMETHING = "(t.image_count > 0 OR EXISTS (SELECT FROM galleries g WHERE g.parent_id = t.id))"
_PICTURES = Listing(
    "t.id, t.title, t.width, t.height, t.is_animated, t.thumbnail_path, t.preview_path, t.updated_at", "images"
)
_ONE = text("""
    SELECT g.id, g.title, g.kind, coalesce(g.folder_path, a.file_path) AS path, g.overview, g.rating, g.image_count,
           g.parent_id, g.archive_id, s.name AS studio, a.missing_since
    FROM galleries g LEFT JOIN archives a ON a.id = g.archive_id LEFT JOIN studios s ON s.id = g.studio_id
    WHERE g.id = :id
""")
_OF_ARCHIVE = text("SELECT id FROM galleries WHERE archive_id = :id ORDER BY id LIMIT 1")
_PICTURE = text("""
    SELECT i.id, i.title, i.file_path, i.file_size, i.missing_since, i.width, i.height, i.format, i.is_animated,
           i.thumbnail_path, i.preview_path, i.updated_at, i.revision, i.thumbnail_revision, i.checksum_md5, i.oshash,
           i.phash, i.rating, i.gallery_id, i.archive_id, g.title AS gallery, s.name AS studio
    FROM images i LEFT JOIN galleries g ON g.id = i.gallery_id LEFT JOIN studios s ON s.id = i.studio_id
    WHERE i.id = :id
""")
_NEIGHBOUR = """
    SELECT id FROM images
    WHERE gallery_id = :gallery AND missing_since IS NULL
      AND (file_path COLLATE natural_order, id) {beyond} (:path, :id)
    ORDER BY file_path COLLATE natural_order {direction}, id {direction} LIMIT 1
"""
_BEFORE, _BEHIND = (
    text(_NEIGHBOUR.format(beyond=beyond, direction=direction)) for beyond, direction in (("<", "DESC"), (">", "ASC"))
)


@dataclass(frozen=True, kw_only=True)
class GalleryFilter(TreeFilter):
    """Which galleries are looked for."""

    tag: str = ""
    performer: str = ""
    studio: str = ""

    @property
    def looks(self) -> bool:
        """Whether they are looked for wherever they lie."""
        return bool(self.text or self.tag or self.performer or self.studio)


def galleries(conn: Connection, wanted: GalleryFilter) -> tuple[Page, Total]:
    """A page of cards of galleries that hold something, and how many there are on all pages."""
    asked = _asked(wanted)
    return page(conn, _CARDS, asked), count(conn, _CARDS, asked, FEW if wanted.text else MOST)


def cards(conn: Connection, ids: Sequence[int]) -> dict[int, RowMapping]:
    """The cards of these galleries, by id."""
    return by_ids(conn, _CARDS, ids)


def picture_cards(conn: Connection, ids: Sequence[int]) -> dict[int, RowMapping]:
    """The cards of these pictures, by id."""
    return by_ids(conn, _PICTURES, ids)


def gallery(conn: Connection, gallery_id: int) -> RowMapping | None:
    """One gallery, or None."""
    return conn.execute(_ONE, {"id": gallery_id}).mappings().one_or_none()


def of_archive(conn: Connection, archive_id: int) -> int | None:
    """The gallery that an archive is, or None."""
    found: int | None = conn.scalar(_OF_ARCHIVE, {"id": archive_id})
    return found


def pictures(conn: Connection, gallery_id: int, *, after: int | None = None, before: int | None = None) -> Page:
    """A page of the pictures in a gallery that are there."""
    conditions = ["t.gallery_id = :gallery", "t.missing_since IS NULL"]
    return page(conn, _PICTURES, Wanted(conditions, {"gallery": gallery_id}, _IN_ORDER, after, before))


def picture(conn: Connection, image_id: int) -> RowMapping | None:
    """One picture, or None."""
    return conn.execute(_PICTURE, {"id": image_id}).mappings().one_or_none()


def neighbours(conn: Connection, row: RowMapping) -> tuple[int | None, int | None]:
    """The pictures before and behind this one in its gallery."""
    place = {"gallery": row["gallery_id"], "path": row["file_path"], "id": row["id"]}
    return conn.scalar(_BEFORE, place), conn.scalar(_BEHIND, place)


def _asked(wanted: GalleryFilter) -> Wanted:
    conditions, values = wanted.conditions("t.title ILIKE :text")
    for word in WORDS:
        if name := getattr(wanted, word):
            conditions.append(carries("gallery", word))
            values[word] = name
    return wanted.page([_HAS_SOMETHING, *conditions], values, ORDERS[wanted.sort])
