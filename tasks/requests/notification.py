"""Telling people something through Apprise, which speaks with some hundred services by addresses of its own kind."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tasks.errors import PermanentError, TransientError

#: How each event is called, and how loud it is.
HEADLINES: dict[str, tuple[str, str]] = {
    "request_pending_approval": ("A request waits for approval", "info"),
    "request_approved": ("A request was accepted", "info"),
    "request_denied": ("A request was denied", "warning"),
    "request_grabbed": ("A download has begun", "info"),
    "request_available": ("A book is available", "success"),
    "request_error": ("A request needs a look", "failure"),
    "request_cancelled": ("A request was withdrawn", "warning"),
    "test": ("Darkroom can reach you", "info"),
}
WRONG_ADDRESS = "This is no address that Apprise knows, such as ntfy://topic or discord://id/token."
_LOG = "apprise"


@dataclass(frozen=True)
class Message:
    """What is told: the event, which book, what happened, and who asked for it."""

    event: str
    title: str
    message: str
    by: str

    @property
    def headline(self) -> str:
        """Its first line."""
        return HEADLINES.get(self.event, ("News of a request", "info"))[0]

    @property
    def body(self) -> str:
        """All else."""
        return f"{self.title}\n{self.message}\nAsked for by {self.by}." if self.by else f"{self.title}\n{self.message}"


def is_address(url: str) -> bool:
    """Whether Apprise knows what this is the address of."""
    import apprise

    return bool(apprise.Apprise().add(url))


def send(url: str, message: Message) -> None:
    """Tell one target.

    Raises:
        PermanentError: the address is none.
        TransientError: it was not taken; why, as far as Apprise says, without the address, which is a secret.
    """
    import apprise

    targets = apprise.Apprise()
    with _heard() as words:
        if not targets.add(url):
            raise PermanentError(WRONG_ADDRESS)
        kind = HEADLINES.get(message.event, ("", "info"))[1]
        taken = targets.notify(body=message.body, title=message.headline, notify_type=kind)
    if not taken:
        said = [line for line in words.getvalue().splitlines() if "://" not in line]
        raise TransientError(f"It was not taken: {said[-1] if said else 'the service gave no reason'}")


@contextmanager
def _heard() -> Iterator[io.StringIO]:
    """What Apprise says of its failures in this thread."""
    words, thread = io.StringIO(), threading.get_ident()
    handler = logging.StreamHandler(words)
    handler.addFilter(lambda record: record.thread == thread)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger(_LOG)
    logger.addHandler(handler)
    try:
        yield words
    finally:
        logger.removeHandler(handler)
