"""The event stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

router = APIRouter(prefix="/api/events", tags=["events"])

#: How soon a browser whose stream broke comes back (milliseconds).
COME_BACK = 2000


@router.get("", response_class=EventSourceResponse)
async def follow_events(
    request: Request, last_event_id: Annotated[str | None, Header()] = None
) -> AsyncIterator[ServerSentEvent]:
    """What changes in the ledger, as it changes: at most four events a second, each with `events`, `queues`, `jobs`.

    A reader that comes back with `Last-Event-ID` is told what it missed; `reset` among the events says that this is
    not known any more, and that everything is to be read again.
    """
    async for name, telling in request.app.state.news.follow(last_event_id):
        yield ServerSentEvent(id=name, event="changed", data=telling.shown(), retry=COME_BACK)
