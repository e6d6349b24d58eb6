"""A stash-box: which scenes it knows by these hashes, asked in its own GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.identify.addresses import Origin, origin
from tasks.identify.match import Hashes, Match, match
from tasks.identify.proposal import Proposal
from tasks.identify.scene import Scene
from tasks.identify.web import Answer, Bounds, Web

#: A stash-box refuses more scenes in one question.
MOST_SCENES = 40
#: What is kept of the scenes that one video might be.
MOST_PROPOSALS = 20
#: One that is down or too busy is left alone for so long at least (seconds).
PAUSE = 5.0
#: A server that says when to come back is believed up to here (seconds).
LONGEST_PAUSE = 6 * 3600.0
#: Characters of a server's own words that are kept.
WORDS = 500


@dataclass(frozen=True)
class Question:
    """A GraphQL query, and what its answer may take."""

    query: str
    bounds: Bounds


FIND = Question(
    """
    query Identify($fingerprints: [[FingerprintQueryInput!]!]!) {
      findScenesBySceneFingerprints(fingerprints: $fingerprints) {
        id title details date duration
        urls { url }
        studio { name }
        performers { performer { name } }
        tags { name }
        images { url width height }
        fingerprints { algorithm hash duration }
      }
    }
    """,
    Bounds(size=32 << 20, seconds=60),
)
WHO = Question("query Who { me { name } }", Bounds(size=1 << 20, seconds=15))


@dataclass(frozen=True)
class StashBox:
    """Where it is, what a person calls it, and the key that it knows them by."""

    name: str
    endpoint: str
    key: str | None = field(default=None, repr=False)

    @property
    def origin(self) -> Origin:
        """The host and port that a person has trusted by configuring them."""
        return origin(self.endpoint)


@dataclass(frozen=True)
class Found:
    """A scene that a video may be."""

    remote_id: str
    proposal: Proposal
    match: Match


@dataclass(frozen=True)
class Known:
    """What a stash-box knows of one video."""

    #: The best first.
    found: tuple[Found, ...] = ()
    #: What is wrong with the scenes that could not be read.
    unreadable: tuple[str, ...] = ()


def find(web: Web, box: StashBox, videos: Sequence[Hashes], control: Control) -> list[Known]:
    """What the stash-box knows of each video; 40 videos a question.

    Raises:
        TransientError: it is away, too busy, or broken for now.
        PermanentError: it refuses the key or the question, or does not speak as a stash-box does.
        CancelledError: the work was asked to stop.
    """
    known: list[Known] = []
    for start in range(0, len(videos), MOST_SCENES):
        some = videos[start : start + MOST_SCENES]
        answer = _ask(web, box, FIND, control, fingerprints=[_fingerprints(video) for video in some])
        scenes = _read(_Scenes, answer, box).findScenesBySceneFingerprints
        if len(scenes) != len(some):
            raise PermanentError(f"{box.name} answers for {len(scenes)} videos where it was asked for {len(some)}")
        known += [_known(video, each, box) for video, each in zip(some, scenes, strict=True)]
    return known


def who(web: Web, box: StashBox, control: Control) -> str:
    """The name that the stash-box knows the key's owner by. Raises as `find` does."""
    me = _read(_Me, _ask(web, box, WHO, control), box).me
    if me is None:
        raise _refused(box, "it does not know whose key this is")
    return me.name


Shape = TypeVar("Shape", bound=BaseModel)


class _Scenes(BaseModel):
    findScenesBySceneFingerprints: list[list[Any]]


class _User(BaseModel):
    name: str = Field(max_length=200)


class _Me(BaseModel):
    me: _User | None


class _GraphqlError(BaseModel):
    message: str


class _Body(BaseModel):
    data: dict[str, Any] | None = None
    errors: list[_GraphqlError] | None = None


def _fingerprints(video: Hashes) -> list[dict[str, str]]:
    return [{"algorithm": algorithm, "hash": value} for algorithm, value in video.named().items()]


def _known(video: Hashes, scenes: Sequence[Any], box: StashBox) -> Known:
    """The scenes that can be read, each once; a flood of them is cut off."""
    found: dict[str, Found] = {}
    unreadable: list[str] = []
    for said in [each for each in scenes if each is not None][: 5 * MOST_PROPOSALS]:
        try:
            scene = Scene.model_validate(said)
            found[scene.id] = Found(scene.id, scene.proposal(), match(video, scene))
        except ValidationError as error:
            unreadable.append(_words(_first(error), box))
    best = sorted(found.values(), key=lambda each: -each.match.score)
    return Known(tuple(best[:MOST_PROPOSALS]), tuple(dict.fromkeys(unreadable)))


def _ask(web: Web, box: StashBox, question: Question, control: Control, **variables: Any) -> dict[str, Any]:
    headers = {"ApiKey": box.key} if box.key else {}
    body = {"query": question.query, "variables": variables}
    try:
        answer = web.post(box.endpoint, body, headers, question.bounds, control)
    except PermanentError as error:
        raise PermanentError(f"{box.name}: {_words(str(error), box)}") from None
    except TransientError as error:
        raise TransientError(f"{box.name}: {_words(str(error), box)}", after=PAUSE) from None
    return _data(answer, box)


def _data(answer: Answer, box: StashBox) -> dict[str, Any]:
    """What was asked for, or what went wrong in the server's words."""
    status, words = answer.status, _words(_say(answer), box)
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise _refused(box, f"it answers {status}")
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
        raise TransientError(f"{box.name} answers {status}: {words}", after=max(PAUSE, _pause(answer)))
    if 300 <= status < 400:
        there = _words(answer.headers.get("location", "elsewhere"), box)
        raise PermanentError(f"{box.name} leads to {there}; if that is right, make it the address of this stash-box")
    body = _body(answer)
    if body and body.errors:
        if any("authorized" in each.message.lower() for each in body.errors):
            raise _refused(box, words)
        raise PermanentError(f"{box.name}: {words}")
    if status != httpx.codes.OK or body is None or body.data is None:
        raise PermanentError(f"{box.name} does not answer as a stash-box does ({status}): {words}")
    return body.data


def _body(answer: Answer) -> _Body | None:
    try:
        return _Body.model_validate_json(answer.body)
    except ValidationError:
        return None


def _read(shape: type[Shape], data: dict[str, Any], box: StashBox) -> Shape:
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        raise PermanentError(f"{box.name} does not answer as a stash-box does: {_first(error)}") from None


def _refused(box: StashBox, why: str) -> PermanentError:
    return PermanentError(f"{box.name} refuses the API key: {why}. Set its API key anew, then retry.")


def _say(answer: Answer) -> str:
    """The messages of GraphQL's errors, else the whole answer."""
    body = _body(answer)
    if body and body.errors:
        return "; ".join(each.message for each in body.errors)
    return answer.body.decode(errors="replace") or "nothing"


def _words(said: str, box: StashBox) -> str:
    """A server's words, short, in one line, and without the key, should it repeat that."""
    if box.key:
        said = said.replace(box.key, "…")
    line = " ".join(said.split())
    return line if len(line) <= WORDS else f"{line[:WORDS]}…"


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _pause(answer: Answer) -> float:
    """The seconds after which a server wants to be asked again, by Retry-After (RFC 9110, 10.2.3)."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdigit():
        return min(LONGEST_PAUSE, float(said[:9]))
    try:
        wanted = parsedate_to_datetime(said)
        now = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, min(LONGEST_PAUSE, (wanted - now).total_seconds()))
    except (ValueError, TypeError):
        return 0.0
