"""Which jobs the files of a batch want."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, text

from db import paths
from db.ledger import FollowUp
from db.library_settings import Settings
from db.results import RESULTS
from db.scan.files import Files

_READ = """
    SELECT f.id, f.file_path, f.is_nsfw, b.change IN ('new', 'changed', 'returned') AS whole, b.again{lacks}
    FROM scan_batch b JOIN {table} f ON f.file_path = b.path ORDER BY b.n
"""


_WANTS = """
    SELECT DISTINCT w.queue, f.id, f.file_path, f.is_nsfw FROM scan_wants w JOIN {table} f USING (id) ORDER BY f.id
"""


def queues(files: Files) -> list[str]:
    """The queues that such a file goes through."""
    return [queue for queue, results in RESULTS.items() if results.target_type == files.name]


def follow_ups(conn: Connection, files: Files, settings: Settings) -> list[FollowUp]:
    """The jobs that the batch just applied wants, that can be done, and that the settings allow.

    A file that is new, changed or back gets what it lacks; one that only moved, or whose sidecars changed, gets what is
    to be made again.
    """
    allowed = [queue for queue in queues(files) if _is_allowed(queue, settings)]
    lacks = "".join(f', {RESULTS[queue].lacks(settings, "f.")} AS "{queue}"' for queue in allowed)
    comes = {queue: with_ for queue in allowed if (with_ := RESULTS[queue].comes_with) in allowed}
    return [
        _job(queue, files, row)
        for row in conn.execute(text(_READ.format(table=files.table, lacks=lacks))).mappings()
        for queue in allowed
        if row[queue] and (row["whole"] or row["again"] == queue) and not (queue in comes and row[comes[queue]])
    ]


def wanted(conn: Connection, files: Files, settings: Settings) -> list[FollowUp]:
    """The jobs that statements of this transaction asked for, that can be done, and that the settings allow."""
    rows = conn.execute(text(_WANTS.format(table=files.table))).mappings()
    return [_job(row["queue"], files, row) for row in rows if _is_allowed(row["queue"], settings)]


def _is_allowed(queue: str, settings: Settings) -> bool:
    switch = RESULTS[queue].switch
    return not switch or bool(getattr(settings, switch))


def _job(queue: str, files: Files, row: RowMapping) -> FollowUp:
    return FollowUp(queue, str(row["id"]), paths.display(row["file_path"]), files.name, row["is_nsfw"])
