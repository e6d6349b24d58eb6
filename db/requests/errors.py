"""What cannot be done to a request; each message is a sentence for people."""

from __future__ import annotations

from db.requests.states import Status


class RequestNotFoundError(LookupError):
    """No request, release or book has this id."""


class RequestError(ValueError):
    """What was asked for makes no sense; the message says what to do."""


class ConflictError(ValueError):
    """What was asked for cannot be done as the request is now."""


class TransitionError(ConflictError):
    """A request cannot get from where it is to where somebody wanted it."""

    def __init__(self, request_id: int, before: Status, to: Status) -> None:
        super().__init__(f"Request {request_id} is {before.replace('_', ' ')}: it cannot become {to}.")
        self.before, self.to = before, to
