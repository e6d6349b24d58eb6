"""An application behind a real socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

#: How long an answer may still take when the server is told to end, in seconds.
GRACE = 2
#: Between two looks at what is still open, in seconds.
TURN = 0.005


class _Server(uvicorn.Server):
    """A server that ends when it is told to; uvicorn's own takes a tenth of a second to see it and another to go."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is idle, wait for what is answered, cut off what has not gone by then: none outlives the loop."""
        await self._stop_listening()
        state, deadline = self.server_state, self._loop.time() + GRACE
        while (state.connections or state.tasks) and self._loop.time() < deadline:
            for connection in list(state.connections):
                connection.shutdown()
            await asyncio.sleep(TURN)
        for task in state.tasks:
            task.cancel()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await self.lifespan.shutdown()

    async def _stop_listening(self) -> None:
        """asyncio forgets a socket that it accepted and had made no connection of when its server was closed."""
        for server in self.servers:
            for listening in server.sockets:
                self._loop.remove_reader(listening.fileno())
        await asyncio.sleep(TURN)
        for server in self.servers:
            server.close()

    def end(self) -> None:
        """From another thread, once it has started."""
        self._loop.call_soon_threadsafe(self._told.set)


@contextmanager
def answering(app: ASGIApp) -> Iterator[str]:
    """The address at which this application answers meanwhile."""
    server = _Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _wait_until_started(server, thread)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.end()
        thread.join(10)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not server.started:
        assert thread.is_alive(), "the server ended as it started"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.005)
