"""What the page's forms may ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from db.collections import EntityName
from ops_api import adaptive_sets, collect, found, queue_settings, upkeep
from ops_api.desk import Desk
from ops_api.models import RowId, Text, Told, Which


def _own(back: str) -> str:
    """An address of this server, and of no other."""
    if not back.startswith("/") or back.startswith(("//", "/\\")) or not back.isprintable():
        raise ValueError("must be a path on this server")
    return back


Back = Annotated[str, AfterValidator(_own)]


class Asking(BaseModel):
    """What every form says besides what it is about: what is asked back first, and where to go on."""

    #: The question that is asked before it is done, and whether it was answered.
    ask: str = ""
    confirmed: bool = False
    back: Back = "/"

    def said(self) -> list[tuple[str, str]]:
        """The fields that were sent, to be sent again."""
        sent = self.model_dump(exclude_unset=True).items()
        fields = ((name, value if isinstance(value, list) else [value]) for name, value in sent)
        return [(name, str(value)) for name, values in fields for value in values if value is not None]


class Wish(Asking):
    """The fields of the buttons of jobs and queues; which of them matter is the verb's business."""

    queue: Text = ""
    job: int | None = Field(None, ge=1, le=2**63 - 1)
    #: Several, which a person has marked.
    jobs: list[RowId] = Field(default_factory=list, max_length=10_000)
    kind: Text | None = None
    #: The filters of the logs, and how many jobs were shown by them.
    query: Annotated[Text, Field(max_length=5000)] = ""
    seen: int = 0
    status: Literal["failed", "cancelled"] | None = None
    library: int | None = Field(None, ge=1, le=2**63 - 1)
    collection: int | None = Field(None, ge=1, le=2**63 - 1)
    #: What is put into a collection, or the item that is taken out.
    entity: EntityName = "video"
    item: int | None = Field(None, ge=1, le=2**63 - 1)
    video: int | None = Field(None, ge=1, le=2**63 - 1)
    #: Whether generated files are to lie in the cache, or beside the videos.
    dedicated: bool = False
    #: How long a pause lasts.
    minutes: int | None = Field(None, ge=1, le=60 * 24 * 365)
    #: What a queue is to have of its own; nothing: as it is without.
    slots: int | None = None
    priority: int | None = None
    #: When what is to be put back on the list was cleared.
    moment: AwareDatetime | None = None

    @property
    def which(self) -> Which:
        """The failed and cancelled jobs that are meant."""
        ids = self.jobs or (None if self.job is None else [self.job])
        return Which(queue_name=self.queue or None, job_ids=ids, status=self.status, kind=self.kind)


Act = Callable[[Desk, Wish], Told]

VERBS: dict[str, Act] = {
    "run": lambda desk, wish: desk.run(wish.queue),
    "run-all": lambda desk, wish: desk.run(wish.queue, everything=True),
    "phash": lambda desk, _: desk.backfill_phash(),
    "cancel-queue": lambda desk, wish: desk.cancel_queue(wish.queue),
    "cancel-running": lambda desk, _: desk.cancel_running(),
    "cancel-jobs": lambda desk, wish: desk.cancel_jobs(wish.jobs),
    "cancel-job": lambda desk, wish: desk.cancel_job(wish.job or 0),
    "retry-found": lambda desk, wish: found.retry(desk, wish.query, wish.seen),
    "clear-found": lambda desk, wish: found.clear(desk, wish.query, wish.seen),
    "cancel-found": lambda desk, wish: found.cancel(desk, wish.query, wish.seen),
    "first": lambda desk, wish: desk.put_first(wish.job or 0),
    "queue-slots": lambda desk, wish: queue_settings.set_slots(desk, wish.queue, wish.slots),
    "queue-reset": lambda desk, wish: queue_settings.reset(desk, wish.queue),
    "queue-priority": lambda desk, wish: queue_settings.set_priority(desk, wish.queue, wish.priority),
    "pause": lambda desk, wish: desk.pause(wish.queue or None, wish.minutes),
    "resume": lambda desk, wish: desk.resume(wish.queue or None),
    "retry-job": lambda desk, wish: desk.retry_job(wish.job or 0),
    "retry": lambda desk, wish: desk.retry(wish.which),
    "clear": lambda desk, wish: desk.clear(wish.which),
    "unclear": lambda desk, wish: desk.unclear(wish.moment or datetime.fromtimestamp(0, UTC)),
    "collection-refresh": lambda desk, wish: desk.refresh_collection(wish.collection or 0),
    "collection-delete": lambda desk, wish: collect.delete(desk, wish.collection or 0),
    "collection-restore": lambda desk, wish: collect.restore(desk, wish.collection or 0),
    "collect": lambda desk, wish: collect.pick(desk, wish.collection or 0, wish.entity, wish.item or 0),
    "uncollect": lambda desk, wish: collect.unpick(desk, wish.collection or 0, wish.item or 0),
    "adaptive-set": lambda desk, wish: adaptive_sets.ask(desk, wish.video or 0),
    "adaptive-set-remove": lambda desk, wish: adaptive_sets.forget(desk, wish.video or 0),
    "move-files": lambda desk, wish: upkeep.migrate(desk.engine, desk.starter, dedicated=wish.dedicated),
    "scan": lambda desk, wish: desk.scan(wish.library or 0),
}
