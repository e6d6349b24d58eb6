"""A stash-box: which scenes it knows by these hashes, asked in its own GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from tasks.clients.web import Bounds, Web
from tasks.control import Control
from tasks.errors import PermanentError
from tasks.identify.graphql import Question, StashBox, ask, first_of, in_words, read, refused
from tasks.identify.match import Hashes, Match, match
from tasks.identify.proposal import Proposal
from tasks.identify.scene import Scene

#: A stash-box refuses more scenes in one question.
MOST_SCENES = 40
#: What is kept of the scenes that one video might be.
MOST_PROPOSALS = 20

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
    """What the stash-box knows of each video; 40 videos a question. Raises as `ask` does."""
    known: list[Known] = []
    for start in range(0, len(videos), MOST_SCENES):
        some = videos[start : start + MOST_SCENES]
        answer = ask(web, box, FIND, control, fingerprints=[_fingerprints(video) for video in some])
        scenes = read(_Scenes, answer, box).findScenesBySceneFingerprints
        if len(scenes) != len(some):
            raise PermanentError(f"{box.name} answers for {len(scenes)} videos where it was asked for {len(some)}")
        known += [_known(video, each, box) for video, each in zip(some, scenes, strict=True)]
    return known


def who(web: Web, box: StashBox, control: Control) -> str:
    """The name that the stash-box knows the key's owner by. Raises as `ask` does."""
    me = read(_Me, ask(web, box, WHO, control), box).me
    if me is None:
        raise refused(box, "it does not know whose key this is")
    return me.name


class _Scenes(BaseModel):
    findScenesBySceneFingerprints: list[list[Any]]


class _User(BaseModel):
    name: str = Field(max_length=200)


class _Me(BaseModel):
    me: _User | None


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
            unreadable.append(in_words(first_of(error), box))
    best = sorted(found.values(), key=lambda each: -each.match.score)
    return Known(tuple(best[:MOST_PROPOSALS]), tuple(dict.fromkeys(unreadable)))
