"""Archives of pictures: what a job needs to know of one, and how its pages are brought in line with a new list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, text

from db import paths
from db.archives import gallery
from db.archives.difference import Known, Page, compare, is_other
from db.archives.gallery import About
from db.ledger import FollowUp
from db.ledger.events import dump
from db.library_settings import Settings
from db.results import RESULTS

__all__ = ["About", "ArchiveFile", "Page", "any_unread", "jobs", "load", "save"]


@dataclass(frozen=True)
class ArchiveFile:
    """One archive. `file_path` is spelled as in `db.paths`."""

    id: int
    file_path: str
    revision: int


_LOAD = text("SELECT id, file_path, revision FROM archives WHERE id = ANY(:ids) AND missing_since IS NULL")
_READ = text(
    """
    UPDATE archives SET read_revision = revision, oshash = :oshash, updated_at = now()
    WHERE id = :id AND revision = :revision RETURNING id
    """
)
_UNREAD = text("""
    SELECT EXISTS (SELECT FROM job_runs
                   WHERE target_type = 'archive' AND queue_name = 'gallery-scan' AND status IN ('queued', 'running'))
""")
_KNOWN = text(
    """
    SELECT id, member AS name, file_size AS size, member_checksum AS checksum, missing_since IS NOT NULL AS missing
    FROM images WHERE archive_id = :id ORDER BY id
    """
)
_PAGES = """
    ROWS FROM (jsonb_to_recordset(CAST(:pages AS jsonb))
               AS (id bigint, name text, size bigint, checksum text, title text, title_before text, other boolean))
    WITH ORDINALITY AS p(id, name, size, checksum, title, title_before, other, n)
"""
# A folder of the archive's name may have been there before, and its pictures have rows.
_ADOPT = text(
    f"""
    UPDATE images i SET archive_id = a.id, member = p.name, member_checksum = NULL
    FROM archives a, {_PAGES}
    WHERE a.id = :id AND i.file_path = a.file_path || '/' || p.name AND i.archive_id IS DISTINCT FROM a.id
    """  # noqa: S608  (constants)
)
_ADD = text(
    f"""
    INSERT INTO images (library_root_id, gallery_id, archive_id, member, member_checksum, file_path, file_size,
                        file_mtime_ns, title, is_nsfw)
    SELECT a.library_root_id, :gallery_id, a.id, p.name, p.checksum, a.file_path || '/' || p.name, p.size,
           a.file_mtime_ns, p.title, a.is_nsfw
    FROM archives a, {_PAGES} WHERE a.id = :id ORDER BY p.n
    RETURNING id
    """  # noqa: S608
)
_CHANGE = text(
    f"""
    UPDATE images i
    SET library_root_id = a.library_root_id, gallery_id = :gallery_id, member = p.name, member_checksum = p.checksum,
        file_path = a.file_path || '/' || p.name, file_size = p.size, missing_since = NULL, updated_at = now(),
        revision = i.revision + CASE WHEN p.other THEN 1 ELSE 0 END,
        title = CASE WHEN i.title = p.title_before AND NOT i.organized THEN p.title ELSE i.title END
    FROM archives a, {_PAGES} WHERE a.id = :id AND i.id = p.id
    RETURNING i.id
    """  # noqa: S608
)
_LOSE = text("UPDATE images SET missing_since = now(), updated_at = now() WHERE id = ANY(:ids)")
_TIMES = text(
    """
    UPDATE images i SET file_mtime_ns = a.file_mtime_ns FROM archives a
    WHERE a.id = :id AND i.archive_id = a.id AND i.file_mtime_ns <> a.file_mtime_ns AND i.missing_since IS NULL
    """
)

#: The queues that a page goes through.
_QUEUES = tuple(queue for queue, results in RESULTS.items() if results.target_type == "image")
_JOBS = "SELECT id, file_path, is_nsfw{lacks} FROM images WHERE id = ANY(:ids) ORDER BY id"


def any_unread(conn: Connection) -> bool:
    """Whether more archives are to be read."""
    return bool(conn.scalar(_UNREAD))


def load(conn: Connection, ids: Sequence[int]) -> dict[int, ArchiveFile]:
    """The archives with these ids, by id; those that do not exist, or are missing, are left out."""
    return {row.id: ArchiveFile(*row) for row in conn.execute(_LOAD, {"ids": list(ids)})}


def save(
    conn: Connection,
    archive: ArchiveFile,
    pages: Sequence[Page],
    about: About,
    *,
    oshash: str,
    title_of: Callable[[str], str],
) -> list[int] | None:
    """Make the database's pages those of a list that was just read; returns the ids of the new and the changed ones.

    None when the archive changed meanwhile, or is gone: the list is of a content that is no longer there. New rows are
    made in the order of the list, which is that in which pages are read most cheaply. Pages that are no longer in the
    archive are missing. An archive that never had a page gets no gallery. `title_of` says what a page's name makes its
    title.
    """
    if conn.scalar(_READ, {"id": archive.id, "revision": archive.revision, "oshash": oshash}) is None:
        return None
    conn.execute(_ADOPT, {"id": archive.id, "pages": dump([asdict(page) for page in pages])})
    known = [Known(**row) for row in conn.execute(_KNOWN, {"id": archive.id}).mappings()]
    if not pages and not known:
        return []
    found = compare(known, pages)
    place = {"id": archive.id, "gallery_id": gallery.save(conn, archive.id, about)}
    changed = [_changed(row, page, title_of) for row, page in found.changed]
    new = [{**asdict(page), "title": title_of(page.name)} for page in found.new]
    conn.execute(_LOSE, {"ids": [row.id for row in found.gone]})
    touched = [*conn.scalars(_CHANGE, {**place, "pages": dump(changed)})]
    touched += conn.scalars(_ADD, {**place, "pages": dump(new)})
    conn.execute(_TIMES, {"id": archive.id})
    gallery.count(conn, archive.id)
    return touched


def _changed(row: Known, page: Page, title_of: Callable[[str], str]) -> dict[str, Any]:
    titles = {"title": title_of(page.name), "title_before": title_of(row.name)}
    return {**asdict(page), **titles, "id": row.id, "other": is_other(row, page)}


def jobs(conn: Connection, ids: Sequence[int], settings: Settings) -> list[FollowUp]:
    """What these pages lack and the settings allow; not what comes with another result that they lack too."""
    allowed = [queue for queue in _QUEUES if getattr(settings, RESULTS[queue].switch)]
    lacks = "".join(f', {RESULTS[queue].lacks(settings)} AS "{queue}"' for queue in allowed)
    return [
        FollowUp(queue, str(row["id"]), paths.display(row["file_path"]), "image", row["is_nsfw"])
        for row in conn.execute(text(_JOBS.format(lacks=lacks)), {"ids": list(ids)}).mappings()
        for queue in allowed
        if row[queue] and not row.get(RESULTS[queue].comes_with)
    ]
