"""Audio libraries and the tracks in them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

from db.catalogue.paging import FEW, MOST, Listing, Order, Page, Total, Wanted, by_ids, count, page
from db.catalogue.tree import TreeFilter
from db.models.audio import TRACK_WORDS

#: How many tracks are on a page.
TRACKS = 100

ORDERS = {
    "title": Order("(t.title COLLATE natural_order)"),
    "newest": Order("t.id", descending=True),
}
# Covers of the folder itself, else of the folders in it: see `db.catalogue.galleries`.
_CARDS = Listing(
    """
    t.id, t.title, t.track_count, t.created_at, t.rating, t.folder_path AS path,
    c.cover_id, c.cover_path, c.cover_made_from, l.seconds,
    (SELECT count(*) FROM audio_libraries a WHERE a.parent_id = t.id) AS libraries
    """,
    "audio_libraries",
    """
    LEFT JOIN LATERAL (
        WITH RECURSIVE below AS (
            SELECT t.id, t.cover_path, t.cover_made_from
            UNION ALL SELECT a.id, a.cover_path, a.cover_made_from
            FROM audio_libraries a JOIN below ON a.parent_id = below.id
        )
        SELECT id AS cover_id, cover_path, cover_made_from FROM below WHERE cover_path IS NOT NULL LIMIT 1
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT sum(duration) AS seconds FROM audio_tracks WHERE audio_library_id = t.id AND missing_since IS NULL
    ) l ON true
    """,
)
_TRACK_CARDS = Listing("t.id, t.title, t.artist, t.duration, t.cover_path, t.updated_at", "audio_tracks")
_HOLDS = f"""
    (t.title ILIKE :text OR t.id IN (
        SELECT audio_library_id FROM audio_tracks WHERE {TRACK_WORDS} ILIKE :text AND missing_since IS NULL))
"""  # noqa: S608  (constants)
_HAS_SOMETHING = "(t.track_count > 0 OR EXISTS (SELECT FROM audio_libraries a WHERE a.parent_id = t.id))"
_ONE = text("""
    SELECT id, title, folder_path AS path, rating, track_count, parent_id, cover_path, cover_made_from,
           (SELECT sum(duration) FROM audio_tracks WHERE audio_library_id = a.id AND missing_since IS NULL) AS seconds
    FROM audio_libraries a WHERE id = :id
""")
_TRACKS = text("""
    SELECT id, title, artist, disc_number, track_number, duration, waveform_path, updated_at,
           (SELECT count(*) FROM audio_chapters c WHERE c.audio_track_id = t.id) AS chapters
    FROM audio_tracks t WHERE audio_library_id = :id AND missing_since IS NULL
    ORDER BY disc_number, track_number, file_path COLLATE natural_order, id LIMIT :limit OFFSET :offset
""")
_TRACK = text("""
    SELECT t.id, t.title, t.file_path, t.file_size, t.missing_since, t.duration, t.bit_rate, t.sample_rate, t.channels,
           t.codec, t.container, t.artist, t.album_artist, t.album, t.narrator, t.track_number, t.disc_number, t.year,
           t.description, t.asin, t.isbn, t.cover_path, t.waveform_path, t.checksum_md5, t.oshash, t.chromaprint,
           t.revision, t.probe_revision, t.updated_at, t.audio_library_id, a.title AS library, s.name AS studio
    FROM audio_tracks t LEFT JOIN audio_libraries a ON a.id = t.audio_library_id
    LEFT JOIN studios s ON s.id = t.studio_id WHERE t.id = :id
""")
_CHAPTERS = text("""
    SELECT position, starts_at, ends_at, title FROM audio_chapters WHERE audio_track_id = :id ORDER BY position
""")


def audio_libraries(conn: Connection, wanted: TreeFilter) -> tuple[Page, Total]:
    """A page of cards of libraries that hold something, and how many there are on all pages."""
    asked = _asked(wanted)
    return page(conn, _CARDS, asked), count(conn, _CARDS, asked, FEW if wanted.text else MOST)


def track_cards(conn: Connection, ids: Sequence[int]) -> dict[int, RowMapping]:
    """The cards of these tracks, by id."""
    return by_ids(conn, _TRACK_CARDS, ids)


def audio_library(conn: Connection, library_id: int) -> RowMapping | None:
    """One library, or None."""
    return conn.execute(_ONE, {"id": library_id}).mappings().one_or_none()


def tracks(conn: Connection, library_id: int, number: int) -> Sequence[RowMapping]:
    """The tracks of a library that are there, by disc and number: the page of this number, from 1 on."""
    place = {"id": library_id, "limit": TRACKS, "offset": (number - 1) * TRACKS}
    return conn.execute(_TRACKS, place).mappings().all()


def track(conn: Connection, track_id: int) -> RowMapping | None:
    """One track, or None."""
    return conn.execute(_TRACK, {"id": track_id}).mappings().one_or_none()


def chapters(conn: Connection, track_id: int) -> Sequence[RowMapping]:
    """The chapters of a track, in order."""
    return conn.execute(_CHAPTERS, {"id": track_id}).mappings().all()


def _asked(wanted: TreeFilter) -> Wanted:
    conditions, values = wanted.conditions(_HOLDS)
    return wanted.page([_HAS_SOMETHING, *conditions], values, ORDERS[wanted.sort])
