"""A download client that does as a test says."""

from __future__ import annotations

from contextlib import contextmanager

from tasks.clients.downloads.types import MISSING
from tasks.clients.indexers.torrent import read_torrent


class Client:
    """Knows what it was given, and says of each download what `knows` has."""

    def __init__(self):
        self.added, self.asked, self.removed, self.filed = [], [], [], []
        self.knows, self.error, self.then = {}, None, lambda: None
        self.logins = 0

    def add(self, grab):
        self._fail()
        self.added.append((grab, grab.category))
        self.then()
        return read_torrent(grab.content).info_hash if grab.content else grab.magnet

    def statuses(self, ids):
        self.asked.append(sorted(ids))
        self._fail()
        return {each: self.knows.get(each, MISSING) for each in ids}

    def remove(self, id, *, delete_files):
        self._fail()
        self.removed.append((id, delete_files))

    def set_category(self, id, category):
        self._fail()
        self.filed.append((id, category))

    def _fail(self):
        if self.error is not None:
            raise self.error


def opening(client):
    """In the place of `flows.requests.clients.opened`."""

    @contextmanager
    def opened(settings):
        client.settings = settings
        client.logins += 1
        yield client

    return opened
