"""What an indexer says of a release, in whatever form, and the release that it amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tasks.clients import fields
from tasks.clients.indexers.magnet import magnet_hash
from tasks.clients.indexers.source import Source
from tasks.clients.web import MAGNET
from tasks.requests.release import Protocol, Release

#: What a tracker counts, and by which names people know it.
FREE, PARTLY_FREE, DOUBLE_UPLOAD = "Freeleech", "Partial Freeleech", "Double Upload"
#: From here on categories are a site's own.
FIRST_OWN_CATEGORY = 100_000


@dataclass
class Said:
    """Values as they came."""

    title: object = None
    guid: object = None
    #: Where it can be downloaded from, the best first.
    links: Sequence[object] = ()
    indexer: object = None
    #: `torrent` or `usenet` where it is said.
    protocol: object = None
    size: object = None
    seeders: object = None
    leechers: object = None
    #: Seeders and leechers.
    peers: object = None
    published: object = None
    info_hash: object = None
    info_urls: Sequence[object] = ()
    flags: Iterable[object] = ()
    download_factor: object = None
    upload_factor: object = None
    categories: Iterable[object] = field(default_factory=tuple)

    def release(self, source: Source) -> Release | None:
        """What can be made of it; None where it has no title, leads nowhere, or is not of what was asked for."""
        title, link = fields.line(self.title), self._link()
        categories = fields.categories(self.categories)
        if title is None or link is None or not wanted(categories, source.categories):
            return None
        seeders = fields.people(self.seeders)
        return Release(
            guid=source.masked(fields.line(self.guid, fields.LONGEST_ADDRESS) or link),
            title=source.masked(title),
            indexer=fields.line(self.indexer, 100) or source.name,
            indexer_id=source.id,
            protocol=self._protocol(link, source),
            size=fields.size(self.size),
            seeders=seeders,
            leechers=self._leechers(seeders),
            published=fields.moment(self.published),
            download_url=source.masked(link),
            info_hash=fields.info_hash(self.info_hash) or magnet_hash(link),
            info_url=next((source.masked(found) for said in self.info_urls if (found := fields.address(said))), None),
            flags=fields.flags((*self.flags, *self._counted())),
            categories=categories,
        )

    def _link(self) -> str | None:
        """The first that can be followed; magnet links stay as they are."""
        for link in self.links:
            if found := fields.address(link):
                return found
            if isinstance(link, str) and magnet_hash(link):
                return link
        return None

    def _protocol(self, link: str, source: Source) -> Protocol:
        if link.startswith(MAGNET) or self.protocol == "torrent":
            return "torrent"
        return "usenet" if self.protocol == "usenet" or source.kind == "newznab" else "torrent"

    def _leechers(self, seeders: int | None) -> int | None:
        peers = fields.people(self.peers)
        if self.leechers is None and peers is not None and seeders is not None:
            return max(0, peers - seeders)
        return fields.people(self.leechers)

    def _counted(self) -> list[str]:
        """Flags that are said in numbers."""
        down, up = fields.factor(self.download_factor), fields.factor(self.upload_factor)
        free = [] if down is None or down >= 1 else [PARTLY_FREE if down else FREE]
        return free + ([DOUBLE_UPLOAD] if up is not None and up > 1 else [])


def wanted(categories: Sequence[int], asked: Sequence[int]) -> bool:
    """Whether a release of these categories answers a question for those; a whole kind such as 3000 has parts.

    What a site says in numbers of its own only, or does not say, is taken for an answer.
    """
    known = [number for number in categories if number < FIRST_OWN_CATEGORY]
    return not known or any(
        _kind(number) in asked or number in asked or number in map(_kind, asked) for number in known
    )


def _kind(category: int) -> int:
    return category - category % 1000
