"""Videos as a library shows them: pages of cards, and one video whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from db import library_settings
from db.catalogue.paging import FEW, MOST, Listing, Order, Page, Total, Wanted, by_ids, contains, count, page
from db.catalogue.words import WORDS, carries
from db.results import RESULTS

#: How a list can be sorted, by the words of its address.
ORDERS = {
    "newest": Order("t.id", descending=True),
    "title": Order("(t.title COLLATE natural_order)"),
    "longest": Order("coalesce(t.duration, -1)", descending=True),
    "largest": Order("t.file_size", descending=True),
}
#: What a video can lack, and the queue that makes it.
LACKS = {
    "probe": "media-probe",
    "fingerprint": "fingerprint",
    "preview": "preview",
    "subtitles": "extract-subtitles",
}
KINDS = ("movie", "episode")

_CARD = """
    t.id, t.title, t.kind, t.duration, t.width, t.height, t.updated_at, t.probe_revision, t.revision,
    t.file_size, t.file_path, t.codec, t.created_at,
    t.custom_thumbnail_path, t.card_thumbnail_path,
    t.preview_path, t.sprite_path, t.trickplay_vtt_path, m.year, e.episode_number, n.season_number,
    coalesce(s.custom_name, s.title) AS series
"""
_JOINS = """
    LEFT JOIN video_movies m ON m.video_id = t.id
    LEFT JOIN video_episodes e ON e.video_id = t.id
    LEFT JOIN video_seasons n ON n.id = e.season_id
    LEFT JOIN video_series s ON s.id = n.series_id
"""
_CARDS = Listing(_CARD, "videos", _JOINS)

_ONE = text(f"""
    SELECT {_CARD}, t.library_root_id, t.missing_since, t.overview, t.rating, t.released,
           t.urls, t.organized, t.is_nsfw, t.frame_rate, t.bit_rate, t.container, t.audio_codec,
           t.checksum_md5, t.oshash, t.phash, t.thumbnail_path, t.fingerprint_revision, t.subtitles_revision,
           w.name AS studio
    FROM videos t {_JOINS} LEFT JOIN studios w ON w.id = t.studio_id WHERE t.id = :id
""")  # noqa: S608  (constants)
_SUBTITLES = text("""
    SELECT id, source, source_key, language, label, source_format, storage_path, original_path, is_default
    FROM video_subtitles WHERE video_id = :id ORDER BY source, source_key COLLATE natural_order
""")

_UNIDENTIFIED = """
    NOT EXISTS (SELECT FROM video_external_ids x WHERE x.video_id = t.id)
    AND NOT EXISTS (SELECT FROM identify_results x WHERE x.video_id = t.id AND x.status = 'accepted')
"""


@dataclass(frozen=True, kw_only=True)
class VideoFilter:
    """Which videos are looked for. What is empty narrows nothing."""

    text: str = ""
    root: int | None = None
    kind: str = ""
    #: One of `LACKS`.
    lacks: str = ""
    #: Those only of which no stash-box, and nobody else, has said what they are.
    unidentified: bool = False
    tag: str = ""
    performer: str = ""
    studio: str = ""
    sort: str = "newest"
    after: int | None = None
    before: int | None = None
    #: How many to pass over, and the title to begin at; both where neither `after` nor `before` is said.
    offset: int = 0
    at: str = ""


def videos(conn: Connection, wanted: VideoFilter) -> tuple[Page, Total]:
    """A page of cards of videos whose files are there, and how many there are on all pages."""
    asked = _asked(conn, wanted)
    return page(conn, _CARDS, asked), count(conn, _CARDS, asked, FEW if wanted.text else MOST)


def cards(conn: Connection, ids: Sequence[int]) -> dict[int, RowMapping]:
    """The cards of these videos, by id."""
    return by_ids(conn, _CARDS, ids)


def video(conn: Connection, video_id: int) -> RowMapping | None:
    """All that is known of one video, or None."""
    return conn.execute(_ONE, {"id": video_id}).mappings().one_or_none()


def subtitles(conn: Connection, video_id: int) -> Sequence[RowMapping]:
    """The subtitle tracks of a video."""
    return conn.execute(_SUBTITLES, {"id": video_id}).mappings().all()


def _asked(conn: Connection, wanted: VideoFilter) -> Wanted:
    conditions = ["t.missing_since IS NULL"]
    values: dict[str, Any] = {}
    if wanted.text:
        conditions.append("t.title || ' ' || t.file_path ILIKE :text")
        values["text"] = contains(wanted.text)
    if wanted.root is not None:
        conditions.append("t.library_root_id = :root")
        values["root"] = wanted.root
    if wanted.kind:
        conditions.append("t.kind = :kind")
        values["kind"] = wanted.kind
    if wanted.lacks:
        conditions.append(RESULTS[LACKS[wanted.lacks]].lacks(library_settings.read(conn), "t."))
    if wanted.unidentified:
        conditions.append(_UNIDENTIFIED)
    for word in WORDS:
        if name := getattr(wanted, word):
            conditions.append(carries("video", word))
            values[word] = name
    order = ORDERS[wanted.sort]
    return Wanted(conditions, values, order, wanted.after, wanted.before, wanted.offset, wanted.at or None)
