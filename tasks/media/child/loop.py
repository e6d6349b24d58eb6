"""What a media child does once it is forked: a JSON line in, JSON lines out.

A request names a kernel and its arguments. The answer is any number of `{"progress": fraction}` and then either
`{"result": ...}` or `{"error": {"kind", "errno", "words"}}`, with what that took: `{"used": {"cpu", "memory"}}`.
"""

from __future__ import annotations

import json
import os
import select
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import av.logging
from PIL import Image

from tasks.media.child.container import RefusalError
from tasks.media.child.usage import Meter

#: Where each kernel is, in this package. A child imports what it is asked for: one queue's jobs ask for little of it.
KERNELS = {
    "probe": "facts.probe",
    "exact_frames": "exact.exact_frames",
    "phash": "phash.video_phash",
    "pictures": "pictures.pictures",
    "sidecar": "sidecar.convert",
    "streams": "streams.streams",
    "keyframes": "streams.keyframes",
    "image": "image.kernel.image",
    "archive": "archives.listing.list_pages",
    "cover": "image.cover.cover",
    "audio_probe": "audio_facts.audio_probe",
    "length": "length.length",
    "joint": "joints.joint",
    "retag": "retag.retag",
    "waveform": "waveform.waveform",
    "pcm": "waveform.pcm",
}
LOGS_KEPT = 100


def prepare() -> None:
    """What is the same for all children and need not be done by each. May be called again."""
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)
    Image.preinit()


def serve() -> None:
    """Serve until standard input ends."""
    prepare()
    requests, replies = _take_over_standard_streams()
    threading.Thread(target=_die_with_parent, args=(requests.fileno(),), daemon=True).start()
    meter = Meter()
    for line in requests:
        meter.begin()
        request = json.loads(line)
        answer = _answer(request, lambda message: _say(replies, message))
        _say(replies, answer | {"used": meter.used()})


def _take_over_standard_streams() -> tuple[Any, int]:
    """Keep the pipes for the conversation; whatever a library prints goes to standard error."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _die_with_parent(requests: int) -> None:
    """Leave in the middle of a request, too, when nobody waits for its answer any more.

    The other end of the pipe closes with the process that holds it. (PR_SET_PDEATHSIG goes by the thread instead.)
    """
    watched = select.poll()
    watched.register(requests, 0)
    watched.poll()
    os._exit(0)


def _answer(request: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    does = kernel(request.pop("kernel"))
    with av.logging.Capture() as logs:

        def progress(fraction: float) -> None:
            del logs[:-LOGS_KEPT]
            say({"progress": fraction})

        try:
            return {"result": does(progress=progress, **request)}
        except Exception as error:
            return {"error": _explain(error, logs)}


def kernel(name: str) -> Callable[..., Any]:
    """The function of this name, its module imported."""
    module, _, function = KERNELS[name].rpartition(".")
    found: Callable[..., Any] = getattr(import_module(f"tasks.media.child.{module}"), function)
    return found


def _explain(error: Exception, logs: list[tuple[int, str, str]]) -> dict[str, Any]:
    if isinstance(error, MemoryError):
        return {"kind": "memory", "errno": None, "words": "Reading this file takes more memory than it may have"}
    if isinstance(error, av.error.FFmpegError | OSError):
        words = _words(logs, error.strerror or str(error))
        return {"kind": "file", "errno": error.errno, "words": words}
    if isinstance(error, RefusalError):
        return {"kind": "file", "errno": None, "words": _words(logs, str(error))}
    return {"kind": "bug", "errno": None, "words": f"{type(error).__name__}: {error}"}


def _words(logs: list[tuple[int, str, str]], last: str) -> str:
    """What the libraries logged, then what the call ended with, each once."""
    said = [text.strip() for level, _, text in logs[-LOGS_KEPT:] if level <= av.logging.ERROR]
    return "; ".join(dict.fromkeys([*said[-5:], last]))


def _say(replies: int, message: dict[str, Any]) -> None:
    left = json.dumps(message).encode() + b"\n"
    while left:
        left = left[os.write(replies, left) :]
