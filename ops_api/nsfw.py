"""Whether what is NSFW is hidden from whoever asks.

Who signed in with a browser sees it once they have switched it on: the switch is a cookie, and it is off at first, or
on for browsers on this network where the settings say so. A program sees everything, unless it asks for `off`; a
browser's script may ask for either.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from fastapi import Depends, Header, Query, Request

from ops_api.access import current

Mode = Literal["off", "show"]
MODES: tuple[Mode, ...] = get_args(Mode)

COOKIE, HEADER = "darkroom_nsfw", "X-Darkroom-NSFW"

_ABOUT = "`off` leaves out what is NSFW and counts without it; a token sees everything unless it asks for this"
InQuery = Annotated[Mode | None, Query(alias="nsfw", description=_ABOUT)]
InHeader = Annotated[Mode | None, Header(alias=HEADER, description=_ABOUT)]


def mode(request: Request) -> Mode:
    """What holds for this request. What it asks for is asked for in the API only: a page has its switch."""
    is_api = request.url.path.startswith("/api/")
    asked = (request.query_params.get("nsfw") or request.headers.get(HEADER)) if is_api else None
    who = current.who()
    is_program = who is not None and who.session is None and (is_api or who.token is not None)
    said = asked or (None if is_program else request.cookies.get(COOKIE))
    return said if said in MODES else "show" if is_program or current.shows_nsfw() else "off"


def _hides(request: Request, _in_query: InQuery = None, _in_header: InHeader = None) -> bool:
    return mode(request) == "off"


#: Whether it is hidden.
Hides = Annotated[bool, Depends(_hides)]
