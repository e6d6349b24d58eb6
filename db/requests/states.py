"""The states of a request, and THE table of which may follow which.

Plain data. Nothing but `db.requests.transition` changes a request's status, and it does so by this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Status = Literal[
    "pending",
    "awaiting_approval",
    "denied",
    "searching",
    "downloading",
    "processing",
    "downloaded",
    "available",
    "awaiting_search",
    "awaiting_release",
    "awaiting_import",
    "warn",
    "failed",
    "cancelled",
]
STATUSES: tuple[Status, ...] = get_args(Status)

#: What each status means, for people.
MEANINGS: Mapping[Status, str] = {
    "pending": "Accepted; its search is about to begin",
    "awaiting_approval": "Waits for an administrator to approve it",
    "denied": "An administrator has denied it",
    "searching": "The indexers are being searched",
    "downloading": "A release is with the download client",
    "processing": "Its files are being put into the library",
    "downloaded": "Its files are in the library; Plex or Audiobookshelf has not listed them yet",
    "available": "Plex or Audiobookshelf lists it",
    "awaiting_search": "Nothing good enough was found yet; it is searched for again by itself",
    "awaiting_release": "It is not published yet; it is searched for from the day it is",
    "awaiting_import": "Its files could not be put into the library yet; that is tried again by itself",
    "warn": "Its files could not be put into the library, and it is your turn",
    "failed": "It failed; nothing more is done until somebody says so",
    "cancelled": "It was withdrawn",
}

#: With which a request may begin.
INITIAL: frozenset[Status] = frozenset({"pending", "awaiting_approval", "awaiting_search", "awaiting_release"})

#: Every legal transition: what may follow each status. What is not here cannot happen.
FOLLOWS: Mapping[Status, frozenset[Status]] = {
    # approved (with a release, without, or before it is published), denied, withdrawn, imported by hand, found
    "awaiting_approval": frozenset(
        {"pending", "downloading", "awaiting_release", "denied", "cancelled", "processing", "available"}
    ),
    "denied": frozenset(),
    "pending": frozenset(
        {"searching", "downloading", "awaiting_release", "processing", "failed", "cancelled", "available"}
    ),
    # a release was chosen, nothing was good enough, an error
    "searching": frozenset({"downloading", "awaiting_search", "failed", "cancelled", "available"}),
    # another release was chosen, the download is complete, it failed
    "downloading": frozenset({"downloading", "processing", "failed", "cancelled", "available"}),
    "processing": frozenset({"downloaded", "awaiting_import", "warn", "failed", "cancelled", "available"}),
    "downloaded": frozenset({"processing", "available"}),
    # the library lists it no longer
    "available": frozenset({"downloaded"}),
    "awaiting_search": frozenset(
        {"pending", "searching", "downloading", "awaiting_release", "processing", "cancelled", "available"}
    ),
    "awaiting_release": frozenset(
        {"pending", "searching", "downloading", "awaiting_search", "processing", "cancelled", "available"}
    ),
    "awaiting_import": frozenset(
        {"pending", "processing", "downloading", "awaiting_import", "warn", "failed", "cancelled", "available"}
    ),
    "warn": frozenset({"pending", "processing", "downloading", "cancelled", "available"}),
    # also by the Retry of its failed job
    "failed": frozenset({"pending", "searching", "downloading", "processing", "cancelled", "available"}),
    # nothing revives it
    "cancelled": frozenset(),
}


def leads_to(to: Status) -> frozenset[Status]:
    """The statuses from which one may get there."""
    return frozenset(status for status, following in FOLLOWS.items() if to in following)


#: Where a request stays: nobody does anything with it any more.
TERMINAL: frozenset[Status] = frozenset(status for status in STATUSES if not FOLLOWS[status])
#: What a library scan may find in the library: everything else that is not there yet.
MATCHABLE: frozenset[Status] = leads_to("available")
CANCELLABLE: frozenset[Status] = leads_to("cancelled")
#: In these some job is at work on the request, or is about to be; with none, it is stranded.
ACTIVE: frozenset[Status] = frozenset({"pending", "searching", "downloading", "processing"})
#: From these an interactive or manual search may go on.
SEARCHABLE: frozenset[Status] = frozenset({"pending", "awaiting_search", "awaiting_release", "failed", "warn"})
#: In these a release may be chosen by hand.
CHOOSABLE: frozenset[Status] = leads_to("downloading") - {"awaiting_approval"}
#: A book with a request in one of these cannot be asked for again.
LIVE: frozenset[Status] = frozenset(STATUSES) - TERMINAL - {"failed", "warn"}

#: What is said to whoever wants to be told, when a request gets into a status.
NEWS: Mapping[Status, str] = {
    "awaiting_approval": "request_pending_approval",
    "denied": "request_denied",
    "available": "request_available",
    "failed": "request_error",
    "warn": "request_error",
    "cancelled": "request_cancelled",
}
#: Every event that a target of notifications may want.
EVENTS: tuple[str, ...] = (
    "request_pending_approval",
    "request_approved",
    "request_denied",
    "request_grabbed",
    "request_available",
    "request_error",
    "request_cancelled",
)
