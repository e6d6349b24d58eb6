"""What a form did, said to whoever sent it: to a script at once, to a person on the page that comes next."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ops_api import flash, models
from ops_api.errors import REFUSALS
from ops_api.flash import Said, Undo


def told(
    request: Request, act: Callable[[], models.Told], address: str, refused: Callable[[str], Response] | None = None
) -> Response:
    """Do it, say what happened, and go back to the page; `refused` answers otherwise, where something was typed."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(act().model_dump(mode="json", by_alias=True))
    try:
        done = act()
        said = Said(done.message, undo=_undo(done))
    except tuple(REFUSALS) as error:
        if refused is not None:
            return refused(str(error))
        said = Said(str(error), bad=True)
    return back(address, said)


def back(address: str, said: Said) -> Response:
    """Go on to this page, which says this."""
    response = RedirectResponse(address, status_code=303)
    flash.say(response, said)
    return response


def _undo(done: models.Told) -> Undo | None:
    """How what was done is taken back, where it can be."""
    if isinstance(done, models.Cleared) and done.undo:
        return Undo("unclear", "moment", done.undo)
    if isinstance(done, models.CollectionDeleted):
        return Undo("collection-restore", "collection", str(done.id))
    return None
