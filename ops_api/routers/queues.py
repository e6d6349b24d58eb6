"""Queues: run one, cancel one, pause one, say how much of it runs at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ops_api import models, queue_settings
from ops_api.dependencies import Reading, TheDesk

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


@router.get("/{queue}/settings")
def read_queue_settings(conn: Reading, queue: str) -> models.QueueSettings:
    """How much of the queue runs at once and how urgent its jobs are."""
    return queue_settings.read(conn, queue)


@router.put("/{queue}/settings")
def change_queue_settings(desk: TheDesk, queue: str, wanted: models.QueueChange) -> models.QueueSettings:
    """Change what the body names, `null` to take back what was set; answers with all of it.

    In force at the next claim, in every process. What runs above a lower number of slots is finished.
    """
    return queue_settings.change(desk, queue, **wanted.model_dump(exclude_unset=True))
