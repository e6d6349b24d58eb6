"""The application behind a real socket, for as long as a test needs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from ops_api.app import create_app
from ops_api.prefect import Prefect

#: Port 9 is `discard`: nothing listens there, so Prefect is away and the refusal is immediate.
NOBODY = "http://127.0.0.1:9/api"


@contextmanager
def serving(engine: Engine, prefect_url: str = NOBODY) -> Iterator[tuple[str, FastAPI]]:
    """The address of the application on this database, and the application."""
    app = create_app(engine, Prefect(prefect_url))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        _wait_until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", app
    finally:
        server.should_exit = True
        thread.join(10)


def _wait_until(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.005)
