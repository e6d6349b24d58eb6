"""Several requests at once: asked back with their number, then done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from ops_api import flash
from ops_api.dependencies import Reading, TheRequestDesk
from ops_api.errors import REFUSALS, not_found
from ops_api.flash import Said
from ops_api.render import page
from ops_api.request_page.many import WORDS, Marked, choose, do

router = APIRouter(prefix="/requests")


@router.post("/all/{verb}")
def with_all(
    request: Request, conn: Reading, desk: TheRequestDesk, verb: str, marked: Annotated[Marked, Form()]
) -> Response:
    """Ask first, then do it, and go back to the list."""
    if verb not in WORDS:
        raise not_found("There is no such button.")
    try:
        if not marked.confirmed:
            chosen = choose(conn, verb, marked)
            return page(request, "requests/many.html", here="requests", verb=verb, chosen=chosen, marked=marked)
        said = Said(do(desk, verb, marked))
    except tuple(REFUSALS) as error:
        said = Said(str(error), bad=True)
    response = RedirectResponse(marked.back, status_code=303)
    flash.say(response, said)
    return response
