"""The filters of the logs page: what is in its address is its state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from db.dashboard import DEEPEST, DEEPEST_BY_WORDS, STATES, STATUSES, Search
from flows.queues import BY_NAME
from ops_api.columns import LOGS, LOGS_USUAL, chosen
from ops_api.models import Text

Span = Literal["hour", "day", "week", "month", "all"]
SPANS: dict[str, timedelta | None] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "all": None,
}
#: In words, where it is not the usual one.
SPAN_CHIPS = {"hour": "last hour", "day": "last day", "month": "last 30 days", "all": "all time"}
SIZES = (25, 50, 100)


def _known(value: object, allowed: tuple[object, ...], default: object) -> object:
    return value if value in allowed else default


def moment(value: object) -> datetime | None:
    """A time that was typed; one that cannot be read filters nothing."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return read if read.tzinfo else read.astimezone(UTC)


def _whole(value: object, digits: int = 6) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else 0


def _target(value: object) -> str:
    kind, _, number = str(value).partition(":")
    return f"{kind}:{number}" if kind and number and len(number) <= 200 else ""


class Filters(BaseModel):
    """What a person looks for. What is not understood is left out; what is default is not in the address."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="ignore")

    q: Annotated[Text, Field(max_length=200)] = ""
    queue: Annotated[str, BeforeValidator(lambda value: _known(value, tuple(BY_NAME), ""))] = ""
    status: Annotated[str, BeforeValidator(lambda value: _known(value, (*STATUSES, *STATES), ""))] = ""
    span: Annotated[Span, BeforeValidator(lambda value: _known(value, tuple(SPANS), "week"))] = "week"
    since: Annotated[datetime | None, BeforeValidator(moment)] = None
    until: Annotated[datetime | None, BeforeValidator(moment)] = None
    #: What they work on: `video:17`.
    target: Annotated[Text, BeforeValidator(_target)] = ""
    #: The job that led to them, one way or another.
    origin: Annotated[int, BeforeValidator(lambda value: _whole(value, 18))] = 0
    trigger: Annotated[Text, Field(max_length=100)] = ""
    #: A normalised error.
    kind: Annotated[Text, Field(max_length=2000)] = ""
    errors: Annotated[bool, BeforeValidator(lambda value: str(value) in {"1", "true", "on", "True"})] = False
    page: Annotated[int, BeforeValidator(lambda value: max(1, _whole(value)))] = 1
    limit: Annotated[int, BeforeValidator(lambda value: _known(_whole(value), SIZES, 50))] = 50
    columns: Annotated[tuple[str, ...], chosen(LOGS, LOGS_USUAL)] = LOGS_USUAL

    @property
    def active(self) -> bool:
        """Whether anything narrows the list besides the usual last week."""
        return bool(self.chips)

    @property
    def chips(self) -> dict[str, str]:
        """What narrows the list, in words, by the name of the filter."""
        words = {
            "q": f"“{self.q}”" if self.q else "",
            "queue": BY_NAME[self.queue].label if self.queue else "",
            "status": self.status,
            "target": self.target.replace(":", " ", 1),
            "origin": f"from job {self.origin}" if self.origin else "",
            "trigger": f"wanted by {self.trigger}" if self.trigger else "",
            "kind": self.kind if len(self.kind) <= 60 else f"{self.kind[:60]}…",
            "errors": "errors only" if self.errors else "",
            "since": f"since {self.since:%Y-%m-%d %H:%M}" if self.since else "",
            "until": f"until {self.until:%Y-%m-%d %H:%M}" if self.until else "",
            "span": {"hour": "last hour", "day": "last day", "month": "last 30 days", "all": "all time"}.get(
                self.span, ""
            ),
        }
        return {name: text for name, text in words.items() if text}

    def address(self, **changes: object) -> str:
        """The page with these filters, some of them changed; any change but of the page leads to the first one."""
        fields = self.model_dump() | ({} if "page" in changes else {"page": 1}) | changes
        default = Filters().model_dump()
        said = {name: spelled(value) for name, value in fields.items() if value != default[name]}
        return f"/logs?{urlencode(said)}" if said else "/logs"

    @property
    def query(self) -> str:
        """The filters alone, as they stand in the address."""
        return self.address(page=1, limit=50, columns=LOGS_USUAL).partition("?")[2]

    def without(self, name: str) -> str:
        """The page without one filter."""
        return self.address(**{name: Filters().model_dump()[name]})

    def search(self, now: datetime) -> Search:
        """What is asked of the ledger. A span holds where no times were given."""
        back = SPANS[self.span]
        since = self.since or (None if self.until or back is None else now - back)
        return Search(
            queue=self.queue or None,
            status=self.status or None,
            text=self.q or None,
            target=_pair(self.target),
            origin=self.origin or None,
            trigger=self.trigger or None,
            kind=self.kind or None,
            since=since,
            until=self.until,
            errors=self.errors,
            limit=self.limit,
            offset=(min(self.page, self.last(DEEPEST_BY_WORDS if self.q else DEEPEST)) - 1) * self.limit,
        )

    def last(self, count: int) -> int:
        """The number of the last page of so many jobs."""
        return max(1, -(-min(count, DEEPEST) // self.limit))


def _pair(target: str) -> tuple[str, str] | None:
    kind, _, number = target.partition(":")
    return (kind, number) if target else None


def spelled(value: object) -> str:
    """A filter's value as it stands in an address."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, tuple):
        return ",".join(value)
    return "1" if value is True else str(value)
