"""Applying what a person has accepted of a proposal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from darkroom.settings import settings
from db import collections
from db.identify import ToApply, apply_result, results_to_apply
from db.ledger import Claimed, FollowUp
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.clients.addresses import origin
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.identify.pictures import keep_picture
from tasks.media.tools import MediaTools

APPLIED = "This result was applied already."


@flow(name="metadata-import", task_runner=SLOTS, persist_result=False)
def metadata_import(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Apply accepted identify results to the library."""
    return work_off(BY_NAME["metadata-import"], ImportWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Tools:
    """The way to other servers, and the media child that looks at what comes from there."""

    web: Web
    media: MediaTools


@dataclass(frozen=True)
class Imported:
    """What was chosen, and the picture that was kept, relative to the cache."""

    fields: tuple[str, ...]
    picture: str | None


class ImportWork:
    """Everything but the picture is written by the database, with the job's end, in one transaction."""

    calls_for: tuple[str, ...] = (collections.QUEUE,)

    def open(self) -> AbstractContextManager[Tools]:
        """What fetches and what looks."""
        return _tools()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, ToApply]:
        """The accepted proposals."""
        results = results_to_apply(conn, [int(job.target_id) for job in jobs])
        return {job.id: results[int(job.target_id)] for job in jobs if int(job.target_id) in results}

    def run(self, tools: Tools, job: Claimed, target: ToApply, control: Control) -> Imported:
        """Fetch the picture, if one was chosen. That it cannot be had is a warning; all else is applied."""
        if target.applied:
            raise PermanentError(APPLIED)
        tools.media.control = control
        return Imported(tuple(target.chosen), _picture(tools, target, control))

    def save(
        self, conn: Connection, done: Sequence[Done[ToApply, Imported]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Apply. What somebody else has applied meanwhile stays as that left it. Collections may select others then."""
        for each in done:
            apply_result(conn, each.target.id, each.result.picture)
        return [(done[-1].job, collections.refreshes(conn))] if done else []

    def summary(self, result: Imported) -> Mapping[str, Any]:
        """The fields, and the picture."""
        return {"fields": list(result.fields), "picture": result.picture}


@contextmanager
def _tools() -> Iterator[Tools]:
    with Web() as web, MediaTools() as media:
        yield Tools(web, media)


def _picture(tools: Tools, target: ToApply, control: Control) -> str | None:
    if "image" not in target.chosen:
        return None
    folder = f"videos/{target.video_id}"
    trusted = frozenset({origin(target.source)} if target.trusted else ())
    try:
        name = keep_picture(tools.web, tools.media, target.chosen["image"], settings().cache / folder, trusted)
    except (PermanentError, TransientError, OSError) as error:
        control.log("warn", "The picture could not be had; all else was applied.", error=str(error))
        return None
    return f"{folder}/{name}"
