"""What stubs are asked and what they answer, honestly or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

XXE = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>&secret;</title></item></channel></rss>"""
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<rss><channel><item><title>&c;</title></item></channel></rss>"""


@dataclass
class Reply:
    """An answer. `endless` goes on after the body, `trickles` sends nothing until the server stops."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    endless: bool = False
    trickles: bool = False


#: Ways to misbehave, by name.
MISBEHAVIOURS: dict[str, Reply] = {
    "busy": Reply(429, b"Too many requests", {"Retry-After": "30"}),
    "broken": Reply(500, b"Something went wrong"),
    "away": Reply(503, b"Back soon"),
    "unauthorized": Reply(401),
    "forbidden": Reply(403),
    "missing": Reply(404),
    "garbage": Reply(200, bytes(range(256)) * 8),
    "page": Reply(200, b"<!DOCTYPE html><html><body>Please log in</body></html>", {"Content-Type": "text/html"}),
    "huge": Reply(200, b"<rss>", endless=True),
    "slow": Reply(trickles=True),
    "xxe": Reply(200, XXE),
    "laughs": Reply(200, LAUGHS),
    "limit": Reply(200, b'<error code="500" description="Request limit reached"/>'),
    "wrong-key": Reply(200, b'<error code="100" description="Incorrect user credentials"/>'),
    "packed": Reply(200, b"x", {"Content-Encoding": "gzip"}),
}


@dataclass
class Asked:
    """A request that came in."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]

    def said(self, name: str) -> str | None:
        return self.query[name][0] if name in self.query else None
