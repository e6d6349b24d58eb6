"""A configured indexer, and what keeps its key from anybody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

import httpx

from tasks.clients.addresses import Origin, origin

Kind = Literal["prowlarr", "torznab", "newznab"]

AUDIOBOOKS = 3030
#: Stands for the key in an address that is kept. No address that was read holds it, for `<` is always written `%3C`.
MASK = "<key>"


@dataclass(frozen=True)
class Source:
    """A Prowlarr, or one feed that speaks Torznab or Newznab."""

    #: What its releases are known by as coming from here.
    id: int | None
    name: str
    kind: Kind
    #: Prowlarr's own address, or a feed's with or without `/api` at its end.
    url: str
    key: str | None = field(default=None, repr=False)
    #: Torznab's numbers. Where there is none, it is not asked.
    categories: tuple[int, ...] = (AUDIOBOOKS,)
    #: Which of Prowlarr's indexers; all that are enabled where none is named.
    remote_ids: tuple[int, ...] = ()

    @property
    def origin(self) -> Origin:
        """Its host and port."""
        return origin(self.url)

    def at(self, path: str) -> str:
        """The address of one of Prowlarr's pages."""
        return f"{self.url.rstrip('/')}/{path}"

    @property
    def endpoint(self) -> str:
        """Where a feed takes questions, without what the address may have asked for."""
        url = httpx.URL(self.url).copy_with(query=None, fragment=None)
        path = url.path.rstrip("/")
        return str(url.copy_with(path=path if path.endswith("/api") else f"{path}/api"))

    @property
    def header(self) -> dict[str, str]:
        """How Prowlarr is told the key, and whoever asks for it before a download."""
        return {"X-Api-Key": self.key} if self.key else {}

    @property
    def parameter(self) -> dict[str, str]:
        """How a feed is told the key."""
        return {"apikey": self.key} if self.key else {}

    def masked(self, said: str) -> str:
        """What the source said without its key, so that it can be kept."""
        for written in self._written():
            said = said.replace(written, MASK)
        return said

    def unmasked(self, url: str) -> str:
        """An address as the source gave it."""
        return url.replace(MASK, quote(self.key or "", safe=""))

    def _written(self) -> tuple[str, ...]:
        return (self.key, quote(self.key, safe="")) if self.key else ()
