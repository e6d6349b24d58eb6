"""The process that media children are forked from: `python -m tasks.media.child DESCRIPTOR`.

It imports once what each of them would, reads nobody's file and has one thread. `tasks/media/forks.py` has the other
end of the socket with that number. Children that are forked share one layout of addresses, where each process that is
started anew draws its own.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

from tasks.media.fork_messages import ANSWER, LONGEST_NAME, REPORT


class Forker:
    """Forks what it is asked for, and tells how each ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        #: The number of each child and its pipe, by pidfd. Plain numbers: no object closes them behind a child's back.
        self._running: dict[int, tuple[int, int]] = {}
        self._watched = select.poll()
        self._watched.register(control, select.POLLIN)

    def serve(self) -> bool:
        """True in each child; False once nobody can ask for more."""
        while True:
            for descriptor, _ in self._watched.poll():
                if descriptor != self._control.fileno():
                    self._reap(descriptor)
                    continue
                name, given, _, _ = socket.recv_fds(self._control, LONGEST_NAME, 4, socket.MSG_CMSG_CLOEXEC)
                if not name:
                    return False
                preload(name.decode())
                if self._fork(given):
                    return True

    def _fork(self, given: Sequence[int]) -> bool:
        """Whether this is the child."""
        *streams, pipe = given
        try:
            child = os.fork()
        except OSError as error:
            self._control.send(ANSWER.pack(0, error.errno or 0))
            os.close(pipe)
        else:
            if child == 0:
                self._leave(streams, pipe)
                return True
            self._watch(child, pipe)
        for stream in streams:
            os.close(stream)
        return False

    def _watch(self, child: int, pipe: int) -> None:
        pidfd = os.pidfd_open(child)
        self._running[pidfd] = child, pipe
        self._watched.register(pidfd, select.POLLIN)
        socket.send_fds(self._control, [ANSWER.pack(child, 0)], [pidfd])

    def _reap(self, pidfd: int) -> None:
        child, pipe = self._running.pop(pidfd)
        self._watched.unregister(pidfd)
        _, status, used = os.wait4(child, 0)
        report = REPORT.pack(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
        with suppress(BrokenPipeError):
            os.write(pipe, report)
        os.close(pipe)
        os.close(pidfd)

    def _leave(self, streams: Sequence[int], pipe: int) -> None:
        """In the child: take the streams, and close all that is the parent's or the other children's."""
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.close(pipe)
        for pidfd, (_, other) in self._running.items():
            os.close(pidfd)
            os.close(other)
        self._control.close()


def preload(kernel: str | None = None) -> None:
    """Import what every child needs, and one kernel. What cannot be imported fails in the child, in its own words."""
    with suppress(Exception):
        from tasks.media.child import loop

        loop.prepare()
        if kernel:
            loop.kernel(kernel)
    gc.freeze()


def main() -> None:
    """Serve the socket named on the command line; in a child, serve its requests."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    preload()
    if Forker(socket.socket(fileno=int(sys.argv[1]))).serve():
        from tasks.media.child import loop

        loop.serve()
        os._exit(0)


if __name__ == "__main__":
    main()
