"""What runs by the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import httpx
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from db.ledger import read_queue_settings
from ops_api import flash
from ops_api.dependencies import TheDesk, TheEngine, ThePrefect
from ops_api.errors import REFUSALS
from ops_api.flash import Said
from ops_api.forms import Typed
from ops_api.models import Missed, Text
from ops_api.render import page, said_once
from ops_api.schedules import ScheduleError, shown

router = APIRouter(prefix="/schedules")


@router.get("")
def schedules(request: Request, prefect: ThePrefect, engine: TheEngine) -> HTMLResponse:
    """The whole page."""
    return said_once(request, "schedules.html", **_context(prefect, engine))


@router.get("/live")
def live(request: Request, prefect: ThePrefect, engine: TheEngine) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "schedules/live.html", **_context(prefect, engine))


class Change(BaseModel):
    """The form of one schedule."""

    kind: Literal["interval", "cron"] = "interval"
    minutes: Text = ""
    cron: Text = ""
    active: bool = False
    missed: Missed | None = None

    @property
    def times(self) -> tuple[int | None, str | None]:
        """Minutes or cron, whichever was chosen; what is no number is neither."""
        if self.kind == "cron":
            return None, self.cron
        return (int(self.minutes) if self.minutes.isdecimal() and len(self.minutes) < 9 else None), None


@router.post("/{schedule_id}")
def change(request: Request, desk: TheDesk, schedule_id: str, wanted: Annotated[Change, Form()]) -> Response:
    """Save when it runs, and whether; times that cannot be are there again, with the reason beside them."""
    minutes, cron = wanted.times
    try:
        done = desk.change_schedule(schedule_id, active=wanted.active, minutes=minutes, cron=cron, missed=wanted.missed)
        said = Said(done.message)
    except ScheduleError as error:
        field = "cron" if wanted.kind == "cron" else "minutes"
        typed, said = Typed(schedule_id, wanted.model_dump(), {field: str(error)}), Said(str(error), bad=True)
        context = _context(desk.prefect, desk.engine, typed) | {"path": router.prefix}
        return page(request, "schedules.html", status=422, said=said, **context)
    except tuple(REFUSALS) as error:
        said = Said(str(error), bad=True)
    except httpx.HTTPError:
        said = Said("Prefect does not answer. Nothing was changed.", bad=True)
    response = RedirectResponse("/schedules", status_code=303)
    flash.say(response, said)
    return response


def _context(prefect: ThePrefect, engine: TheEngine, typed: Typed | None = None) -> dict[str, Any]:
    context: dict[str, Any] = {"here": "schedules", "now": datetime.now(UTC), "stale": False, "typed": typed or Typed()}
    with engine.connect() as conn:
        own = read_queue_settings(conn)
    try:
        return context | {"schedules": shown(prefect, own), "away": False}
    except httpx.HTTPError:
        return context | {"schedules": [], "away": True}
