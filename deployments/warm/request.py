"""What a client asks of the fork server, and what a forked child does with it: become that client."""

from __future__ import annotations

import os
import runpy
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from deployments.warm.client import FORWARDED, LENGTH

#: The largest request, bytes: the kernel's limit on arguments and environment of a new process is of this order.
LARGEST = 8 * 1024 * 1024
#: Seconds that a client may take to send what it announced.
PATIENCE = 10


class BadRequestError(Exception):
    """The client said something that no client says, or died while it spoke."""


@dataclass(frozen=True)
class Request:
    """Run a module (`argv[0]`) in this directory and environment, with these three standard streams."""

    identity: bytes
    directory: bytes
    argv: Sequence[str]
    environment: dict[bytes, bytes]
    streams: Sequence[int]

    def close(self) -> None:
        """Let go of the client's streams."""
        for stream in self.streams:
            os.close(stream)

    def take_over(self) -> None:
        """Make this process look as if the client had become it; it must be a fresh child without threads."""
        for target, stream in enumerate(self.streams):
            os.dup2(stream, target)
        self.close()
        for number in (*FORWARDED, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environb.clear()
        os.environb.update(self.environment)
        os.chdir(self.directory)

    def run(self) -> None:
        """Run the module as `python -m` does; returns or raises (`SystemExit` included) as the module ends."""
        module, *_ = sys.argv = list(self.argv)
        # The server has imported the module to save the time; run as `__main__` it is a second one, as with `-m`.
        sys.modules.pop(module, None)
        runpy.run_module(module, run_name="__main__", alter_sys=True)


def same_user(connection: socket.socket) -> bool:
    """Whether the other side runs as the same user; the socket's folder is closed to others in any case."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], sys.byteorder) == os.geteuid()


def receive(connection: socket.socket) -> Request | None:
    """Read one request; None from one who only tried whether anyone listens, `BadRequestError` where it is none."""
    connection.settimeout(PATIENCE)
    streams: list[int] = []
    try:
        if not same_user(connection):
            raise BadRequestError("it is another user's")
        announced, streams, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
        if not announced:
            return None
        if len(announced) != LENGTH.size or len(streams) != 3:
            raise BadRequestError("it does not begin like one")
        (length,) = LENGTH.unpack(announced)
        if length > LARGEST:
            raise BadRequestError(f"{length} bytes are too many")
        return _parse(_exactly(connection, length), streams)
    except (OSError, ValueError, BadRequestError) as error:
        for stream in streams:
            os.close(stream)
        raise BadRequestError(str(error)) from error
    finally:
        connection.settimeout(None)


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise BadRequestError("it ends too early")
        received += part
    return bytes(received)


def _parse(body: bytes, streams: Sequence[int]) -> Request:
    identity, directory, count, *rest = body.split(b"\0")[:-1]
    words = int(count)
    argv = [os.fsdecode(word) for word in rest[:words]]
    environment = dict(entry.split(b"=", 1) for entry in rest[words:])
    if not argv:
        raise BadRequestError("it names no module")
    return Request(identity, directory, argv, environment, streams)
