"""An indexer over real HTTP: Torznab at `/torznab`, Newznab at `/newznab`, and a Prowlarr at its root.

What it lists can be fetched from it: torrent files of real content, magnet links, NZBs. It misbehaves when told to.
By itself: `python -m tests.stubs.indexer --port 9696 --key k FOLDER...` lists each folder as a release.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from tests.stubs import torrents
from tests.stubs.answers import MISBEHAVIOURS, Asked, Reply
from tests.stubs.listings import PUBLISHED, Listing, Remote

TORZNAB = "http://torznab.com/schemas/2015/feed"
NEWZNAB = "http://www.newznab.com/DTD/2010/feeds/attributes/"
HUGE = 64 << 20


class IndexerServer:
    """What it lists, whom it lets in, what it was asked."""

    def __init__(self, key: str | None = "k3y", port: int = 0) -> None:
        self.key = key
        self.listings: list[Listing] = []
        self.remotes = [Remote(1, "Books")]
        self.asked: list[Asked] = []
        #: How it misbehaves, by the beginning of a path; and answers to be given first, one for each request.
        self.misbehaves: dict[str, str | Reply] = {}
        self.replies: list[Reply] = []
        #: The most that a page of a feed has, and whether a feed says how many there are.
        self.page, self.says_total = 100, True
        #: Whether it regards the categories that it is asked for.
        self.minds_categories = True
        self.announce: str | None = None
        #: Set while somebody waits for an answer that does not come.
        self.stalled, self.stopping = threading.Event(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def offer(self, title: str, content: bytes | dict[str, bytes] = bytes(20_000), **said: Any) -> Listing:
        """List a release of one file or of several."""
        files = {f"{title}.m4b": content} if isinstance(content, bytes) else content
        listing = Listing(title, files, number=len(self.listings) + 1, **said)
        self.listings.append(listing)
        return listing

    def misbehave(self, how: str | Reply | None, path: str = "/") -> None:
        """Answer so to everything under a path from now on; None ends it."""
        if how is None:
            self.misbehaves.pop(path, None)
        else:
            self.misbehaves[path] = how

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.replies:
            return self.replies.pop(0)
        for path in sorted(self.misbehaves, key=len, reverse=True):
            if asked.path.startswith(path):
                how = self.misbehaves[path]
                return MISBEHAVIOURS[how] if isinstance(how, str) else how
        return self._honest(asked)

    def run(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def _honest(self, asked: Asked) -> Reply:
        routes: dict[str, Callable[[Asked], Reply]] = {
            "/torznab/api": lambda each: self._feed(each, "torrent"),
            "/newznab/api": lambda each: self._feed(each, "usenet"),
            "/api/v1/system/status": lambda _: _json({"appName": "Prowlarr", "version": "1.30.2.4939"}),
            "/api/v1/indexer": lambda _: _json([self._remote(each) for each in self.remotes]),
            "/api/v1/indexerstatus": lambda _: _json(self._resting()),
            "/api/v1/search": self._search,
        }
        if not self._let_in(asked):
            return Reply(401) if asked.path.startswith("/api/v1") else MISBEHAVIOURS["wrong-key"]
        if asked.path in routes:
            return routes[asked.path](asked)
        first, _, rest = asked.path[1:].partition("/")
        if first.isdigit() and rest == "api":
            remote = next(each for each in self.remotes if each.id == int(first))
            return self._feed(asked, remote.protocol, remote)
        if rest in {"download", "file"} or first == "file":
            return self._download(int(asked.said("link") or rest))
        return Reply(404, b"Not found")

    def _let_in(self, asked: Asked) -> bool:
        if self.key is None or asked.path.startswith("/file/") or asked.said("t") == "caps":
            return True
        return self.key in {asked.said("apikey"), asked.headers.get("x-api-key")}

    def _found(self, words: str | None, categories: set[int]) -> Iterator[Listing]:
        """As sites search: every word must be in the title."""
        wanted = (words or "").lower().split()
        for listing in self.listings:
            title = listing.title.lower().replace(".", " ").replace("_", " ")
            fits = not categories or not self.minds_categories or bool(categories & {*listing.categories})
            if fits and all(word in title for word in wanted):
                yield listing

    def _feed(self, asked: Asked, protocol: str, remote: Remote | None = None) -> Reply:
        if asked.said("t") == "caps":
            return Reply(200, _CAPS)
        if asked.said("t") == "get":
            return self._download(int(asked.said("id") or 0))
        if asked.said("t") != "search":
            return Reply(400, b'<error code="202" description="No such function"/>')
        if remote and remote.rests_until:
            return Reply(429, b'<error code="429" description="Indexer is disabled"/>', {"Retry-After": "60"})
        categories = {int(each) for each in (asked.said("cat") or "").split(",") if each}
        found = [each for each in self._found(asked.said("q"), categories) if each.protocol == protocol]
        found = [each for each in found if remote is None or each.indexer == remote.id]
        offset = int(asked.said("offset") or 0)
        some = found[offset : offset + min(self.page, int(asked.said("limit") or self.page))]
        total = f'<newznab:response offset="{offset}" total="{len(found)}"/>' if self.says_total else ""
        items = "".join(self._item(each, remote) for each in some)
        return Reply(200, _RSS.format(total=total, items=items).encode(), {"Content-Type": "application/rss+xml"})

    def _item(self, listing: Listing, remote: Remote | None) -> str:
        prefix = "torznab" if listing.protocol == "torrent" else "newznab"
        kind = "application/x-bittorrent" if listing.protocol == "torrent" else "application/x-nzb"
        url = self._proxied(listing, remote.id) if remote else self._link(listing)
        said = {"seeders": listing.seeders, "peers": listing.peers} if listing.protocol == "torrent" else {}
        if listing.factors:
            said |= dict(zip(("downloadvolumefactor", "uploadvolumefactor"), listing.factors, strict=True))
        if listing.magnet:
            said |= {"infohash": listing.info_hash}
        attributes = [(name, str(value)) for name, value in said.items() if value is not None]
        attributes += [("category", str(each)) for each in listing.categories] + [
            ("tag", each) for each in listing.flags
        ]
        size = listing.length if listing.size is None else listing.size
        elements = {
            "title": listing.title,
            "guid": f"{self.url}/details/{listing.number}",
            "comments": f"{self.url}/details/{listing.number}#comments",
            "pubDate": listing.published or "",
            "size": str(size),
            "link": url,
        } | listing.instead
        name = f'<prowlarrindexer id="{remote.id}">{escape(remote.name)}</prowlarrindexer>' if remote else ""
        return (
            "<item>"
            + "".join(f"<{key}>{escape(value)}</{key}>" for key, value in elements.items())
            + f"<enclosure url={quoteattr(url)} length={quoteattr(str(size))} type={quoteattr(kind)}/>{name}"
            + "".join(f"<{prefix}:attr name={quoteattr(key)} value={quoteattr(value)}/>" for key, value in attributes)
            + "</item>"
        )

    def _search(self, asked: Asked) -> Reply:
        chosen = {int(each) for each in asked.query.get("indexerIds", ())}
        ready = [each for each in self.remotes if each.enabled and each.rests_until is None]
        ready = [each for each in ready if not chosen or each.id in chosen]
        if chosen and not ready:
            words = "Search failed due to all selected indexers being unavailable"
            return _json({"message": words}, 400)
        names = {each.id: each.name for each in ready}
        categories = {int(each) for each in asked.query.get("categories", ())}
        found = [each for each in self._found(asked.said("query"), categories) if each.indexer in names]
        offset = int(asked.said("offset") or 0)
        some = found[offset : offset + int(asked.said("limit") or 100)]
        return _json([self._resource(each, names[each.indexer]) for each in some])

    def _resource(self, listing: Listing, name: str) -> dict[str, Any]:
        """As Prowlarr says it: magnet links are hidden behind its own address, too."""
        link = (
            f"{self.url}/{listing.indexer}/download?apikey={self.key}&link={listing.number}&file={quote(listing.title)}"
        )
        is_torrent = listing.protocol == "torrent"
        peers = {"seeders": listing.seeders, "leechers": _less(listing.peers, listing.seeders)} if is_torrent else {}
        return {
            "guid": f"{self.url}/details/{listing.number}",
            "title": listing.title,
            "size": listing.length if listing.size is None else listing.size,
            "indexerId": listing.indexer,
            "indexer": name,
            "publishDate": PUBLISHED.isoformat().replace("+00:00", "Z"),
            "magnetUrl" if listing.magnet else "downloadUrl": link,
            "infoUrl": f"{self.url}/details/{listing.number}",
            "indexerFlags": list(listing.flags),
            "categories": [{"id": each, "name": "x", "subCategories": []} for each in listing.categories],
            "protocol": listing.protocol,
            **peers,
            **({"infoHash": listing.info_hash} if is_torrent else {}),
            **listing.instead,
        }

    def _remote(self, remote: Remote) -> dict[str, Any]:
        return {
            "id": remote.id,
            "name": remote.name,
            "enable": remote.enabled,
            "protocol": remote.protocol,
            "supportsRss": True,
        }

    def _resting(self) -> list[dict[str, Any]]:
        return [{"indexerId": each.id, "disabledTill": each.rests_until} for each in self.remotes if each.rests_until]

    def _link(self, listing: Listing) -> str:
        """As feeds have it: a file, a magnet link, or for NZBs the feed itself, with the key."""
        if listing.protocol == "usenet":
            return f"{self.url}/newznab/api?t=get&id={listing.number}&apikey={self.key}"
        return listing.magnet_link if listing.magnet else f"{self.url}/file/{listing.number}"

    def _proxied(self, listing: Listing, remote: int) -> str:
        """As Prowlarr has it, with the key."""
        return f"{self.url}/{remote}/download?apikey={self.key}&link={listing.number}&file={quote(listing.title)}"

    def _download(self, number: int) -> Reply:
        listing = next((each for each in self.listings if each.number == number), None)
        if listing is None:
            return Reply(410, b'<error code="410" description="Release is gone"/>')
        if listing.protocol == "usenet":
            nzb = listing.served or torrents.nzb(listing.name, listing.length)
            return Reply(200, nzb, {"Content-Type": "application/x-nzb"})
        if listing.magnet:
            return Reply(301, headers={"Location": listing.magnet_link})
        content = listing.served or torrents.torrent(listing.info, self.announce)
        return Reply(200, content, {"Content-Type": "application/x-bittorrent"})


_CAPS = b"""<?xml version="1.0" encoding="UTF-8"?>
<caps><server title="Stub" version="1.0"/><limits default="100" max="100"/>
  <searching><search available="yes" supportedParams="q"/><book-search available="no"/></searching>
  <categories><category id="3000" name="Audio"><subcat id="3030" name="Audio/Audiobook"/></category></categories>
</caps>"""
_RSS = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
    f'xmlns:torznab="{TORZNAB}" xmlns:newznab="{NEWZNAB}">'
    "<channel><title>Stub</title>{total}{items}</channel></rss>"
)


def _json(said: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(said).encode(), {"Content-Type": "application/json"})


def _less(peers: int | str | None, seeders: int | str | None) -> int | None:
    return peers - seeders if isinstance(peers, int) and isinstance(seeders, int) else None


def _handler(server: IndexerServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = server.answer(Asked(parts.path, parse_qs(parts.query), headers))
            with suppress(BrokenPipeError, ConnectionResetError):
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            if reply.trickles:
                server.stalled.set()
                server.stopping.wait(60)
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if not reply.endless:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            for _ in range(HUGE >> 20 if reply.endless else 0):
                self.wfile.write(b" " * (1 << 20))

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def indexer(key: str | None = "k3y", port: int = 0) -> Iterator[IndexerServer]:
    """An indexer that answers for as long as the block lasts."""
    server = IndexerServer(key, port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9696)
    parser.add_argument("--key", default="k3y")
    parser.add_argument("--announce", help="the tracker that the torrents name")
    parser.add_argument("folders", nargs="*", type=Path)
    said = parser.parse_args()
    with indexer(said.key, said.port) as server:
        server.announce = said.announce
        for path in said.folders:
            server.offer(path.name, torrents.folder(path))
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
