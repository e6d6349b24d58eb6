"""Looking videos up by their hashes, at every stash-box that a person has configured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from db.identify import NO_STASH_BOX, LookedUp, Proposed, VideoToIdentify, enabled_boxes, save_lookups
from db.identify import videos_to_identify as load_videos
from db.ledger import Claimed, FollowUp
from flows.identify_lookup import BoxLookup, Pauses
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from flows.secrets import secret
from flows.work import Done
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.identify.stash_box import Found, Known

#: A stash-box that did not answer while others did is asked again on its own, after so long (seconds).
ASK_AGAIN = 60.0
NO_HASHES = "This video has no hashes of its present content; run Fingerprint, then Identify."


@flow(name="identify", task_runner=SLOTS, persist_result=False)
def identify(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Look videos up by their hashes and keep what is proposed."""
    return work_off(BY_NAME["identify"], IdentifyWork(), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Wanted:
    """A video, and whom to ask."""

    video: VideoToIdentify
    lookups: Sequence[BoxLookup]


@dataclass(frozen=True)
class Identified:
    """What those know who answered, by endpoint, and after how many seconds the others may be asked again, by id."""

    known: Mapping[str, Known]
    again: Mapping[int, float]


class IdentifyWork:
    """Each batch is one question to each stash-box; what comes of each video is told on its own."""

    calls_for: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._pauses = Pauses()

    def open(self) -> AbstractContextManager[Web]:
        """The way to other servers."""
        return Web()

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Wanted]:
        """The videos, and for each those of the enabled stash-boxes that its job names: all, where it names none."""
        videos = load_videos(conn, [int(job.target_id) for job in jobs])
        lookups = [BoxLookup(box, secret, self._pauses) for box in enabled_boxes(conn)]
        wanted = {}
        for job in jobs:
            if video := videos.get(int(job.target_id)):
                named = job.payload.get("stashBoxes")
                chosen = [each for each in lookups if named is None or each.box.id in named]
                for each in chosen if video.hashes else ():
                    each.add(video)
                wanted[job.id] = Wanted(video, chosen)
        return wanted

    def run(self, tools: Web, job: Claimed, target: Wanted, control: Control) -> Identified:
        """Ask. A stash-box that fails while another answers is asked again by a job of its own."""
        if target.video.hashes is None:
            raise PermanentError(NO_HASHES)
        if not target.lookups:
            raise PermanentError(NO_STASH_BOX)
        known: dict[str, Known] = {}
        failed: dict[int, PermanentError | TransientError] = {}
        for lookup in target.lookups:
            try:
                known[lookup.box.endpoint] = _told(lookup, target.video, tools, control)
            except (PermanentError, TransientError) as error:
                failed[lookup.box.id] = error
        if not known:
            raise _together(list(failed.values()))
        for why in failed.values():
            control.log("warn", "A stash-box could not be asked; it is asked again.", error=str(why))
        return Identified(known, {box: max(ASK_AGAIN, getattr(why, "after", 0)) for box, why in failed.items()})

    def save(
        self, conn: Connection, done: Sequence[Done[Wanted, Identified]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Keep the proposals, and have those asked again who did not answer."""
        save_lookups(conn, [_looked_up(each) for each in done])
        return [(each.job, [_again(each)]) for each in done if each.result.again]

    def summary(self, result: Identified) -> Mapping[str, Any]:
        """How many proposals each stash-box made, and how well the best of them fits."""
        found = [one for known in result.known.values() for one in known.found]
        return {
            "proposals": {endpoint: len(known.found) for endpoint, known in result.known.items()},
            "best": max((one.match.score for one in found), default=None),
        }


def _told(lookup: BoxLookup, video: VideoToIdentify, web: Web, control: Control) -> Known:
    known = lookup.of(video.id, web, control)
    for words in known.unreadable:
        control.log("warn", f"{lookup.box.name} proposes a scene that cannot be read.", error=words)
    return known


def _together(errors: Sequence[PermanentError | TransientError]) -> PermanentError | TransientError:
    """Several failures as one: to be tried again if one of them is."""
    words = "; ".join(dict.fromkeys(str(error) for error in errors))
    passing = [error for error in errors if isinstance(error, TransientError)]
    if passing:
        return TransientError(words, after=max(error.after for error in passing))
    return PermanentError(words)


def _looked_up(done: Done[Wanted, Identified]) -> LookedUp:
    video = done.target.video
    return LookedUp(
        video.id,
        video.hashes or "",
        [lookup.box.id for lookup in done.target.lookups],
        {endpoint: [_proposed(found) for found in known.found] for endpoint, known in done.result.known.items()},
    )


def _proposed(found: Found) -> Proposed:
    fits = found.match
    matched_by = {
        "hashes": list(fits.hashes),
        "phashDistance": fits.phash_distance,
        "durationDifference": fits.duration_difference,
    }
    return Proposed(found.remote_id, fits.score, matched_by, found.proposal.said())


def _again(done: Done[Wanted, Identified]) -> FollowUp:
    job, again = done.job, done.result.again
    return FollowUp(
        job.queue_name,
        job.target_id,
        job.target_label,
        job.target_type,
        job.is_nsfw,
        payload={"stashBoxes": list(again)},
        delay=max(again.values()),
    )
