"""Usenet on this machine: NZBGet, and the news server that it has built in for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tasks.clients.downloads.types import ClientSettings
from tests.peers.processes import free_port, listens, need, running
from tests.waiting import until

LOGIN = ("nz", "nzbget's word")
#: Bytes of an article, at least, and how many of them a file has at most: the server breaks down of more.
ARTICLE, ARTICLES = 100_000, 50

SETTINGS = """\
MainDir={folder}/main
DestDir={folder}/main/done
InterDir={folder}/main/unfinished
QueueDir={folder}/main/queue
TempDir={folder}/main/temp
NzbDir={folder}/main/nzb
ScriptDir={folder}/main/scripts
WebDir=
LogFile={folder}/nzbget.log
LockFile={folder}/nzbget.lock
OutputMode=log
Server1.Active=yes
Server1.Host=127.0.0.1
Server1.Port={news_port}
Server1.Connections=2
Server1.Encryption=no
ArticleRetries=0
ArticleInterval=0
ControlIP=127.0.0.1
ControlPort={port}
ControlUsername={login[0]}
ControlPassword={login[1]}
SecureControl=no
ParCheck=auto
Unpack=yes
Category1.Name=darkroom
Category1.DestDir={folder}/main/done/darkroom
DupeCheck=no
UpdateCheck=none
DaemonUsername=root
"""


class NewsServer:
    """The two programs. `nzbget` says how that one is reached."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._data = folder / "data"
        for each in (self._data, folder / "cache", folder / "main"):
            each.mkdir()
        port, news_port = free_port(), free_port()
        kept = ("-d", self._data, "-c", folder / "cache")
        stack.enter_context(running(folder, "nzbget", "--nserv", *kept, "-b", "127.0.0.1", "-p", str(news_port)))
        settings = folder / "nzbget.conf"
        settings.write_text(SETTINGS.format(folder=folder, port=port, news_port=news_port, login=LOGIN))
        self._nzbget, self._port = stack.enter_context(ExitStack()), port
        until(lambda: listens(news_port), "the news server")
        self.start()
        self.nzbget = ClientSettings("nzbget", f"http://127.0.0.1:{port}", *LOGIN)

    def start(self) -> None:
        """Start NZBGet, for the first time or again, with all that it had."""
        self._nzbget.enter_context(running(self.folder, "nzbget", "-s", "-c", self.folder / "nzbget.conf"))
        until(lambda: listens(self._port), "NZBGet")

    def kill(self) -> None:
        """Kill NZBGet in the middle of whatever it does."""
        self._nzbget.close()

    def limit(self, kilobytes: int) -> None:
        """Have it download so much a second at most; 0 is no limit."""
        question = {"method": "rate", "params": [kilobytes]}
        httpx.post(f"{self.nzbget.url}/jsonrpc", json=question, auth=LOGIN).raise_for_status()

    def post(self, name: str, data: bytes) -> bytes:
        """Put a file on the server; returns its NZB."""
        (self._data / name).write_bytes(data)
        return nzb(name, len(data))


def nzb(name: str, size: int) -> bytes:
    """The NZB of a file of NZBGet's news server, whose articles are called by where they begin and how long they are.

    The server can write these itself, and breaks down at it now and then.
    """
    article = max(ARTICLE, size // ARTICLES)
    places = range(0, size, article)
    segments = "".join(
        f'<segment bytes="{article}" number="{number}">{name}?{number}={at}:{min(article, size - at)}</segment>'
        for number, at in enumerate(places, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">'
        f'<file poster="nserv" date="1600000000" subject="&quot;{name}&quot; yEnc (1/{len(places)})">'
        f"<groups><group>alt.binaries.test</group></groups><segments>{segments}</segments></file></nzb>"
    ).encode()


@contextmanager
def serving_news(folder: Path) -> Iterator[NewsServer]:
    """A news server that keeps everything in `folder`. Skips the test where NZBGet is missing."""
    need("nzbget")
    with ExitStack() as stack:
        yield NewsServer(folder, stack)
