"""The queue that keeps the library tidy: generated files at their place, and rows of files that are long gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import collections, library_settings, maintenance, missing
from db.ledger import Claimed, FollowUp
from flows import hls
from flows.database import engine
from flows.generated_moves import Mover
from flows.generated_sweep import Sweep
from flows.library_report import counted
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.control import Control

#: Where in the progress the moves end.
MOVED = 0.6
#: Rows that are deleted in one transaction.
BATCH = 500


@flow(name="library-maintenance", task_runner=SLOTS, persist_result=False)
def library_maintenance(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Move generated files to where the settings want them and remove what nothing owns."""
    return work_off(BY_NAME[maintenance.QUEUE], Maintenance(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Tidied:
    """What was done, for the ledger, and what follows from it."""

    counts: Mapping[str, Any]
    follow_ups: Sequence[FollowUp] = field(default=())


class Maintenance:
    """Each job writes what it does itself, step by step: half of it is worth keeping."""

    calls_for: tuple[str, ...] = (collections.QUEUE,)

    def open(self) -> AbstractContextManager[None]:
        """It needs no tools."""
        return nullcontext()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, str]:
        """What of the library is to be tidied."""
        return {job.id: job.target_id for job in jobs if job.target_id in _TASKS}

    def run(self, tools: None, job: Claimed, target: str, control: Control) -> Tidied:
        """Tidy it."""
        return _TASKS[target](job, control)

    def save(self, conn: Connection, done: Sequence[Done[str, Tidied]]) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Nothing is left to write; rows that are gone leave generated files, and collections, to be tidied."""
        forgot = [each for each in done if each.target == maintenance.MISSING]
        return [(each.job, [maintenance.files_job(), *collections.refreshes(conn)]) for each in forgot]

    def summary(self, result: Tidied) -> Mapping[str, Any]:
        """The counts."""
        return result.counts


def _tidy_files(_: Claimed, control: Control) -> Tidied:
    """Move generated files, then remove what no row owns."""
    with engine().begin() as conn:
        dedicated = library_settings.read(conn).metadata_storage_dedicated
    mover, sweep = Mover(engine(), control, dedicated=dedicated), Sweep(engine(), control)
    for fraction in mover.run():
        control.progress(MOVED * fraction)
    for fraction in sweep.run():
        control.progress(MOVED + (1 - MOVED) * fraction)
    hls.tidy(engine())
    moved, swept = mover.moved, sweep.swept
    if moved.kept:
        said = f"Left the files of {counted(moved.kept, 'video')} where they are"
        control.log("warn", said, examples=moved.reasons)
    counts = {
        "moved": moved.files,
        "moved_bytes": moved.bytes,
        "kept": moved.kept,
        "removed": swept.files,
        "removed_bytes": swept.bytes,
    }
    where = "into the cache" if dedicated else "to their videos"
    said = f"Moved {counted(moved.files, 'file')} {where}, removed {counted(swept.files, 'file')} that nothing owns"
    control.log("info", said, **counts)
    return Tidied(counts)


def _forget_missing(job: Claimed, control: Control) -> Tidied:
    """Delete the rows of files that have been missing for long, of those that a person was told of and confirmed."""
    last, total = job.payload["last"], int(job.payload["files"])
    gone: Counter[str] = Counter()
    while True:
        control.check()
        with engine().begin() as conn:
            batch = missing.forget(conn, last, BATCH)
            missing.forget_empty_archives(conn, last)
        if not batch:
            break
        gone.update(batch)
        control.progress(min(1.0, gone.total() / total))
    control.log("info", f"Forgot {counted(gone.total(), 'file')} that had been missing for long", **gone)
    return Tidied(dict(gone))


_TASKS = {maintenance.FILES: _tidy_files, maintenance.MISSING: _forget_missing}
