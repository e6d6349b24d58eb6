"""Work that has ended, done again in another way: a new job for the same target, with arguments that a person chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from db import ledger, library_settings
from db.ledger import Enqueued, Event, FollowUp, NotFinishedError, NotFoundError
from db.redact import redacted
from flows.queues import BY_NAME, PRIORITY_PERSON_ONE, Argument, Queue

_JOB = text(
    """
    SELECT queue_name, target_type, target_id, target_label, is_nsfw, payload, origin_id,
           finished_at IS NOT NULL AS ended
    FROM job_runs WHERE id = :id
    """
)
#: What there is to choose from, by queue and argument.
_CHOICES = {("identify", "stashBoxes"): text("SELECT id, name FROM stash_boxes WHERE enabled ORDER BY name, id")}


class ArgumentError(ValueError):
    """A job cannot be run again like that; the message is one sentence, `argument` names what it is about."""

    def __init__(self, message: str, argument: str = "") -> None:
        super().__init__(message)
        self.argument = argument


@dataclass(frozen=True)
class Changeable:
    """One argument of a job: what it is, what the job was told, and what may be said instead."""

    argument: Argument
    #: None where the job was told nothing.
    value: Any
    #: What it is where nothing is said; None where that is nothing, or false.
    default: Any = None
    bounds: tuple[int, int] | None = None
    choices: Mapping[int, str] = field(default_factory=dict)


def changeable(conn: Connection, job_id: int) -> list[Changeable]:
    """The arguments of a job; none where its queue's jobs have none.

    Raises:
        NotFoundError: no job has this id.
    """
    job = _job(conn, job_id)
    queue = BY_NAME.get(job.queue_name)
    return [_changeable(conn, queue, each, job.payload) for each in queue.arguments] if queue else []


def run_again(conn: Connection, job_id: int, arguments: Mapping[str, Any]) -> Enqueued:
    """Enqueue the work of a job that has ended as a new one, led to by the old, which stays as it is.

    Raises:
        NotFoundError: no job has this id.
        NotFinishedError: it has not ended, or its target already waits again.
        ArgumentError: its queue's jobs have no arguments, or these are not allowed.
    """
    job = _job(conn, job_id)
    queue, known = BY_NAME.get(job.queue_name), {each.argument.name: each for each in changeable(conn, job_id)}
    if not known:
        name = queue.label if queue else job.queue_name
        raise ArgumentError(f"A job of {name} has no arguments that can be changed; Retry does the same again.")
    if not job.ended:
        raise NotFinishedError(f"Job {job_id} has not ended yet; cancel it, or wait for its end.")
    payload = {name: _checked(known.get(name), name, value) for name, value in arguments.items() if value is not None}
    wanted = FollowUp(job.queue_name, job.target_id, job.target_label, job.target_type, job.is_nsfw, payload)
    origin = job.origin_id or job_id
    made = ledger.enqueue(
        conn, [wanted], trigger="retry", priority=PRIORITY_PERSON_ONE, parent_id=job_id, origin_id=origin
    )
    if not made.enqueued:
        raise NotFinishedError(f"The target of job {job_id} is already waiting again.")
    said = {"before": redacted(job.payload), "now": payload}
    ledger.add_events(conn, [Event(made.job_ids[0], 0, "info", "ledger", f"Job {job_id} again, told otherwise.", said)])
    return made


def _job(conn: Connection, job_id: int) -> Any:
    if (job := conn.execute(_JOB, {"id": job_id}).one_or_none()) is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return job


def _changeable(conn: Connection, queue: Queue, argument: Argument, payload: Mapping[str, Any]) -> Changeable:
    default = getattr(library_settings.read(conn), argument.setting) if argument.setting else None
    bounds = library_settings.RANGES.get(argument.setting)
    found = _CHOICES.get((queue.name, argument.name))
    choices = {row.id: row.name for row in conn.execute(found)} if found is not None else {}
    return Changeable(argument, payload.get(argument.name), default, bounds, choices)


def _checked(known: Changeable | None, name: str, value: Any) -> Any:
    if known is None:
        raise ArgumentError(f"There is no argument {name!r}.", name)
    label, (low, high) = known.argument.label, known.bounds or (0, 0)
    allowed, sentence = {
        "flag": (isinstance(value, bool), f"{label} must be true or false."),
        "number": (
            type(value) is int and low <= value <= high,
            f"{label} must be a whole number from {low} to {high}.",
        ),
        "some": (_are_listed(value, known), f"{label}: choose from those that are listed."),
    }[known.argument.kind]
    if not allowed:
        raise ArgumentError(sentence, name)
    return value


def _are_listed(value: Any, known: Changeable) -> bool:
    return (
        isinstance(value, list)
        and value != []
        and {(type(each), each) for each in value} <= {(int, each) for each in known.choices}
    )
