"""The one place that decides whether a failure is for good, and in whose words.

Alike for PyAV, ffmpeg and plain reads: what the operating system refuses for now (a full disk, a server that is away)
may work later; everything else that a tool says of a file is said for good, in the tool's own words.
"""

from __future__ import annotations

import errno
import os
import re
import signal

from tasks.errors import PermanentError, TransientError

GONE = "The file is gone"

#: libav repeats the whole list of what is accepted, which says nothing about the file.
WHITELIST = re.compile(r"(Format not on whitelist) '[^']*'")

#: What may pass by itself: disks fill and empty, network file systems come back.
PASSING = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.ESTALE,
        errno.ETIMEDOUT,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENOTCONN,
        errno.EMFILE,
        errno.ENFILE,
        errno.EAGAIN,
        errno.EBUSY,
        errno.EROFS,
    }
)

#: The same in ffmpeg's standard error, as far as it can only mean the output: `Input/output error` is also what its
#: demuxers say of a file that ends early, and whether the disk is at fault is found out by reading it (`source.py`).
PASSING_WORDS = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.ESTALE, errno.EMFILE))

#: Signals by which a program dies of its input; any other was sent by somebody.
DIED_OF_INPUT = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS}
)


def of_os_error(error: OSError) -> PermanentError | TransientError:
    """The verdict on a plain read or write that failed."""
    words = error.strerror or str(error)
    return TransientError(words) if error.errno in PASSING else PermanentError(words)


def of_child_error(code: int | None, words: str) -> PermanentError | TransientError:
    """The verdict on an error that the media child reports, with its errno where it has one."""
    if code == errno.ENOENT:
        return PermanentError(GONE)
    passing = code in PASSING and code != errno.EIO
    return TransientError(brief(words)) if passing else PermanentError(brief(words))


def brief(words: str) -> str:
    """The words of a tool without what is ours in them."""
    return WHITELIST.sub(r"\1", words)


def of_words(words: str) -> PermanentError | TransientError:
    """The verdict on a tool that ended by itself with an error, from what it wrote to standard error."""
    passing = any(phrase in words for phrase in PASSING_WORDS)
    return TransientError(words) if passing else PermanentError(brief(words))


def of_exit(program: str, returncode: int, words: str) -> PermanentError | TransientError:
    """The verdict on a program that ended with `returncode` (negative: by that signal)."""
    if returncode >= 0:
        return of_words(words or f"{program} ended with {returncode} and said nothing")
    number = signal.Signals(-returncode)
    said = f": {words}" if words else ""
    if number == signal.SIGXCPU:
        return PermanentError(f"{program} used up its CPU time on this file{said}")
    if number == signal.SIGXFSZ:
        return PermanentError(f"{program} wrote more than it may for this file{said}")
    if number in DIED_OF_INPUT:
        return PermanentError(f"{program} crashed on this file ({number.name}){said}")
    return TransientError(f"{program} was killed ({number.name}){said}")
