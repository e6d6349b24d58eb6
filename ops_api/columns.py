"""Which columns of a list a person wants to see: what is in the address is the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

#: Of the logs: their names in the address, and in words. That a job stands there and how it is, is always shown.
LOGS = {
    "queue": "queue",
    "target": "target",
    "took": "how long it took",
    "attempts": "attempts",
    "enqueued": "enqueued",
    "ended": "ended",
    "error": "error",
    "by": "wanted by",
    "priority": "priority",
    "id": "number",
}
LOGS_USUAL = ("queue", "target", "took", "attempts", "enqueued")
#: Of the failures on the operations page: what went wrong stands above them.
FAILURES = {name: words for name, words in LOGS.items() if name != "error"}
FAILURES_USUAL = ("queue", "target", "attempts", "ended")
#: Of the requests. The book and how its request is are always shown.
REQUESTS = {
    "cover": "cover",
    "why": "why it waits",
    "by": "asked for by",
    "narrator": "narrator",
    "released": "release date",
    "asin": "ASIN",
    "changed": "last change",
    "id": "number",
}
REQUESTS_USUAL = ("cover", "why", "by")
#: Of the videos of the library, below their pictures.
VIDEOS = {"about": "series or year", "added": "found", "size": "size", "codec": "codec", "path": "path"}
CARDS_USUAL = ("about",)
#: Of the galleries, the folders of audio and the collections, likewise.
GALLERIES = {"about": "galleries in it", "added": "found", "rating": "rating", "path": "path"}
AUDIO = {"about": "tracks and folders", "added": "found", "rating": "rating", "path": "path"}
COLLECTIONS = {"about": "how it is chosen", "added": "made", "changed": "changed", "refreshed": "refreshed"}


def chosen(known: Mapping[str, str], usual: tuple[str, ...]) -> BeforeValidator:
    """Those of the known ones that are said, once or as a list with commas, in their order; the usual ones, if none."""

    def read(value: object) -> tuple[str, ...]:
        parts = value if isinstance(value, list | tuple) else [value]
        said = {name for part in parts for name in str(part).split(",")}
        return tuple(name for name in known if name in said) or usual

    return BeforeValidator(read)


class Failures(BaseModel):
    """How the failures on the operations page are shown: what is in its address."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    columns: Annotated[tuple[str, ...], chosen(FAILURES, FAILURES_USUAL)] = FAILURES_USUAL

    @property
    def query(self) -> str:
        """As it stands in an address; nothing where it is as usual."""
        return f"?columns={','.join(self.columns)}" if self.columns != FAILURES_USUAL else ""
