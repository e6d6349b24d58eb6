"""What is read to show the ledger: one consistent instant, true totals, capped lists.

Every function takes a connection and only reads. `instant` opens the kind of transaction in which several of them
agree with each other.
"""

from __future__ import annotations

from db.dashboard.chain import Chain, ChainFailure, count_led_to, read_chain
from db.dashboard.counts import QueueCounts, pauses, queue_counts, rates
from db.dashboard.failures import FailureGroup, failure_groups, uncleared_ids
from db.dashboard.files import generated_file
from db.dashboard.jobs import (
    DEEPEST,
    DEEPEST_BY_WORDS,
    ENDED_BADLY,
    STATES,
    STATUSES,
    UNFINISHED,
    Search,
    Survey,
    active,
    count,
    ended,
    events,
    ids,
    job,
    search,
    survey,
    uncleared,
)
from db.dashboard.lacking import lacking
from db.dashboard.made import MadeFile, made_files
from db.dashboard.pace import BOUNDS, Pace, oldest, pace
from db.dashboard.snapshot import Snapshot, instant, now, snapshot
from db.dashboard.waiting import Waiting, waiting

__all__ = [
    "BOUNDS",
    "DEEPEST",
    "DEEPEST_BY_WORDS",
    "ENDED_BADLY",
    "STATES",
    "STATUSES",
    "UNFINISHED",
    "Chain",
    "ChainFailure",
    "FailureGroup",
    "MadeFile",
    "Pace",
    "QueueCounts",
    "Search",
    "Snapshot",
    "Survey",
    "Waiting",
    "active",
    "count",
    "count_led_to",
    "ended",
    "events",
    "failure_groups",
    "generated_file",
    "ids",
    "instant",
    "job",
    "lacking",
    "made_files",
    "now",
    "oldest",
    "pace",
    "pauses",
    "queue_counts",
    "rates",
    "read_chain",
    "search",
    "snapshot",
    "survey",
    "uncleared",
    "uncleared_ids",
    "waiting",
]
