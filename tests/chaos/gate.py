"""A gate in front of Prefect's API, through which everything but the server itself goes: open, failing, silent."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress
from typing import Literal

from darkroom.settings import Settings
from deployments.cli import main
from deployments.install.machine import faketime
from deployments.up import run
from deployments.up.child import Child
from deployments.up.programs import Programs

Mode = Literal["open", "failing", "silent"]

#: Names the file that says how far the database's clock is off, where one is wanted.
CLOCK = "DARKROOM_CHAOS_CLOCK"
#: Waiting goes by another clock, which no jump touches. A clock jumps for all processes at once, so none of them may
#: remember what the file said.
ITS_SETTINGS = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}

FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Gate(threading.Thread):
    """Passes connections on; `failing` answers requests with 500, `silent` with nothing. A turn cuts what is open."""

    def __init__(self, port: int, behind: int) -> None:
        super().__init__(name="gate", daemon=True)
        self.port, self.behind = port, behind
        self.mode: Mode = "open"
        self._open: set[asyncio.StreamWriter] = set()
        self._listening, self._ending = threading.Event(), asyncio.Event()

    def __enter__(self) -> Gate:
        self.start()
        self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self.join(10)

    def turn(self, mode: Mode) -> None:
        """Let nothing through from now on, or everything again."""
        self.mode = mode
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    def run(self) -> None:
        """Serve until told to stop."""
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._listening.set()
        await self._ending.wait()
        server.close()
        self._cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.mode == "open":
                await self._pass_on(reader, writer)
            elif self.mode == "failing":
                await reader.readuntil(b"\r\n\r\n")
                writer.write(FAILED)
                await writer.drain()
            else:
                await reader.read(-1)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # whoever it was for will ask again
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.behind)
        self._open.add(back)
        try:
            await asyncio.gather(_pour(reader, back), _pour(there, writer))
        finally:
            self._open.discard(back)
            back.close()


async def _pour(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            into.write(data)
            await into.drain()
    with suppress(OSError):
        into.close()


class Gated(Programs):
    """The programs of a home, all of which reach Prefect through a gate; PostgreSQL goes by a clock that can be set."""

    port = 0

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.environment["PREFECT_API_URL"] = f"http://127.0.0.1:{self.port}/api"

    def postgres(self) -> Child | None:
        """The private cluster, by a clock of its own where one is wanted."""
        child = super().postgres()
        if child and (clock := os.environ.get(CLOCK)):
            child.env = {**child.env, "LD_PRELOAD": str(faketime()), "FAKETIME_TIMESTAMP_FILE": clock, **ITS_SETTINGS}
        return child


def up() -> None:
    """`darkroom up` behind the gate whose port is the first word of the command line."""
    Gated.port = int(sys.argv.pop(1))
    run.Programs = Gated  # type: ignore[misc]
    main()


if __name__ == "__main__":
    up()
