"""What a release leads to: its torrent file, magnet link or NZB, fetched safely and checked for being one."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tasks.clients.addresses import is_web_address, origin
from tasks.clients.indexers.asking import complaint, failure, fault_in
from tasks.clients.indexers.magnet import magnet_hash
from tasks.clients.indexers.nzb import NzbError, nzb_size, unpacked
from tasks.clients.indexers.source import Source
from tasks.clients.indexers.torrent import TorrentError, read_torrent
from tasks.clients.web import MAGNET, Answer, Bounds, Web
from tasks.clients.words import PAUSE, repeatable
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.requests.release import Release

BOUNDS = Bounds(size=20 << 20, seconds=60)


@dataclass(frozen=True)
class Fetched:
    """What a download client is handed: a torrent file or NZB, or else a magnet link."""

    content: bytes | None = None
    magnet: str | None = None
    #: Of a torrent, in hexadecimal: by it clients know the download, and blocklists the release.
    info_hash: str | None = None
    #: What it would bring, as it says itself, bytes.
    size: int | None = None


def fetch(web: Web, source: Source, release: Release, control: Control) -> Fetched:
    """Fetch a release through the source that it was found with.

    It may lie at public addresses and at the source's own. The key goes nowhere but where the source has put it.

    Raises:
        TransientError: it cannot be had now, and perhaps later: too many requests, a broken or slow server.
        PermanentError: it is gone, is none, or lies where nothing may be fetched from.
        CancelledError: the work was asked to stop.
    """
    if release.download_url.startswith(MAGNET):
        return _magnet(release, release.download_url)
    answer = _get(web, source, release, control)
    location = answer.headers.get("location", "")
    if 300 <= answer.status < 400 and location.startswith(MAGNET):
        return _magnet(release, location)
    if answer.status != httpx.codes.OK:
        raise failure(source, answer)
    if said := fault_in(answer):
        raise complaint(source, said)
    if release.protocol == "usenet":
        return _nzb(release, answer.body)
    if answer.body.startswith(MAGNET.encode()):
        return _magnet(release, answer.body.decode(errors="replace").strip())
    return _torrent(release, answer.body)


def _get(web: Web, source: Source, release: Release, control: Control) -> Answer:
    url = source.unmasked(release.download_url)
    is_ours = is_web_address(url) and origin(url) == source.origin
    headers = source.header if is_ours else {}
    try:
        return web.fetch(url, frozenset({source.origin}), BOUNDS, control, headers)
    except PermanentError as error:
        raise PermanentError(f"{release.indexer}: {repeatable(str(error), source.key)}") from None
    except TransientError as error:
        raise TransientError(f"{release.indexer}: {repeatable(str(error), source.key)}", after=PAUSE) from None


def _magnet(release: Release, link: str) -> Fetched:
    found = magnet_hash(link)
    if found is None or release.protocol == "usenet":
        raise _none(release, "it leads to a magnet link that names no torrent")
    return Fetched(magnet=link, info_hash=found)


def _torrent(release: Release, content: bytes) -> Fetched:
    try:
        torrent = read_torrent(content)
    except TorrentError as error:
        raise _none(release, f"there is no torrent file where it leads to: {_page(content) or error}") from None
    return Fetched(content, info_hash=torrent.info_hash, size=torrent.size)


def _nzb(release: Release, content: bytes) -> Fetched:
    try:
        plain = unpacked(content, BOUNDS.size)
        return Fetched(plain, size=nzb_size(plain))
    except NzbError as error:
        raise _none(release, f"there is no NZB where it leads to: {_page(content) or error}") from None


def _page(content: bytes) -> str | None:
    """What is there instead, if that is a web page."""
    start = content[:200].lstrip().lower()
    return "it is a web page" if start.startswith((b"<!doctype html", b"<html")) else None


def _none(release: Release, why: str) -> PermanentError:
    return PermanentError(f"{release.indexer}, {release.title}: {why}")
