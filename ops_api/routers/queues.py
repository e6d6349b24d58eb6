"""Queues: run one, cancel one, pause one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ops_api import models
from ops_api.dependencies import TheDesk

router = APIRouter(prefix="/api/jobs/queues", tags=["queues"])

Minutes = Annotated[int | None, Query(ge=1, le=60 * 24 * 365)]


@router.post("/{queue}/run")
def run_queue(desk: TheDesk, queue: str, everything: Annotated[bool, Query(alias="all")] = False) -> models.Enqueued:
    """Enqueue every target that lacks the queue's result (with `all`, every target), and start the queue."""
    return desk.run(queue, everything=everything)


@router.post("/{queue}/cancel")
def cancel_queue(desk: TheDesk, queue: str) -> models.Cancelled:
    """Cancel all that waits or runs in the queue."""
    return desk.cancel_queue(queue)


@router.post("/{queue}/pause")
def pause_queue(desk: TheDesk, queue: str, minutes: Minutes = None) -> models.Told:
    """Let the queue take no new work, for so many minutes or until it is resumed. What runs is finished."""
    return desk.pause(queue, minutes)


@router.post("/{queue}/resume")
def resume_queue(desk: TheDesk, queue: str) -> models.Told:
    """Let the queue work again. A pause of all queues goes on."""
    return desk.resume(queue)
