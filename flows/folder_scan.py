"""The work of the queues that scan watched folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from db import collections
from db.ledger import Claimed, FollowUp
from flows.batch import enqueue_after
from flows.database import engine
from flows.library_kinds import Kind
from flows.library_scan import ScanResult, scan_root
from flows.work import Done
from tasks.control import Control

#: How often a scan comes back by itself to files that are still being written, and after how long (seconds): twice as
#: long each time. After that they wait for the next scan that somebody asks for.
LOOKS = 8
LOOK_AGAIN = 12.0


class FolderScan:
    """A scan writes its rows and its follow-up jobs itself, batch by batch: half a scan is worth keeping."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.calls_for: tuple[str, ...] = (*kind.calls_for, collections.QUEUE)

    def open(self) -> AbstractContextManager[None]:
        """A scan needs no tools."""
        return nullcontext()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, int]:
        """The ids of the folders; whether one is still watched is the scan's own question."""
        return {job.id: int(job.target_id) for job in jobs}

    def run(self, tools: None, job: Claimed, target: int, control: Control) -> ScanResult:
        """Compare one folder with the ledger."""

        def enqueue(conn: Connection, wanted: Sequence[FollowUp]) -> None:
            enqueue_after(conn, job, wanted)

        return scan_root(engine(), target, control, enqueue, self.kind)

    def save(
        self, conn: Connection, done: Sequence[Done[int, ScanResult]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Nothing is left to write; a folder in which files are still being written is looked at again by itself, and
        collections are where something has changed."""
        settling = [each.job for each in done if each.result.settling and _looks(each.job) < LOOKS]
        changed = [each.job for each in done if each.result.differing]
        refreshes = [(changed[-1], collections.refreshes(conn))] if changed else []
        return [*((job, [_look_again(job)]) for job in settling), *refreshes]

    def summary(self, result: ScanResult) -> Mapping[str, Any]:
        """The counts."""
        return asdict(result)


def _looks(job: Claimed) -> int:
    return int(job.payload.get("looks", 0))


def _look_again(job: Claimed) -> FollowUp:
    looks = _looks(job)
    return FollowUp(
        job.queue_name,
        job.target_id,
        job.target_label,
        job.target_type,
        job.is_nsfw,
        payload={"looks": looks + 1},
        delay=LOOK_AGAIN * 2**looks,
    )
