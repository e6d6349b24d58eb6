"""Which jobs the files of a batch want."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db import paths
from db.ledger import FollowUp
from db.library_settings import Settings
from db.results import RESULTS

#: The queues that a video goes through.
QUEUES = [queue for queue, results in RESULTS.items() if results.target_type == "video"]

_LACKS = ", ".join(f'v.{RESULTS[queue].revision} IS DISTINCT FROM v.revision AS "{queue}"' for queue in QUEUES)
_READ = text(
    f"""
    SELECT v.id, v.file_path, v.is_nsfw, b.change IN ('new', 'changed', 'returned') AS whole, b.resubtitle, {_LACKS}
    FROM scan_batch b JOIN videos v ON v.file_path = b.path ORDER BY b.n
    """  # noqa: S608  (constants)
)


def follow_ups(conn: Connection, settings: Settings) -> list[FollowUp]:
    """The jobs that the batch just applied wants, and that the settings allow.

    A file that is new, changed or back gets what it lacks; one that only moved, or whose sidecars changed, gets its
    subtitles read again where its subtitle files changed.
    """
    allowed = [queue for queue in QUEUES if getattr(settings, RESULTS[queue].switch)]
    return [
        FollowUp(queue, str(row["id"]), paths.display(row["file_path"]), "video", row["is_nsfw"])
        for row in conn.execute(_READ).mappings()
        for queue in allowed
        if row[queue] and (row["whole"] or (queue == "extract-subtitles" and row["resubtitle"]))
    ]
