"""One queue: how it gets on, how it is run, and what ended last in it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from db import dashboard
from db.dashboard import Search
from flows.queues import BY_NAME, PRIORITIES, Retry
from ops_api import models, overview, queue_settings
from ops_api.dependencies import Reading, TheSeen
from ops_api.errors import not_found
from ops_api.render import page, said_once
from ops_api.words import duration

router = APIRouter(prefix="/queues")

#: How many jobs are listed.
JOBS = 25


@router.get("/{queue_name}")
def queue(request: Request, conn: Reading, seen: TheSeen, queue_name: str) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "queue.html", **_context(conn, seen, queue_name))


@router.get("/{queue_name}/live")
def live(request: Request, conn: Reading, seen: TheSeen, queue_name: str) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "queue/live.html", **_context(conn, seen, queue_name))


def _context(conn: Connection, seen: TheSeen, queue_name: str) -> dict[str, Any]:
    if (known := BY_NAME.get(queue_name)) is None:
        raise not_found(f"There is no queue {queue_name}.")
    shown = seen()
    card = next(each for each in shown.queues if each.queue_name == queue_name)
    pace = dashboard.pace(conn, queue_name)
    jobs = dashboard.search(conn, Search(queue=queue_name, limit=JOBS))
    return {
        "here": "operations",
        "now": shown.as_of,
        "stale": False,
        "d": shown,
        "q": card,
        "queue": known,
        "own": queue_settings.read(conn, queue_name),
        "priorities": PRIORITIES,
        "pace": pace,
        "bars": list(zip(_labels(), pace.shares, strict=True)),
        "eta": _eta(card),
        "retry": _retry(known.retry),
        "jobs": overview.jobs(jobs),
    }


def _labels() -> list[str]:
    below = [f"under {duration(bound)}" for bound in dashboard.BOUNDS]
    return [*below, f"{duration(dashboard.BOUNDS[-1])} and more"]


def _eta(card: models.Queue) -> str:
    """How long the backlog takes at the pace of the last ten minutes and of the last hour; empty where nothing ends."""
    paces = [pace for pace in (sum(card.rate[-5:]) / 600, sum(card.rate) / 3600) if pace]
    if not card.backlog or not paces or card.paused:
        return ""
    least, most = (duration(card.backlog / pace) for pace in (max(paces), min(paces)))
    return f"about {least}" if least == most else f"{least} to {most}"


def _retry(retry: Retry) -> str:
    if retry.attempts == 1:
        return "It is not tried again."
    first, longest = duration(retry.first_delay), duration(retry.longest_delay)
    later = f"each later one after twice as long, up to {longest}"
    return f"Up to {retry.attempts} attempts: the second after about {first}, {later}."
