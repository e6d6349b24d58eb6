"""Asking a library server over HTTP: its answer, or what went wrong, in words that say what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from tasks.clients.shelves.types import ShelfSettings
from tasks.clients.web import Answer, Bounds, Params, Web
from tasks.clients.words import asked_for, repeatable
from tasks.control import Control
from tasks.errors import PermanentError, TransientError

#: A page of a library, whose items may have long descriptions; a disk that slept takes its time.
PAGE = Bounds(size=32 << 20, seconds=120)
SMALL = Bounds(size=4 << 20, seconds=20)


def ask(
    web: Web,
    settings: ShelfSettings,
    path: str,
    control: Control,
    *,
    method: str = "GET",
    bounds: Bounds = SMALL,
    params: Params | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask for a page of a server's; the answer is a good one.

    Raises:
        TransientError: it is away, too slow, too busy, or broken for now.
        PermanentError: it refuses the token or the question, leads elsewhere, or answers beyond measure.
        CancelledError: the work was asked to stop.
    """
    try:
        answer = web.ask(method, settings.at(path), bounds, control, headers=headers, params=params)
    except PermanentError as error:
        raise PermanentError(f"{settings.name}: {repeatable(str(error), settings.token)}") from None
    except TransientError as error:
        raise TransientError(f"{settings.name}: {repeatable(str(error), settings.token)}") from None
    if answer.status != httpx.codes.OK:
        raise failure(settings, answer)
    return answer


def failure(settings: ShelfSettings, answer: Answer) -> PermanentError | TransientError:
    """What an answer other than `200 OK` means."""
    status, name = answer.status, settings.name
    words = repeatable(answer.body[:2000].decode(errors="replace"), settings.token) or "nothing"
    if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT} or status >= 500:
        return TransientError(f"{name} answers {status}: {words}", after=asked_for(answer))
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return refused(settings, status)
    if 300 <= status < 400:
        there = repeatable(answer.headers.get("location", "elsewhere"), settings.token)
        return PermanentError(f"{name} leads to {there}; if that is right, make it this server's address.")
    if status == httpx.codes.NOT_FOUND:
        return PermanentError(f"{name} has no such library (404). Correct its address and library, then retry.")
    return PermanentError(f"{name} answers {status}: {words}")


def refused(settings: ShelfSettings, status: int) -> PermanentError:
    """Who asks is not let in, and what to do about it."""
    return PermanentError(f"{settings.name} refuses the token: it answers {status}. Set its token anew, then retry.")


def not_understood(settings: ShelfSettings, why: str) -> PermanentError:
    """An answer is something else than what was asked for."""
    kind = settings.kind.capitalize()
    return PermanentError(f"{settings.name} does not answer as {kind} does: {why}. Correct its address, then retry.")


def as_json(settings: ShelfSettings, answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer; raises `PermanentError` where it is none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise not_understood(settings, "its answer is no JSON object")
    return said
