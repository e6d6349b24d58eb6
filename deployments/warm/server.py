"""The fork server: one thread that waits, forks a child for each request, and ends process groups whose time is up.

It has imported everything that a flow needs and holds no thread, no connection and no event loop, so that a fork of it
is a whole process. `client.py` tells the conversation.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from deployments.warm.client import identity
from deployments.warm.freshness import Fingerprint, changed, differences
from deployments.warm.request import BadRequestError, Request, receive

log = logging.getLogger("darkroom.warm")

#: Clients that may wait while new code is imported.
BACKLOG = 128
PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class ForkServer:
    """Serves a listening socket. `runs` are the children alive, each with its client's connection."""

    listener: socket.socket
    environment: Mapping[bytes, bytes]
    fingerprint: Fingerprint
    #: A descriptor that becomes readable when the process that started this one ends (`pidfd_open(2)`).
    supervisor: int
    #: Replaces this process by a new one that imports the code as it is now and takes over socket and children.
    replace: Callable[[ForkServer], NoReturn]
    runs: dict[int, socket.socket | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pid = os.getpid()
        self._ending = False
        self._selector = selectors.PollSelector()
        self._woken, self._wake = socket.socketpair()
        for end in (self._woken, self._wake):
            end.setblocking(False)
        self._watch(self._woken, self._signalled)
        self._watch(self.listener, self._accept)
        self._watch(self.supervisor, self._orphaned)
        for pid, connection in self.runs.items():
            if connection is not None:
                self._watch(connection, partial(self._hung_up, pid))

    def serve(self) -> Request:
        """Serve until told to end (`SystemExit`). Returns in each forked child, with what it is to do."""
        self._listen_to_signals()
        self._reap()
        while True:
            # One event a round: acting on it may close what the next one is about.
            for key, _ in self._selector.select()[:1]:
                request: Request | None = key.data()
                if request is not None:
                    return request
            if self._ending and not self.runs:
                raise SystemExit(0)

    def _watch(self, connection: socket.socket | int, act: Callable[[], Request | None]) -> None:
        self._selector.register(connection, selectors.EVENT_READ, act)

    def _listen_to_signals(self) -> None:
        signal.set_wakeup_fd(self._wake.fileno())
        for number in (signal.SIGCHLD, *ENDING):
            signal.signal(number, lambda *_: None)

    def _signalled(self) -> None:
        for number in self._woken.recv(4096):
            if number in ENDING:
                self._end(signal.SIGKILL if self._ending else signal.SIGTERM)
        self._reap()

    def _end(self, number: int) -> None:
        """Accept nothing more and pass the signal on to what runs."""
        if not self._ending:
            self._ending = True
            self._selector.unregister(self.listener)
            self.listener.close()
        for pid in self.runs:
            kill(pid, number)

    def _orphaned(self) -> NoReturn:
        log.warning("The process that started the fork server is gone; ending")
        self._end(signal.SIGKILL)
        raise SystemExit(1)

    def _accept(self) -> Request | None:
        if files := changed(self.fingerprint):
            log.info("%s changed: importing the code anew", ", ".join(sorted(files)[:3]))
            self.replace(self)
        connection, _ = self.listener.accept()
        try:
            request = receive(connection)
        except BadRequestError as error:
            log.warning("Refused a request: %s", error)
            request = None
        if request is None:
            connection.close()
            return None
        if reason := self._objection(request):
            self._decline(connection, request, reason)
            return None
        return self._fork(connection, request)

    def _objection(self, request: Request) -> str | None:
        """Why this process is not what the client would get from a fresh interpreter, or None."""
        if request.identity != identity():
            return "it serves another copy of the code or another interpreter"
        if names := differences(self.environment, request.environment):
            return f"its environment differs in {', '.join(names)}"
        return None

    def _decline(self, connection: socket.socket, request: Request, reason: str) -> None:
        log.info("Left %s to a fresh interpreter: %s", request.argv[0], reason)
        answer(connection, f"cold {reason}")
        request.close()
        connection.close()

    def _fork(self, connection: socket.socket, request: Request) -> Request | None:
        flush()
        try:
            pid = os.fork()
        except OSError as error:
            self._decline(connection, request, str(error))
            return None
        if pid == 0:
            self._become_child(connection)
            return request
        request.close()
        self.runs[pid] = connection
        self._watch(connection, partial(self._hung_up, pid))
        return None

    def _become_child(self, connection: socket.socket) -> None:
        """Lead a process group of its own, say so to the client, and let go of all that is the server's."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        die_with(self.pid)
        if not answer(connection, f"pid {os.getpid()}"):
            os._exit(1)
        os.close(self.supervisor)
        for held in (connection, self.listener, self._woken, self._wake, *filter(None, self.runs.values())):
            held.close()

    def _hung_up(self, pid: int) -> None:
        """The client is gone: so is what it asked for."""
        kill(pid, signal.SIGKILL)
        self._forget(pid)

    def _forget(self, pid: int) -> None:
        if connection := self.runs[pid]:
            self._selector.unregister(connection)
            connection.close()
            self.runs[pid] = None

    def _reap(self) -> None:
        """End the group of each child that ended, before its number can be another's, and tell the clients."""
        while (pid := ended_child()) is not None:
            kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            if connection := self.runs.get(pid):
                answer(connection, f"exit {status}")
                self._forget(pid)
            self.runs.pop(pid, None)


def answer(connection: socket.socket, line: str) -> bool:
    """Send a line; False where the client is gone."""
    try:
        connection.sendall(f"{line}\n".encode())
    except OSError:
        return False
    return True


def kill(group: int, number: int) -> None:
    """Signal a process group, which may have ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies: the client that would do it may be dead too (Linux).

    The parent has one thread, so that the signal is not for a thread's end (`PR_SET_PDEATHSIG`, prctl(2)).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def ended_child() -> int | None:
    """The number of a child that has ended and was not waited for, or None."""
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return ended.si_pid if ended is not None else None


def flush() -> None:
    """Empty the buffers, which a fork would otherwise copy and write twice."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
