"""The download clients that one slot speaks with: each is connected once, for as long as nothing goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from db.requests import Client
from flows.requests.programs import client_settings
from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.types import DownloadClient

Key = tuple[Client, tuple[tuple[str, str], ...]]


class Clients:
    """Logged in once, not for each question; after an error, or with other settings, anew."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Key, DownloadClient, ExitStack]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for client_id in list(self._held):
            self._let_go(client_id)

    @contextmanager
    def speaking(self, client: Client, mappings: Sequence[tuple[str, str]]) -> Iterator[DownloadClient]:
        """The program of this client. Raises as `connect.opened` and `flows.secrets.secret` do."""
        program = self._program(client, (client, tuple(mappings)))
        try:
            yield program
        except Exception:
            self._let_go(client.id)
            raise

    def _program(self, client: Client, key: Key) -> DownloadClient:
        known = self._held.get(client.id)
        if known is not None and known[0] == key:
            return known[1]
        self._let_go(client.id)
        with ExitStack() as stack:
            program = stack.enter_context(opened(client_settings(client, key[1])))
            self._held[client.id] = (key, program, stack.pop_all())
        return program

    def _let_go(self, client_id: int) -> None:
        if known := self._held.pop(client_id, None):
            known[2].close()
