"""The whole way of requested audiobooks, for a person to watch: `make demo-requests`.

An indexer (ours, for the demonstration) lists two books. One is seeded by Transmission, made known by opentracker and
downloaded by qBittorrent; the other is posted on a news server and downloaded by NZBGet. Darkroom searches, downloads,
files and tags them, and knows when Plex and Audiobookshelf (both ours, for the demonstration) list them. All of it
listens on this machine only, in folders of its own, and is gone afterwards.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tasks.clients.downloads.types import ClientSettings
from tasks.media.runner import executable
from tests.acceptance.system import Darkroom, a_darkroom
from tests.peers.processes import listens
from tests.peers.torrents import Swarm, swarming
from tests.peers.usenet import NewsServer, serving_news
from tests.stubs.audiobookshelf import LIBRARY, audiobookshelf
from tests.stubs.indexer import IndexerServer
from tests.stubs.indexer import indexer as serving_indexer
from tests.stubs.plex import plex
from tests.stubs.shelf import TOKEN

NAMES = {"qbittorrent": "qBittorrent", "nzbget": "NZBGet"}
PROGRAMS = ("qbittorrent-nox", "transmission-daemon", "opentracker", "nzbget")
#: Where the product listens where nobody else does.
USUAL = (7600, 7601)
KEY = "k3y"
#: Bytes a second that qBittorrent takes at most, so that there is something to see.
SLOWLY = 1_500_000
#: The longest that a book may take to get to the shelf (seconds).
PATIENCE = 300.0


@dataclass(frozen=True)
class Wish:
    """A book that is asked for."""

    title: str
    author: str
    asin: str
    minutes: int


HARBOR = Wish("Quiet Harbor", "Jane Doe", "B002V1OF70", 5)
TIDE = Wish("Low Tide", "John Roe", "B002V1OF71", 5)


@dataclass
class Story:
    """What was seen of the requests so far; `tell` says it to whoever watches."""

    client: httpx.Client
    seen: dict[int, int] = field(default_factory=dict)
    progress: dict[int, int] = field(default_factory=dict)

    def look(self, request_id: int) -> str:
        """Tell what is new of a request; returns its status."""
        told = self.client.get(f"/api/requests/{request_id}").raise_for_status().json()
        title = told["book"]["title"]
        for step in told["history"][self.seen.get(request_id, 0) :]:
            tell(f"{title:<13} {step['toStatus']:<11} {step['message']}")
        self.seen[request_id] = len(told["history"])
        if told["status"] == "downloading" and told["progress"] > self.progress.get(request_id, 0):
            self.progress[request_id] = told["progress"]
            tell(f"{title:<13} {'':<11} {told['progress']} %")
        return str(told["status"])


def tell(words: str = "") -> None:
    """Say something at once."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {words}\n" if words else "\n")
    sys.stdout.flush()


def record(folder: Path, parts: int = 3, seconds: int = 100) -> dict[str, bytes]:
    """An audiobook of waves: real files, in some 25 MB."""
    folder.mkdir(parents=True)
    for number in range(1, parts + 1):
        waves = f"anoisesrc=duration={seconds}:color=pink:amplitude=0.5:seed={number},tremolo=f=0.2:d=0.9"
        sound = ("-f", "lavfi", "-i", waves, "-metadata", f"title=Wave {number}")
        argv = [executable(), "-v", "error", *sound, str(folder / f"{number:02}.flac")]
        subprocess.run(argv, check=True)
    picture = ("-f", "lavfi", "-i", "gradients=s=600x600:c0=0x0b3d5c:c1=0x7fb7c9:duration=1", "-frames:v", "1")
    subprocess.run([executable(), "-v", "error", *picture, str(folder / "cover.png")], check=True)
    return {each.name: each.read_bytes() for each in sorted(folder.iterdir())}


@contextmanager
def at_home(folder: Path) -> Iterator[tuple[Swarm, NewsServer, IndexerServer, Mapping[str, Mapping[str, str]]]]:
    """Everything that somebody has at home besides Darkroom, and how its library servers are set up."""
    library = folder / "audiobooks"
    for each in (library, folder / "swarm", folder / "news"):
        each.mkdir()
    with ExitStack() as stack:
        tell("Starting qBittorrent, Transmission, opentracker, NZBGet and a news server.")
        swarm = stack.enter_context(swarming(folder / "swarm"))
        news = stack.enter_context(serving_news(folder / "news"))
        indexer = stack.enter_context(serving_indexer(KEY))
        servers = {
            "plex": {"url": stack.enter_context(plex(TOKEN, library)).url, "libraryId": "1"},
            "audiobookshelf": {"url": stack.enter_context(audiobookshelf(TOKEN, library)).url, "libraryId": LIBRARY},
        }
        yield swarm, news, indexer, servers


def publish(swarm: Swarm, news: NewsServer, indexer: IndexerServer, folder: Path) -> None:
    """Have both books seeded or posted, and listed; a worse release of one is listed too."""
    files = record(folder / "recordings" / HARBOR.title)
    torrent = swarm.seed(f"{HARBOR.author} - {HARBOR.title}", files)
    size = sum(map(len, files.values()))
    indexer.offer(f"{HARBOR.author} - {HARBOR.title} [FLAC]", files, served=torrent.content, size=size, seeders=8)
    indexer.offer(f"{HARBOR.title} Cookbook", size=size, seeders=900)
    whole = record(folder / "recordings" / TIDE.title, parts=1, seconds=300)["01.flac"]
    nzb = news.post("low-tide.flac", whole)
    indexer.offer(f"{TIDE.author} - {TIDE.title} [FLAC]", protocol="usenet", served=nzb, size=len(whole))


def set_up(
    client: httpx.Client, library: Path, indexer: IndexerServer, servers: Mapping[str, Mapping[str, str]]
) -> None:
    """Tell Darkroom of everything but the download clients, as a person would on the page of integrations."""
    for feed in ("torznab", "newznab"):
        about = {"name": f"Demonstration ({feed})", "kind": feed, "url": f"{indexer.url}/{feed}", "apiKey": KEY}
        _post(client, "/api/integrations/indexers", about)
    for kind, about in servers.items():
        _post(
            client, "/api/integrations/library-servers", {"name": kind.title(), "kind": kind, "token": TOKEN, **about}
        )
    client.put("/api/integrations/settings", json={"libraryFolder": str(library)}).raise_for_status()


def set_up_client(client: httpx.Client, settings: ClientSettings) -> None:
    """Tell Darkroom of a download client."""
    about = {"name": NAMES[settings.kind], "kind": settings.kind, "url": settings.url}
    login = {"username": settings.username, "password": settings.password}
    made = _post(client, "/api/integrations/download-clients", about | login)
    tell(client.post(f"/api/integrations/download-clients/{made['id']}/test").raise_for_status().json()["message"])


def ask(client: httpx.Client, wish: Wish) -> int:
    """Ask for a book; returns the request's id."""
    about = {"title": wish.title, "author": wish.author, "asin": wish.asin, "runtimeMinutes": wish.minutes}
    return int(_post(client, "/api/requests", about)["request"]["id"])


def follow(client: httpx.Client, requests: Sequence[int]) -> Story:
    """Tell what becomes of the requests until all are available.

    Raises:
        TimeoutError: that takes too long.
    """
    story, deadline, asked = Story(client), time.monotonic() + PATIENCE, False
    while time.monotonic() < deadline:
        statuses = {each: story.look(each) for each in requests}
        if set(statuses.values()) == {"available"}:
            return story
        if not asked and set(statuses.values()) <= {"downloaded", "available"}:
            asked = True
            tell("Plex and Audiobookshelf are looked at every five minutes, and now at once.")
            client.post("/api/jobs/queues/plex_recently_added_check/run").raise_for_status()
        time.sleep(0.5)
    raise TimeoutError(f"After {PATIENCE:.0f} s not all books are on the shelf: {statuses}")


def _post(client: httpx.Client, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


def _start(darkroom: Darkroom) -> httpx.Client:
    tell("Starting Darkroom: PostgreSQL, Prefect, its worker and the page.")
    if not any(map(listens, USUAL)):
        darkroom.port, darkroom.prefect_port = USUAL
        darkroom.__post_init__()
    started = darkroom.start("up", "--detach", "--no-auth")
    said, _ = started.communicate(timeout=PATIENCE)
    assert started.returncode == 0, said
    return httpx.Client(base_url=f"http://127.0.0.1:{darkroom.port}", timeout=60)


def main(once: bool = False) -> None:
    """Show it; with `once`, end when it is over."""
    if missing := [each for each in PROGRAMS if shutil.which(each) is None]:
        raise SystemExit(f"{', '.join(missing)} is missing here; `make install-tests` says why it could not be got.")
    with a_darkroom() as darkroom, at_home(darkroom.home) as (swarm, news, indexer, servers):
        publish(swarm, news, indexer, darkroom.home)
        with _start(darkroom) as client:
            tell(f"The page: {client.base_url}/requests")
            set_up(client, darkroom.home / "audiobooks", indexer, servers)
            for each in (swarm.qbittorrent, news.nzbget):
                set_up_client(client, each)
            if not once:
                with swarm.asking_qbittorrent() as qbittorrent:
                    qbittorrent.transfer_set_download_limit(SLOWLY)
            requests = [ask(client, wish) for wish in (HARBOR, TIDE)]
            follow(client, requests)
            _show(client, darkroom.home / "audiobooks", requests)
            if not once:
                tell("Ctrl-C ends it and removes everything that was started for it.")
                while True:
                    time.sleep(3600)


def _show(client: httpx.Client, library: Path, requests: Sequence[int]) -> None:
    tell()
    tell("In the library:")
    for each in sorted(library.rglob("*")):
        if each.is_file():
            tell(f"    {each.relative_to(library)}")
    for each in requests:
        tell(f"The whole story: {client.base_url}/requests/{each}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when both books are on the shelf")
    try:
        main(parser.parse_args().once)
    except KeyboardInterrupt:
        tell("Ended.")
