"""A feed that speaks Torznab or Newznab: search, the newest, and what it is capable of.

Sources: the Torznab specification 1.3 (draft), Newznab's API documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from xml.etree.ElementTree import Element

from tasks.clients.indexers import feed
from tasks.clients.indexers.asking import SEARCH, SMALL, ask, complaint, not_understood
from tasks.clients.indexers.feed import Capabilities, NotXmlError, Page
from tasks.clients.indexers.source import Source
from tasks.clients.web import Bounds, Web
from tasks.control import Control
from tasks.requests.release import Release

Question = dict[str, str | int]

#: Releases on a page, which few indexers exceed; and how many pages are turned.
PAGE, MOST_PAGES = 100, 5


def search(web: Web, source: Source, terms: str, control: Control) -> Iterator[Release]:
    """What a feed knows by these terms, page after page. Raises as `asking.ask` does."""
    return turned(lambda offset: page(web, source, source.endpoint, control, terms=terms, offset=offset))


def newest(web: Web, source: Source, control: Control) -> Sequence[Release]:
    """The newest releases, one page of them. Raises as `asking.ask` does."""
    return page(web, source, source.endpoint, control).releases


def turned(get: Callable[[int], Page]) -> Iterator[Release]:
    """The releases of pages, each once, until a page brings nothing new or is the last. `get` is given an offset."""
    seen: set[str] = set()
    read = 0
    for _ in range(MOST_PAGES):
        found = get(read)
        fresh = [release for release in found.releases if release.guid not in seen]
        seen.update(release.guid for release in fresh)
        yield from fresh
        read += found.items
        is_last = found.items < PAGE if found.total is None else read >= found.total
        if is_last or not fresh:
            return


def page(web: Web, source: Source, url: str, control: Control, *, terms: str | None = None, offset: int = 0) -> Page:
    """A page of a search, or of the newest without `terms`, at the address of a feed. Raises as `asking.ask` does."""
    categories = ",".join(map(str, source.categories))
    wanted: Question = {"t": "search", "cat": categories, "extended": 1, "limit": PAGE, "offset": offset}
    root = _ask(web, source, url, control, wanted if terms is None else {**wanted, "q": terms}, bounds=SEARCH)
    try:
        return feed.page(root, source)
    except NotXmlError as error:
        raise not_understood(source, str(error)) from None


def about(web: Web, source: Source, control: Control) -> Capabilities:
    """What a feed is and has. It is searched as well, for many tell that much without asking for the key.

    Raises as `asking.ask` does.
    """
    root = _ask(web, source, source.endpoint, control, {"t": "caps"}, bounds=SMALL)
    try:
        found = feed.capabilities(root)
    except NotXmlError as error:
        raise not_understood(source, str(error)) from None
    newest(web, source, control)
    return found


def _ask(web: Web, source: Source, url: str, control: Control, question: Question, *, bounds: Bounds) -> Element:
    """Prowlarr is told the key in a header, where no log of a proxy shows it; feeds know a parameter only."""
    headers, key = (source.header, {}) if source.kind == "prowlarr" else ({}, source.parameter)
    answer = ask(web, source, url, bounds, control, params={**question, **key}, headers=headers)
    try:
        root = feed.read(answer.body)
    except NotXmlError as error:
        raise not_understood(source, str(error)) from None
    if said := feed.fault(root):
        raise complaint(source, said)
    return root
