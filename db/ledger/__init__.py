"""The ledger: every unit of work, from the moment it is wanted until long after it ended.

All functions take a connection and leave the commit to whoever opened the transaction.
"""

from __future__ import annotations

from db.ledger.claim import HEARTBEAT, LEASE, claim, next_due, start
from db.ledger.dead import bury, new_owner, place, working_here
from db.ledger.disagreements import Beating, Noted, beating, cancel_lost, disown, note, recent, silent
from db.ledger.enqueue import enqueue
from db.ledger.events import add_events
from db.ledger.flows import (
    flow_asked,
    flow_left,
    flow_never_began,
    flow_renews,
    flow_works,
    forget_dead_flows,
    has_more_due_than,
    may_start,
    queues_to_help,
    queues_to_start,
    was_scheduled_since,
)
from db.ledger.here import FlowHere, JobHere, flows_here, jobs_here
from db.ledger.lease import Renewed, renew, rescue
from db.ledger.pause import ALL, pause, resume
from db.ledger.people import (
    Cancelled,
    Cleared,
    cancel_everything,
    cancel_job,
    cancel_jobs,
    cancel_queue,
    cancel_running,
    cancel_target,
    clear,
    put_first,
    retry_failed,
    retry_job,
    unclear,
)
from db.ledger.queue_settings import (
    MISSED,
    QueueSettingError,
    QueueSettings,
    change_queue,
    read_queue_settings,
    was_missed,
)
from db.ledger.settle import release, settle
from db.ledger.types import (
    CHANNEL,
    AlreadyFinishedError,
    Claimed,
    Enqueued,
    Event,
    FollowUp,
    NotFinishedError,
    NotFoundError,
    Outcome,
)

__all__ = [
    "ALL",
    "CHANNEL",
    "HEARTBEAT",
    "LEASE",
    "MISSED",
    "AlreadyFinishedError",
    "Beating",
    "Cancelled",
    "Claimed",
    "Cleared",
    "Enqueued",
    "Event",
    "FlowHere",
    "FollowUp",
    "JobHere",
    "NotFinishedError",
    "NotFoundError",
    "Noted",
    "Outcome",
    "QueueSettingError",
    "QueueSettings",
    "Renewed",
    "add_events",
    "beating",
    "bury",
    "cancel_everything",
    "cancel_job",
    "cancel_jobs",
    "cancel_lost",
    "cancel_queue",
    "cancel_running",
    "cancel_target",
    "change_queue",
    "claim",
    "clear",
    "disown",
    "enqueue",
    "flow_asked",
    "flow_left",
    "flow_never_began",
    "flow_renews",
    "flow_works",
    "flows_here",
    "forget_dead_flows",
    "has_more_due_than",
    "jobs_here",
    "may_start",
    "new_owner",
    "next_due",
    "note",
    "pause",
    "place",
    "put_first",
    "queues_to_help",
    "queues_to_start",
    "read_queue_settings",
    "recent",
    "release",
    "renew",
    "rescue",
    "resume",
    "retry_failed",
    "retry_job",
    "settle",
    "silent",
    "start",
    "unclear",
    "was_missed",
    "was_scheduled_since",
    "working_here",
]
