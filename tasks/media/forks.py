"""Media children, forked from one process that has imported their libraries (`child/__main__.py`).

A caller has one such process, from its first child to its last. It is started like any program, with a clean
environment: the caller itself holds secrets and threads, and is never forked for a child.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from tasks.errors import TransientError
from tasks.media.fork_messages import ANSWER
from tasks.media.forked import Forked
from tasks.media.started import environment
from tasks.media.usage import in_words

ARGV = [sys.executable, "-P", "-m", "tasks.media.child"]
#: Seconds until a child is forked, and what it needs imported before it.
PATIENCE = 60.0
#: Bytes of what the process said last.
TAIL = 64 * 1024


class NoForkError(TransientError):
    """No child could be forked."""


class Preloaded:
    """The process that forks."""

    def __init__(self) -> None:
        #: Children that nobody has let go of yet.
        self.children = 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `end`
        self.control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(PATIENCE)
        with its:
            self._popen = subprocess.Popen(  # noqa: S603 -- a list, never a shell
                [*ARGV, str(its.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[its.fileno()],
                env=environment(),
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def fork(self, kernel: str, let_go: Callable[[], None]) -> Forked:
        """A child that has imported this kernel. `OSError` where there is no room for one, or no answer."""
        with ExitStack() as ours, ExitStack() as its:
            pipes = [_pipe(ours, its, writes=number == 0) for number in range(4)]
            child, pidfd = self._ask(kernel, [end for _, end in pipes])
            forked = Forked(child, pidfd, [end for end, _ in pipes], let_go)
            ours.pop_all()
        self.children += 1
        return forked

    def _ask(self, kernel: str, descriptors: Sequence[int]) -> tuple[int, int]:
        socket.send_fds(self.control, [kernel.encode()], descriptors)
        answer, pidfds, _, _ = socket.recv_fds(self.control, ANSWER.size, 1, socket.MSG_CMSG_CLOEXEC)
        if not answer:
            raise ConnectionResetError("no answer")
        child, number = ANSWER.unpack(answer)
        if number:
            raise OSError(number, os.strerror(number))
        return child, pidfds[0]

    def end(self) -> None:
        """End and reap it. Its children go on."""
        self.control.close()
        self._popen.kill()
        self._popen.wait()
        self._errors.close()

    def fate(self) -> str:
        """What has become of one that does not answer, in words; nothing where it still runs and is silent."""
        try:
            code = self._popen.wait(1)
        except subprocess.TimeoutExpired:
            code = 0
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - TAIL))
        said = self._errors.read().decode(errors="replace").strip()
        return ": ".join(filter(None, [in_words("its process", code), said]))


class Forks:
    """Forks the children of this process, from any of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._preloaded: Preloaded | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the preloaded process, while there is one."""
        return self._preloaded.pid if self._preloaded else None

    def fork(self, kernel: str) -> Forked:
        """A child that has imported this kernel of `tasks.media.child`.

        Raises `NoForkError` where it takes a minute, or where neither the process that is there nor a new one forks.
        """
        with self._lock:
            with suppress(NoForkError):
                return self._fork(kernel)
            return self._fork(kernel)

    def _fork(self, kernel: str) -> Forked:
        words = ""
        try:
            self._preloaded = preloaded = self._preloaded or Preloaded()
            return preloaded.fork(kernel, lambda: self._let_go(preloaded))
        except OSError as error:
            if self._preloaded:
                words = self._preloaded.fate()
                self._end()
            raise NoForkError(f"The media reader cannot be started: {words or error}") from error
        except BaseException:
            self._end()  # its answer may come yet, and would be taken for the next one's
            raise

    def _end(self) -> None:
        if self._preloaded:
            self._preloaded.end()
            self._preloaded = None

    def _let_go(self, preloaded: Preloaded) -> None:
        with self._lock:
            preloaded.children -= 1
            if preloaded.children == 0 and preloaded is self._preloaded:
                self._end()

    def forget(self) -> None:
        """In a copy of this process: the preloaded process and the lock are another's."""
        if self._preloaded:
            self._preloaded.control.close()
        self._preloaded, self._lock = None, threading.Lock()


def _pipe(ours: ExitStack, its: ExitStack, *, writes: bool) -> tuple[int, int]:
    """A pipe's ends, our own first; it is we who write to it, or not."""
    ends = os.pipe()
    mine, other = reversed(ends) if writes else ends
    ours.callback(os.close, mine)
    its.callback(os.close, other)
    return mine, other


#: Those of this process.
FORKS = Forks()
os.register_at_fork(after_in_child=FORKS.forget)
