"""What the page says once, after the redirect that follows a form: it travels in a cookie, never in the address."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass

from fastapi import Request, Response

NAME = "darkroom_said"
#: Cookies are small.
LONGEST = 600


@dataclass(frozen=True)
class Undo:
    """What takes back what was done: a verb of the page's buttons, and the field that says of what."""

    verb: str
    field: str
    value: str


@dataclass(frozen=True)
class Said:
    """A sentence, and whether it is about something that did not work."""

    message: str
    bad: bool = False
    undo: Undo | None = None


def say(response: Response, said: Said) -> None:
    """Have the next page say it."""
    value = json.dumps(asdict(Said(said.message[:LONGEST], said.bad, said.undo)))
    encoded = base64.urlsafe_b64encode(value.encode()).decode()
    response.set_cookie(NAME, encoded, max_age=60, httponly=True, samesite="strict")


def heard(request: Request) -> Said | None:
    """What this page is to say, if anything."""
    try:
        found = json.loads(base64.urlsafe_b64decode(request.cookies.get(NAME, "").encode()))
        undo = found["undo"] and Undo(**{name: str(value) for name, value in found["undo"].items()})
        return Said(str(found["message"]), bool(found["bad"]), undo)
    except (binascii.Error, UnicodeError, ValueError, TypeError, KeyError):
        return None
