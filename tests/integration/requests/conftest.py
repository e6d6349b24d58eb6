"""Requests on a real ledger: flows with plain threads in Prefect's place, keys as Prefect would give them."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text

from db import requests
from db.requests import CLIENTS, INDEXERS, NewBook, NewDownload
from flows.engine import QueueRun
from flows.queues import BY_NAME, Retry
from flows.requests import cleanup, common, grab, monitor, organize, programs, search, shelves, sweeps
from tests.integration.requests.chain import SHELVES_BY_KIND, Home, set_up
from tests.stubs.indexer import indexer as indexer_server
from tests.stubs.shelf import TOKEN, running
from tests.threads import Threads

KEYS = {"indexer": "k3y", "client": "pass", "shelf": "t0ken"}
WORKS = {
    "search_indexers": search.SearchWork,
    "download_torrent": grab.GrabWork,
    "monitor_download": monitor.MonitorWork,
    "organize_files": organize.OrganizeWork,
    "cleanup_seeded_torrents": cleanup.CleanupWork,
    "retry_missing_torrents": sweeps.RetryMissing,
    "retry_failed_imports": sweeps.RetryImports,
    "monitor_rss_feeds": sweeps.MonitorFeeds,
    "scan_plex": shelves.ScanWork,
    "plex_recently_added_check": shelves.RecentWork,
    "match_plex": shelves.MatchWork,
}


@pytest.fixture(autouse=True)
def _as_in_a_flow(engine, monkeypatch):
    monkeypatch.setattr(common, "engine", lambda: engine)
    monkeypatch.setattr(sweeps, "engine", lambda: engine)
    monkeypatch.setattr(cleanup, "engine", lambda: engine)
    monkeypatch.setattr(shelves, "engine", lambda: engine)
    monkeypatch.setattr(programs, "secret", KEYS.__getitem__)
    # how long one is left alone that is down
    for module in ("words", "indexers.asking", "indexers.fetching"):
        monkeypatch.setattr(f"tasks.clients.{module}.PAUSE", 0.01)


class Books:
    """What a test may do with requests, each in a transaction of its own."""

    def __init__(self, engine):
        self.engine = engine

    def __getattr__(self, name):
        def call(*args, **more):
            with self.engine.begin() as conn:
                return getattr(requests, name)(conn, *args, **more)

        return call

    def ask(self, title="Quiet Harbor", author="Jane Doe", by="ann", **said):
        options = {name: said.pop(name) for name in ("may_approve", "search") if name in said}
        return self.create_request(NewBook(title=title, author=author, **said), by=by, **options).id

    def way(self, request_id):
        return [step.to_status for step in self.read_history(request_id)]

    def set_up(self, programs, **values):
        with self.engine.begin() as conn:
            return programs.add(conn, **values)

    def sql(self, statement, **values):
        with self.engine.begin() as conn:
            done = conn.execute(text(statement), values)
            return [tuple(row) for row in done] if done.returns_rows else done.rowcount

    def jobs(self, queue, columns="status, error"):
        return self.sql(f"SELECT {columns} FROM job_runs WHERE queue_name = :queue ORDER BY id", queue=queue)

    def events(self, queue):
        statement = """SELECT e.message FROM job_events e JOIN job_runs j ON j.id = e.job_id
                       WHERE j.queue_name = :queue ORDER BY e.id"""
        return [message for (message,) in self.sql(statement, queue=queue)]

    def work_off(self, queue, work=None):
        """Run the queue's flow until nothing is due; failures are tried again at once."""
        row = replace(BY_NAME[queue], retry=Retry(3, 0.01, 0.01, jitter=0))
        work = work or WORKS[queue]()
        QueueRun(self.engine, row, work, Threads(), str(uuid.uuid4())).work_off()
        return work


def grabbed(books, item="abc", title="Quiet Harbor", **more):
    """A request whose release the first client has, as `download_torrent` leaves it; its id and the download's."""
    request = books.ask(title)
    books.sql("DELETE FROM job_runs WHERE queue_name = 'search_indexers'")
    books.transition(request, "searching", "-", by="test")
    books.transition(request, "downloading", "-", by="test")
    about = {"client_id": 1, "client": "qbittorrent", "client_item_id": item, "title": f"{title} [M4B]"}
    found = {"indexer_id": None, "indexer": "Books", "protocol": "torrent", "info_hash": item, "info_url": None}
    facts = {"size": 1000, "seeders": 1, "leechers": 0, "score": 91.25}
    download, _ = books.add_download(NewDownload(request_id=request, **(about | found | facts | more)))
    return request, download


@pytest.fixture
def books(engine):
    return Books(engine)


@pytest.fixture
def indexer(books):
    """An indexer that lists nothing yet, and a torrent client that is not there."""
    with indexer_server() as server:
        url = f"{server.url}/torznab"
        books.set_up(INDEXERS, name="Books", kind="torznab", url=url, secret_block="indexer")
        books.set_up(CLIENTS, name="qBittorrent", kind="qbittorrent", url="http://127.0.0.1:9", secret_block="client")
        yield server


@pytest.fixture
def at_home(books, tmp_path, monkeypatch):
    """Sets everything up around a download client, and the clocks faster than life."""
    monkeypatch.setattr(monitor, "TICK", 0.4)
    # with such short waits a client would be given up before it has started
    monkeypatch.setattr(monitor, "LONGEST_WAIT", 0.5)
    monkeypatch.setattr(monitor, "MOST_UNREACHABLE", 1000)
    monkeypatch.setattr(monitor, "MOST_UNKNOWN", 1000)
    monkeypatch.setattr(grab, "FIRST_LOOK", 0.2)
    library = tmp_path / "library"
    library.mkdir()
    books.write_settings(library_folder=str(library))
    open_servers = []

    def at_home(client, shelf="plex"):
        stub = running(SHELVES_BY_KIND[shelf][0](TOKEN, 0, library))
        indexer = indexer_server()
        open_servers.extend((stub, indexer))
        there = (indexer.__enter__(), stub.__enter__())
        keys = set_up(books, *there, client)
        monkeypatch.setattr(programs, "secret", keys.__getitem__)
        return Home(books, *there, library, keys)

    yield at_home
    for server in open_servers:
        server.__exit__(None, None, None)
