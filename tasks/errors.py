"""How a kernel says that it could not do its work. The ledger decides what follows from each."""

from __future__ import annotations


class PermanentError(Exception):
    """Trying again would not help: a corrupt file, a missing codec. The tool's own words are the message."""


class TransientError(Exception):
    """Trying again later may help: a file that is being written, a disk that is full.

    `after`: seconds before which it will not, where somebody has said so.
    """

    def __init__(self, message: str = "", *, after: float = 0) -> None:
        super().__init__(message)
        self.after = after


class CancelledError(Exception):
    """Somebody asked for this work to stop, and its processes are gone."""
