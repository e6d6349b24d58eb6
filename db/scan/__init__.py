"""How a scan meets the ledger: what was seen goes into temporary tables, the difference is found as sets.

One connection is held for a whole scan, because its temporary tables live there; transactions are short, one a batch.
What the tables of files have in common is said once, what differs between them is data: see `db.scan.files`.
"""

from __future__ import annotations

from db.scan import known, moves
from db.scan.apply import Row, apply
from db.scan.difference import (
    Change,
    Difference,
    add_folders,
    add_seen,
    compare,
    counts,
    mark_missing,
    read,
    walked,
)
from db.scan.files import Files
from db.scan.folders import FolderRow
from db.scan.lacks import follow_ups, queues, wanted
from db.scan.pictures import ARCHIVES, IMAGES
from db.scan.tables import alone
from db.scan.tracks import TRACKS
from db.scan.videos import VIDEOS, VideoRow

__all__ = [
    "ARCHIVES",
    "IMAGES",
    "TRACKS",
    "VIDEOS",
    "Change",
    "Difference",
    "Files",
    "FolderRow",
    "Row",
    "VideoRow",
    "add_folders",
    "add_seen",
    "alone",
    "apply",
    "compare",
    "counts",
    "follow_ups",
    "known",
    "mark_missing",
    "moves",
    "queues",
    "read",
    "walked",
    "wanted",
]
