"""Audiobooks that people ask for: what they may become, how each request goes, and by what programs.

All functions take a connection and leave the commit to whoever opened the transaction.
"""

from __future__ import annotations

from db.requests.books import Book, NewBook
from db.requests.cancel import Withdrawn, cancel_request
from db.requests.create import Created, create_request
from db.requests.errors import ConflictError, RequestError, RequestNotFoundError, TransitionError
from db.requests.settings import Settings, is_held_back, read_settings, write_settings
from db.requests.states import EVENTS, STATUSES, Status
from db.requests.store import Request, Step, count_requests, get_request, get_requests, list_requests, read_history
from db.requests.transition import Moved, transition

__all__ = [
    "EVENTS",
    "STATUSES",
    "Book",
    "ConflictError",
    "Created",
    "Moved",
    "NewBook",
    "Request",
    "RequestError",
    "RequestNotFoundError",
    "Settings",
    "Status",
    "Step",
    "TransitionError",
    "Withdrawn",
    "cancel_request",
    "count_requests",
    "create_request",
    "get_request",
    "get_requests",
    "is_held_back",
    "list_requests",
    "read_history",
    "read_settings",
    "transition",
    "write_settings",
]
