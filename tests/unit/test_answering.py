"""The server that tests ask leaves no connection behind; an open one would fail whichever test comes next."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from tests import answering

ASKED = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def _never(scope, receive, send):
    """An application that begins and never answers."""
    if scope["type"] == "lifespan":
        for said in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{said}.complete"})
        return
    await asyncio.Event().wait()


def _connect(url):
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def _left_open(client):
    try:
        return client.recv(1) != b""
    except ConnectionResetError:
        return False


def test_no_connection_outlives_the_server_however_late_it_came_and_whatever_it_waits_for(monkeypatch):
    monkeypatch.setattr(answering, "GRACE", 0.05)
    with ExitStack() as stack:
        clients = []
        with answering.answering(_never) as url:
            for asks in (True, False) * 3:
                clients.append(stack.enter_context(_connect(url)))
                clients[-1].sendall(ASKED if asks else b"")
        assert not any(_left_open(client) for client in clients)
