"""What the pages call each status of a request, how it looks, and under which heading it is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.requests.states import CANCELLABLE, CHOOSABLE, SEARCHABLE, STATUSES, TERMINAL, Status, leads_to


@dataclass(frozen=True)
class Look:
    """A status in a word or three, the square beside it, and its heading."""

    word: str
    led: str
    group: str


LOOKS: Mapping[Status, Look] = {
    "pending": Look("about to be searched for", "brass", "under-way"),
    "searching": Look("searching", "brass pulse", "under-way"),
    "downloading": Look("downloading", "brass pulse", "under-way"),
    "processing": Look("being filed", "brass pulse", "under-way"),
    "awaiting_approval": Look("needs approval", "wait", "yours"),
    "warn": Look("needs you", "bad", "yours"),
    "failed": Look("failed", "bad", "yours"),
    "awaiting_search": Look("nothing found yet", "wait", "waiting"),
    "awaiting_release": Look("not published yet", "wait", "waiting"),
    "awaiting_import": Look("filing is tried again", "wait", "waiting"),
    "downloaded": Look("filed, not listed yet", "ok", "there"),
    "available": Look("available", "ok", "there"),
    "denied": Look("denied", "", "over"),
    "cancelled": Look("withdrawn", "", "over"),
}

#: The headings, in the order of the page: what each is called, and what is said where nothing is under it.
GROUPS: Mapping[str, tuple[str, str]] = {
    "under-way": ("Under way", "nothing is under way"),
    "yours": ("Your turn", "nothing waits for you"),
    "waiting": ("Waiting", "nothing waits"),
    "there": ("In the library", "nothing has arrived yet"),
    "over": ("Over", "none was withdrawn or denied"),
}


def statuses_of(show: str) -> tuple[Status, ...]:
    """The statuses under a heading, or the one that is named; all of them for anything else."""
    found = tuple(status for status in STATUSES if show in (status, LOOKS[status].group))
    return found or STATUSES


#: Which buttons a request has in each status.
OFFERS: Mapping[str, frozenset[Status]] = {
    "approve": frozenset({"awaiting_approval"}),
    "retry": frozenset({"failed", "warn", "awaiting_import"}),
    "search": SEARCHABLE - {"failed", "warn"},
    "search by words": SEARCHABLE,
    "look": frozenset(STATUSES) - TERMINAL,
    "choose": CHOOSABLE | {"awaiting_approval"},
    "import": leads_to("processing") | {"processing"},
    "cancel": CANCELLABLE,
}


def offers(status: Status) -> frozenset[str]:
    """What may be done about a request that is there."""
    return frozenset(name for name, statuses in OFFERS.items() if status in statuses)
