"""The XML of Torznab and Newznab: a page of releases, an error, what an indexer is capable of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tasks.clients import fields
from tasks.clients.indexers.said import Said
from tasks.clients.indexers.source import Source
from tasks.requests.release import Release

#: More on one page are not read.
MOST_ITEMS = 2000
CONTROL = bytes({*range(32)} - {9, 10, 13})
PROTOCOLS = {"application/x-bittorrent": "torrent", "application/x-nzb": "usenet"}


class NotXmlError(ValueError):
    """An answer is no XML of this kind; the message says what is wrong."""


@dataclass(frozen=True)
class Fault:
    """An error as Newznab has it. `code`: 100 to 199 are the account's, 200 to 299 the question's."""

    code: int
    description: str


@dataclass(frozen=True)
class Page:
    """Releases, how many items there were to read, and how many there are on all pages, where that is said."""

    releases: tuple[Release, ...]
    items: int
    total: int | None


@dataclass(frozen=True)
class Capabilities:
    """What an indexer calls itself, and the categories that it has."""

    server: str
    categories: frozenset[int]


def read(content: bytes) -> Element:
    """Take an answer apart. Nothing in it is expanded or fetched: a document type is refused.

    Raises:
        NotXmlError: it is no well-formed XML, or defines entities.
    """
    try:
        return _parse(content)
    except DefusedXmlException:
        raise NotXmlError("it defines a document type or entities") from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise NotXmlError(fields.line(str(error)) or "it cannot be read") from None


def fault(root: Element) -> Fault | None:
    """The error that an answer is, if it is one."""
    found = root if _name(root) == "error" else None
    if found is None:
        return None
    code = fields.whole(found.get("code"), 9999)
    return Fault(code if code is not None else 900, fields.line(found.get("description")) or "it does not say why")


def page(root: Element, source: Source) -> Page:
    """The releases of an answer; what cannot be made sense of is left out.

    Raises:
        NotXmlError: it is no RSS.
    """
    if _name(root) != "rss":
        raise NotXmlError(f"its XML begins with <{fields.line(_name(root), 40)}>, not with <rss>")
    items = [element for element in root.iter() if _name(element) == "item"][:MOST_ITEMS]
    response = next((element for element in root.iter() if _name(element) == "response"), None)
    total = fields.whole(response.get("total"), 10**9) if response is not None else None
    releases = (_said(item).release(source) for item in items)
    return Page(tuple(release for release in releases if release), len(items), total)


def capabilities(root: Element) -> Capabilities:
    """What an answer to `t=caps` says.

    Raises:
        NotXmlError: it is none.
    """
    if _name(root) != "caps":
        raise NotXmlError(f"its XML begins with <{fields.line(_name(root), 40)}>, not with <caps>")
    server = next((element for element in root.iter() if _name(element) == "server"), None)
    named = [] if server is None else [fields.line(server.get(key), 100) for key in ("title", "version")]
    numbers = (element.get("id") for element in root.iter() if _name(element) in {"category", "subcat"})
    return Capabilities(" ".join(filter(None, named)), frozenset(fields.categories(numbers)))


def _parse(content: bytes) -> Element:
    """The root; control characters, which some put into titles and XML forbids, are overlooked."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except ParseError:
        root = fromstring(content.translate(None, CONTROL), forbid_dtd=True)
    return root


def _said(item: Element) -> Said:
    attributes = list(_attributes(item))
    values = dict(reversed(attributes))
    enclosure = item.find("enclosure")
    url, length, kind = (enclosure.get(key) if enclosure is not None else None for key in ("url", "length", "type"))
    guid, link = item.findtext("guid"), item.findtext("link")
    return Said(
        title=item.findtext("title"),
        guid=guid,
        links=(url, link, values.get("magneturl"), guid),
        indexer=item.findtext("prowlarrindexer") or item.findtext("jackettindexer"),
        protocol=PROTOCOLS.get(kind or ""),
        size=item.findtext("size") or values.get("size") or length,
        seeders=values.get("seeders"),
        leechers=values.get("leechers"),
        peers=values.get("peers"),
        published=item.findtext("pubDate") or values.get("usenetdate") or values.get("publishdate"),
        info_hash=values.get("infohash"),
        info_urls=(_without_anchor(item.findtext("comments")), guid),
        flags=[value for name, value in attributes if name in {"tag", "flag"}],
        download_factor=values.get("downloadvolumefactor"),
        upload_factor=values.get("uploadvolumefactor"),
        categories=[value for name, value in attributes if name == "category"]
        + [element.text for element in item.findall("category")],
    )


def _attributes(item: Element) -> Iterator[tuple[str, str]]:
    """`<torznab:attr name= value=>`, in whatever namespace, in order; names in small letters."""
    for element in item:
        name, value = element.get("name"), element.get("value")
        if _name(element) == "attr" and name is not None and value is not None:
            yield name.lower(), value


def _without_anchor(url: str | None) -> str | None:
    return url.partition("#")[0] if url else url


def _name(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
