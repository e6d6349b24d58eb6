# ruff: noqa: PTH109, PTH119, PTH120, SIM105, S606 -- pathlib and contextlib cost more than the rest of this program
"""Runs a Python module as a child of the fork server, or the ordinary way where no fork server answers.

Started as `python -I -S client.py SOCKET MODULE [ARGUMENT...]`: the standard library only, and little of it, so that it
runs after some 15 ms. Its environment, working directory and standard streams become those of the module; signals that
it gets go to the module's process group; its end is the module's end. `server.py` is the other side.

The conversation, on a unix stream socket: the client sends a request with its three standard streams as ancillary data,
and is answered in lines: `pid N` (the child leads process group N), then `exit STATUS` (a wait status, `wait(2)`),
or `cold REASON` instead of both.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

#: What a supervisor or a person may send to a running flow.
FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
#: Seconds until a fork server that accepts nothing counts as absent; it may be importing new code just now.
PATIENCE = 30
#: How a request says how long it is, in bytes.
LENGTH = struct.Struct("!I")
#: A unix socket's address holds 108 bytes, 104 on some systems.
LONGEST_ADDRESS = 100


def identity() -> bytes:
    """Which interpreter and which copy of the code a process belongs to; both sides must be of the same."""
    return os.fsencode(f"{sys.executable}:{sys.version_info[:3]}:{os.path.realpath(__file__)}")


def request(argv: list[str]) -> bytes:
    """Everything about this process that the child is to take over, as fields that end in NUL."""
    environment = [name + b"=" + value for name, value in os.environb.items()]
    fields = [identity(), os.getcwdb(), b"%d" % len(argv), *map(os.fsencode, argv), *environment]
    return b"".join(field + b"\0" for field in fields)


def send(connection: socket.socket, body: bytes) -> None:
    """The request's length, with the standard streams attached, then the request."""
    socket.send_fds(connection, [LENGTH.pack(len(body))], [0, 1, 2])
    connection.sendall(body)


def at(path: str, act: Callable[[str], object]) -> None:
    """Bind or connect to the socket's path, or where that is too long, by another way to the same file (Linux)."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        act(path)
        return
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        act(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
    finally:
        os.close(folder)


def connect(path: str) -> socket.socket:
    """A connection to the fork server; OSError where none listens."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE)
    try:
        at(path, connection.connect)
    except OSError:
        connection.close()
        raise
    return connection


def answers(connection: socket.socket) -> Iterator[tuple[str, str]]:
    """The fork server's lines, as word and rest, until it hangs up."""
    pending = b""
    while received := connection.recv(4096):
        *lines, pending = (pending + received).split(b"\n")
        for line in lines:
            word, _, rest = line.decode(errors="replace").partition(" ")
            yield word, rest


class Forwarding:
    """Passes signals on to the child's process group; those that come before it is known, as soon as it is."""

    def __init__(self) -> None:
        self._group: int | None = None
        self._waiting: list[int] = []
        for forwarded in FORWARDED:
            signal.signal(forwarded, self._forward)

    def start(self, group: int) -> None:
        """From now on the process group is known."""
        self._group = group
        for number in self._waiting:
            self._send(group, number)

    def kill(self) -> None:
        """End the process group now; nothing where there is none."""
        if self._group is not None:
            self._send(self._group, signal.SIGKILL)

    def stop(self) -> None:
        """Signals do to this process what they do to any other."""
        for forwarded in FORWARDED:
            signal.signal(forwarded, signal.SIG_DFL)
        for number in self._waiting if self._group is None else ():
            os.kill(os.getpid(), number)

    def _forward(self, number: int, _frame: object) -> None:
        if self._group is None:
            self._waiting.append(number)
        else:
            self._send(self._group, number)

    @staticmethod
    def _send(group: int, number: int) -> None:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            pass


def end_like(status: int) -> NoReturn:
    """End this process as the wait status says: the same exit code, or death by the same signal."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(abs(code))


def say(sentence: str) -> None:
    """Write a line where the log of the run goes."""
    os.write(2, f"{sentence}\n".encode())


def run_cold(argv: list[str], reason: str) -> NoReturn:
    """Become the module, started the ordinary way."""
    say(f"Starting {argv[0]} without the fork server: {reason}")
    os.execv(sys.executable, [sys.executable, "-m", *argv])


def run_warm(path: str, argv: list[str]) -> str:
    """Let the fork server run the module and end as it ends; where nothing was started, return why."""
    forwarding, started = Forwarding(), False
    try:
        connection = connect(path)
        send(connection, request(argv))
        for word, rest in answers(connection):
            match word:
                case "pid":
                    started = True
                    connection.settimeout(None)
                    forwarding.start(int(rest))
                case "exit":
                    forwarding.stop()
                    end_like(int(rest))
                case _:
                    return rest
    except OSError as error:
        reason = str(error)
    else:
        reason = "it hung up"
    finally:
        if started:
            forwarding.kill()
        forwarding.stop()
    if started:
        say(f"The fork server is gone ({reason}); what it ran was stopped")
        os._exit(1)
    return reason


def main() -> NoReturn:
    """Run the module named on the command line."""
    _, path, *argv = sys.argv
    run_cold(argv, run_warm(path, argv))


if __name__ == "__main__":
    main()
