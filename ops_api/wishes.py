"""What the page's forms may ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, Field

from ops_api.desk import Desk
from ops_api.models import Text, Told, Which

Back = Literal["/", "/#queues", "/#live-work", "/#failures", "/libraries"]


class Wish(BaseModel):
    """The fields of every form; which of them matter is the verb's business."""

    queue: Text = ""
    job: int | None = Field(None, ge=1, le=2**63 - 1)
    kind: Text | None = None
    status: Literal["failed", "cancelled"] | None = None
    library: int | None = Field(None, ge=1, le=2**63 - 1)
    path: Text = ""
    #: The question that is asked before it is done, and whether it was answered.
    ask: str = ""
    confirmed: bool = False
    back: Back = "/"

    @property
    def which(self) -> Which:
        """The failed and cancelled jobs that are meant."""
        ids = None if self.job is None else [self.job]
        return Which(queue_name=self.queue or None, job_ids=ids, status=self.status, kind=self.kind)

    def said(self) -> dict[str, str]:
        """The fields that were sent, to be sent again."""
        return {name: str(value) for name, value in self.model_dump(exclude_unset=True).items() if value is not None}


Act = Callable[[Desk, Wish], Told]

VERBS: dict[str, Act] = {
    "run": lambda desk, wish: desk.run(wish.queue),
    "cancel-queue": lambda desk, wish: desk.cancel_queue(wish.queue),
    "cancel-running": lambda desk, _: desk.cancel_running(),
    "cancel-job": lambda desk, wish: desk.cancel_job(wish.job or 0),
    "retry-job": lambda desk, wish: desk.retry_job(wish.job or 0),
    "retry": lambda desk, wish: desk.retry(wish.which),
    "clear": lambda desk, wish: desk.clear(wish.which),
    "watch": lambda desk, wish: desk.watch(wish.path),
    "scan": lambda desk, wish: desk.scan(wish.library or 0),
}
