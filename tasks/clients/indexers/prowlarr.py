"""Prowlarr: a search over all of its indexers at once, the newest of each, and which it has.

Source: Prowlarr's API, version 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tasks.clients import fields
from tasks.clients.indexers import torznab
from tasks.clients.indexers.asking import SEARCH, SMALL, as_json, ask, not_understood
from tasks.clients.indexers.feed import MOST_ITEMS, Page
from tasks.clients.indexers.said import Said
from tasks.clients.indexers.source import Source
from tasks.clients.indexers.torznab import PAGE, turned
from tasks.clients.web import Params, Web
from tasks.clients.words import LONGEST_PAUSE, PAUSE
from tasks.control import Control
from tasks.requests.release import Release

API = "api/v1"


@dataclass(frozen=True)
class RemoteIndexer:
    """One of the indexers that a Prowlarr has."""

    id: int
    name: str
    protocol: str
    enabled: bool
    rss: bool


def version(web: Web, source: Source, control: Control) -> str:
    """Which Prowlarr it is; proves the address and the key. Raises as `asking.ask` does."""
    said = _get(web, source, "system/status", control)
    name = fields.line(said.get("appName"), 40) if isinstance(said, dict) else None
    if name != "Prowlarr":
        raise not_understood(source, f"it calls itself {name or 'nothing'}, not Prowlarr")
    return fields.line(said.get("version"), 40) or "of unknown version"


def indexers(web: Web, source: Source, control: Control) -> list[RemoteIndexer]:
    """The indexers that it has. Raises as `asking.ask` does."""
    return [found for said in _list(web, source, "indexer", control) if (found := _remote(said))]


def search(web: Web, source: Source, terms: str, control: Control) -> Iterator[Release]:
    """What its indexers know by these terms, page after page. Raises as `asking.ask` does."""
    ids = {"indexerIds": source.remote_ids} if source.remote_ids else {}
    question: Params = {"query": terms, "type": "search", "categories": source.categories, **ids}

    def get(offset: int) -> Page:
        said = _list(web, source, "search", control, {**question, "limit": PAGE, "offset": offset})
        releases = (_said(one).release(source) for one in said)
        return Page(tuple(release for release in releases if release), len(said), None)

    return turned(get)


def newest(web: Web, source: Source, remote: RemoteIndexer, control: Control) -> Sequence[Release]:
    """The newest releases of one of its indexers. Raises as `asking.ask` does."""
    return torznab.page(web, source, source.at(f"{remote.id}/api"), control).releases


def asked(source: Source, known: Sequence[RemoteIndexer]) -> list[RemoteIndexer]:
    """Those of its indexers that a source asks: the ones that were chosen, else all that are enabled."""
    return [each for each in known if each.enabled and (not source.remote_ids or each.id in source.remote_ids)]


def resting(web: Web, source: Source, control: Control) -> dict[int, float]:
    """Which of its indexers are left alone for a while because they failed, and for how long yet (seconds).

    A search leaves these out without a word. Raises as `asking.ask` does.
    """
    now = datetime.now(UTC)
    found: dict[int, float] = {}
    for said in _list(web, source, "indexerstatus", control):
        number, until = fields.whole(said.get("indexerId"), 10**9), fields.moment(said.get("disabledTill"))
        if number is not None and until is not None and until > now:
            found[number] = min(LONGEST_PAUSE, max(PAUSE, (until - now).total_seconds()))
    return found


def _get(web: Web, source: Source, path: str, control: Control, params: Params | None = None) -> Any:
    bounds = SEARCH if path == "search" else SMALL
    answer = ask(web, source, source.at(f"{API}/{path}"), bounds, control, params=params, headers=source.header)
    return as_json(source, answer)


def _list(
    web: Web, source: Source, path: str, control: Control, params: Params | None = None
) -> list[Mapping[str, Any]]:
    said = _get(web, source, path, control, params)
    if not isinstance(said, list):
        raise not_understood(source, "its answer is no list")
    return [each for each in said[:MOST_ITEMS] if isinstance(each, dict)]


def _remote(said: Mapping[str, Any]) -> RemoteIndexer | None:
    number, name = fields.whole(said.get("id"), 10**9), fields.line(said.get("name"), 100)
    if not number or name is None:
        return None
    protocol = "usenet" if said.get("protocol") == "usenet" else "torrent"
    return RemoteIndexer(number, name, protocol, said.get("enable") is True, said.get("supportsRss") is not False)


def _said(found: Mapping[str, Any]) -> Said:
    return Said(
        title=found.get("title"),
        guid=found.get("guid"),
        links=(found.get("downloadUrl"), found.get("magnetUrl"), found.get("guid")),
        indexer=found.get("indexer"),
        protocol=found.get("protocol"),
        size=found.get("size"),
        seeders=found.get("seeders"),
        leechers=found.get("leechers"),
        published=found.get("publishDate"),
        info_hash=found.get("infoHash"),
        info_urls=(found.get("infoUrl"), found.get("commentUrl")),
        flags=[flag for name in ("indexerFlags", "flags", "tags", "labels") for flag in _array(found.get(name))],
        download_factor=found.get("downloadVolumeFactor"),
        upload_factor=found.get("uploadVolumeFactor"),
        categories=[each.get("id") for each in _array(found.get("categories")) if isinstance(each, dict)],
    )


def _array(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
