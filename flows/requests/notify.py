"""Telling people what became of requests, each target by a job of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db import requests
from db.ledger import Claimed, FollowUp
from db.requests import News
from flows.queues import BY_NAME
from flows.requests.common import RequestWork
from flows.requests.programs import key_of
from flows.runs import SLOTS, work_off
from flows.work import Done, GivenUp
from tasks.control import Control
from tasks.requests.notification import Message, send


@flow(name="send_notification", task_runner=SLOTS, persist_result=False)
def send_notification(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Tell people what became of requests."""
    return work_off(BY_NAME["send_notification"], NotifyWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Told:
    """Whom was told what."""

    target: str
    event: str

    def said(self) -> Mapping[str, Any]:
        """As the ledger keeps it."""
        return {"target": self.target, "event": self.event}


class NotifyWork(RequestWork):
    """No request is touched, however this goes."""

    calls_for: tuple[str, ...] = ()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, News]:
        """The steps of requests that are told, and whom."""
        found = {job.id: requests.read_news(conn, job.target_id, job.payload.get("event", "")) for job in jobs}
        return {job: news for job, news in found.items() if news is not None}

    def run(self, tools: None, job: Claimed, target: News, control: Control) -> Told:
        """Tell one target."""
        send(key_of(target.secret_block) or "", Message(target.event, target.title, target.message, target.by))
        control.log("info", f"{target.target} was told.", event=target.event)
        return Told(target.target, target.event)

    def save(self, conn: Connection, done: Sequence[Done[News, Told]]) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Nothing is left to write."""
        return ()

    def give_up(self, conn: Connection, jobs: Sequence[GivenUp]) -> None:
        """That nobody was told changes nothing."""
