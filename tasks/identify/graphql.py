"""Asking a stash-box in GraphQL over HTTP: what it answers, or what went wrong, in words that say what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from tasks.clients.web import Answer, Bounds, Web
from tasks.clients.words import PAUSE, pause, repeatable
from tasks.control import Control
from tasks.errors import PermanentError, TransientError


@dataclass(frozen=True)
class Question:
    """A GraphQL query, and what its answer may take."""

    query: str
    bounds: Bounds


@dataclass(frozen=True)
class StashBox:
    """Where it is, what a person calls it, and the key that it knows them by."""

    name: str
    endpoint: str
    key: str | None = field(default=None, repr=False)


Shape = TypeVar("Shape", bound=BaseModel)


class _GraphqlError(BaseModel):
    message: str


class _Body(BaseModel):
    data: dict[str, Any] | None = None
    errors: list[_GraphqlError] | None = None


def ask(web: Web, box: StashBox, question: Question, control: Control, **variables: Any) -> dict[str, Any]:
    """Put a question; the data of the answer.

    Raises:
        TransientError: the stash-box is away, too busy, or broken for now.
        PermanentError: it refuses the key or the question, or does not speak as a stash-box does.
        CancelledError: the work was asked to stop.
    """
    headers = {"ApiKey": box.key} if box.key else {}
    body = {"query": question.query, "variables": variables}
    try:
        answer = web.post(box.endpoint, body, headers, question.bounds, control)
    except PermanentError as error:
        raise PermanentError(f"{box.name}: {in_words(str(error), box)}") from None
    except TransientError as error:
        raise TransientError(f"{box.name}: {in_words(str(error), box)}", after=PAUSE) from None
    said = _body(answer)
    if answer.status == httpx.codes.OK and said and said.data is not None and not said.errors:
        return said.data
    raise _failure(answer, said, box)


def read(shape: type[Shape], data: dict[str, Any], box: StashBox) -> Shape:
    """The data as what was asked for; raises `PermanentError` where it is something else."""
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        raise PermanentError(f"{box.name} does not answer as a stash-box does: {first_of(error)}") from None


def refused(box: StashBox, why: str) -> PermanentError:
    """Who asks is not let in, and what to do about it."""
    return PermanentError(f"{box.name} refuses the API key: {why}. Set its API key anew, then retry.")


def _body(answer: Answer) -> _Body | None:
    try:
        return _Body.model_validate_json(answer.body)
    except ValidationError:
        return None


def _failure(answer: Answer, said: _Body | None, box: StashBox) -> PermanentError | TransientError:
    """What went wrong, in the server's words: the messages of GraphQL's errors, else the whole answer."""
    status, errors = answer.status, "; ".join(each.message for each in said.errors or ()) if said else ""
    words = in_words(errors or answer.body.decode(errors="replace") or "nothing", box)
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return refused(box, f"it answers {status}")
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
        return TransientError(f"{box.name} answers {status}: {words}", after=pause(answer))
    if 300 <= status < 400:
        there = in_words(answer.headers.get("location", "elsewhere"), box)
        return PermanentError(f"{box.name} leads to {there}; if that is right, make it the address of this stash-box")
    if "authorized" in errors.lower():
        return refused(box, words)
    if errors:
        return PermanentError(f"{box.name}: {words}")
    return PermanentError(f"{box.name} does not answer as a stash-box does ({status}): {words}")


def in_words(said: str, box: StashBox) -> str:
    """A server's words, short, in one line, and without the key, should it repeat that."""
    return repeatable(said, box.key)


def first_of(error: ValidationError) -> str:
    """The first thing that is wrong, and where, without what was there."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
