"""Asking an indexer over HTTP: its answer, or what went wrong, in words that say what to do."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tasks.clients.indexers.feed import Fault, NotXmlError, fault, read
from tasks.clients.indexers.source import Source
from tasks.clients.web import Answer, Bounds, Params, Web
from tasks.clients.words import PAUSE, pause, repeatable
from tasks.control import Control
from tasks.errors import PermanentError, TransientError

#: A search goes through to sites that may be slow; Prowlarr asks all of them before it answers.
SEARCH = Bounds(size=16 << 20, seconds=90)
SMALL = Bounds(size=4 << 20, seconds=20)

#: Nobody says in more bytes what went wrong.
LARGEST_FAULT = 64 << 10
#: What Prowlarr says (with 400) where all that were chosen rest because they failed.
ALL_REST = "indexers being unavailable"
#: Errors of Newznab that pass: too many requests, unknown ones, and an API that is switched off for now.
PASSING = frozenset({429, 500, 501, 900, 910})


def ask(
    web: Web,
    source: Source,
    url: str,
    bounds: Bounds,
    control: Control,
    *,
    params: Params | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """GET a page of a source; the answer is a good one.

    Raises:
        TransientError: it is away, too slow, too busy, or broken for now.
        PermanentError: it refuses the key or the question, leads elsewhere, or answers beyond measure.
        CancelledError: the work was asked to stop.
    """
    try:
        answer = web.ask("GET", url, bounds, control, headers=headers, params=params)
    except PermanentError as error:
        raise PermanentError(f"{source.name}: {repeatable(str(error), source.key)}") from None
    except TransientError as error:
        raise TransientError(f"{source.name}: {repeatable(str(error), source.key)}", after=PAUSE) from None
    if answer.status != httpx.codes.OK:
        raise failure(source, answer)
    return answer


def failure(source: Source, answer: Answer) -> PermanentError | TransientError:
    """What an answer other than `200 OK` means."""
    status, said = answer.status, fault_in(answer)
    words = repeatable(said.description if said else _message(answer), source.key)
    if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT} or status >= 500 or ALL_REST in words:
        return TransientError(f"{source.name} answers {status}: {words}", after=pause(answer))
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return refused(source, f"it answers {status}")
    if 300 <= status < 400:
        there = repeatable(answer.headers.get("location", "elsewhere"), source.key)
        return PermanentError(f"{source.name} leads to {there}; if that is right, make it this indexer's address")
    if said:
        return complaint(source, said)
    if status == httpx.codes.NOT_FOUND:
        return PermanentError(f"{source.name} has nothing at its address (404). Correct the address, then retry.")
    return PermanentError(f"{source.name} answers {status}: {words}")


def complaint(source: Source, said: Fault) -> PermanentError | TransientError:
    """What an error in Newznab's own form means, which may come with `200 OK`."""
    words = f"{repeatable(said.description, source.key)} (error {said.code})"
    if said.code in PASSING:
        return TransientError(f"{source.name}: {words}", after=PAUSE)
    if 100 <= said.code < 200:
        return refused(source, words)
    return PermanentError(f"{source.name}: {words}")


def refused(source: Source, why: str) -> PermanentError:
    """Who asks is not let in, and what to do about it."""
    return PermanentError(f"{source.name} refuses the API key: {why}. Set its API key anew, then retry.")


def not_understood(source: Source, why: str) -> PermanentError:
    """An answer is something else than what was asked for."""
    return PermanentError(f"{source.name} does not answer as an indexer does: {repeatable(why, source.key)}")


def as_json(source: Source, answer: Answer) -> Any:
    """The JSON of an answer; raises `PermanentError` where it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise not_understood(source, "its answer is no JSON. Is this the address of a Prowlarr?") from None


def fault_in(answer: Answer) -> Fault | None:
    """The error in Newznab's own form that an answer is, if it is one."""
    if len(answer.body) > LARGEST_FAULT or not answer.body.lstrip().startswith(b"<"):
        return None
    try:
        return fault(read(answer.body))
    except NotXmlError:
        return None


def _message(answer: Answer) -> str:
    """A server's own words: the message of a JSON answer, else all of it."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    message = said.get("message") if isinstance(said, dict) else None
    return message if isinstance(message, str) else answer.body[:2000].decode(errors="replace") or "nothing"
