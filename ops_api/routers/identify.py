"""Identifying videos: the stash-boxes that are asked, and what is proposed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Query

from db import identify
from ops_api import models
from ops_api.dependencies import Id, Reading, TheIdentifyDesk, Writing
from ops_api.identify import box, result, results

router = APIRouter(prefix="/api", tags=["identify"])

BigId = Annotated[int | None, Query(ge=1, le=2**63 - 1, alias="videoId")]
#: A score and an id: where the page before ended.
After = Annotated[str | None, Query(pattern=r"^\d{1,3}:\d{1,18}$")]


@router.get("/stash-boxes")
def list_stash_boxes(conn: Reading) -> models.StashBoxes:
    """All stash-boxes, by name."""
    return models.StashBoxes(stash_boxes=[box(each) for each in identify.list_boxes(conn)])


@router.post("/stash-boxes", status_code=201)
def add_stash_box(desk: TheIdentifyDesk, wanted: models.NewStashBox) -> models.StashBox:
    """Look videos up at another server. Its key is kept by Prefect, encrypted, and never shown again."""
    return desk.add_box(wanted)


@router.patch("/stash-boxes/{box_id}")
def change_stash_box(desk: TheIdentifyDesk, box_id: Id, wanted: models.StashBoxChanges) -> models.StashBox:
    """Change what the body names."""
    return desk.change_box(box_id, wanted)


@router.delete("/stash-boxes/{box_id}", status_code=204)
def remove_stash_box(desk: TheIdentifyDesk, box_id: Id) -> None:
    """Ask it no more and forget its key. What it has proposed stays."""
    desk.remove_box(box_id)


@router.post("/stash-boxes/{box_id}/test")
def test_stash_box(desk: TheIdentifyDesk, box_id: Id) -> models.StashBoxTested:
    """Ask it whose key it is given, at once."""
    return desk.test_box(box_id)


@router.get("/identify-results")
def list_identify_results(
    conn: Reading,
    *,
    status: identify.Status | None = None,
    video_id: BigId = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> models.IdentifyResults:
    """Proposals, those that fit best first."""
    place = identify.Place(*map(int, after.split(":"))) if after else None
    found = results(conn, status=status, video_id=video_id, after=place, limit=limit)
    next_after = f"{found[-1].score}:{found[-1].id}" if len(found) == limit else None
    return models.IdentifyResults(results=found, next_after=next_after)


@router.post("/identify-results", status_code=201)
def hand_in_identify_result(conn: Writing, wanted: models.NewIdentifyResult) -> models.IdentifyResult:
    """Propose something of a video. The same `source` and `remoteId` again replaces what nobody has decided on."""
    if wanted.video_id is None:
        raise HTTPException(400, "Say by videoId which video this result is of.")
    proposed = wanted.proposed.said()
    if not proposed:
        raise HTTPException(400, "Propose at least one field.")
    handed_in = identify.hand_in(
        conn, video_id=wanted.video_id, source=wanted.source, remote_id=wanted.remote_id, proposed=proposed
    )
    return result(handed_in)


@router.get("/identify-results/{result_id}")
def read_identify_result(conn: Reading, result_id: Id) -> models.IdentifyResult:
    """One proposal."""
    return result(identify.get_result(conn, result_id))


@router.post("/identify-results/{result_id}/accept")
def accept_identify_result(
    desk: TheIdentifyDesk, result_id: Id, wanted: Annotated[models.Acceptance | None, Body()] = None
) -> models.Accepted:
    """Accept a proposal, or some of its fields, and apply it. Until that is done, the fields may be chosen anew."""
    return desk.accept(result_id, wanted.fields if wanted else None)


@router.post("/identify-results/{result_id}/reject")
def reject_identify_result(desk: TheIdentifyDesk, result_id: Id) -> models.Rejected:
    """Reject a proposal."""
    return desk.reject(result_id)


@router.post("/identify-results/{result_id}/apply")
def apply_identify_result(desk: TheIdentifyDesk, result_id: Id) -> models.Accepted:
    """Apply an accepted proposal, whose job was cancelled or failed. What is applied is not applied again: 409."""
    return desk.apply(result_id)


@router.post("/videos/{video_id}/identify")
def identify_video(
    desk: TheIdentifyDesk, video_id: Id, wanted: Annotated[models.WantedIdentify | None, Body()] = None
) -> models.Enqueued:
    """Look one video up by its hashes."""
    return desk.look_up(video_id, wanted.stash_box_id if wanted else None)
