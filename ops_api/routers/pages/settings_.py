"""Settings: the watched folders, and what is done with what lies in them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from db import dashboard, identify, library_settings, roots
from db.library_settings import SettingError
from db.roots import RootError
from flows.queues import PRIORITIES
from ops_api import flash, queue_settings
from ops_api.browse import BrowseError, Listing, listing
from ops_api.dependencies import Id, Reading, TheDesk
from ops_api.flash import Said
from ops_api.models import Text
from ops_api.render import page, said_once
from ops_api.settings_form import GROUPS, changes, values

router = APIRouter(prefix="/settings")

#: What a person may tick for a watched folder, and how it is called.
CHOICES = (
    ("enabled", "Watched"),
    ("recursive", "Folders in it too"),
    ("scan_movies", "Movies"),
    ("scan_series", "Series"),
    ("scan_images", "Pictures"),
    ("scan_audio", "Audio"),
    ("is_nsfw", "NSFW"),
)


async def _sent(request: Request) -> dict[str, str]:
    """The fields of a form, whatever they are called."""
    return {name: str(value) for name, value in (await request.form()).items()}


Sent = Annotated[dict[str, str], Depends(_sent)]


@router.get("")
def settings(request: Request, conn: Reading, browse: Annotated[Text | None, Query()] = None) -> HTMLResponse:
    """The whole page; `browse` opens a folder of this machine to choose from."""
    return said_once(request, "settings.html", **_context(conn, browse))


@router.post("/library")
def change_settings(sent: Sent, desk: TheDesk) -> Response:
    """Save one group of settings."""
    try:
        desk.change_settings(changes(sent))
        said = Said("Saved. It holds from the next job on.")
    except SettingError as error:
        said = Said(str(error), bad=True)
    return _back(f"/settings#{sent.get('group', '')}", said)


@router.post("/folders/{library_id}")
def change_folder(sent: Sent, desk: TheDesk, library_id: Id) -> Response:
    """Save what was chosen for one watched folder."""
    chosen: dict[str, Any] = {name: name in sent for name, _ in CHOICES}
    try:
        root = desk.change_folder(library_id, label=sent.get("label", ""), **chosen)
        name = "it" if desk.hide_nsfw and root.is_nsfw else root.label
        said = Said(f"Saved what is done with {name}.")
    except RootError as error:
        said = Said(str(error), bad=True)
    return _back(f"/settings#folder-{library_id}", said)


@router.post("/folders/{library_id}/remove")
def remove_folder(
    request: Request, desk: TheDesk, conn: Reading, library_id: Id, confirmed: Annotated[bool, Form()] = False
) -> Response:
    """Watch a folder no longer; asks first."""
    if not confirmed:
        root = roots.get_root(conn, library_id)
        return page(
            request, "settings/remove.html", here="settings", root=root, counts=roots.count_files(conn, library_id)
        )
    return _back("/settings", Said(desk.remove_folder(library_id)))


def _back(address: str, said: Said) -> Response:
    response = RedirectResponse(address, status_code=303)
    flash.say(response, said)
    return response


def _context(conn: Connection, browse: str | None) -> dict[str, Any]:
    folders, refusal = browsed(browse)
    return {
        "here": "settings",
        "now": dashboard.now(conn),
        "roots": roots.list_roots(conn),
        "hidden": roots.count_hidden(conn),
        "choices": CHOICES,
        "forms": GROUPS,
        "values": values(library_settings.read(conn)),
        "boxes": identify.list_boxes(conn),
        "own_queues": queue_settings.of_their_own(conn),
        "priorities": PRIORITIES,
        "browsing": browse is not None,
        "folders": folders,
        "refusal": refusal,
    }


def browsed(browse: str | None) -> tuple[Listing, str | None]:
    """The folders in this one; else those to begin at, with the sentence that says why."""
    try:
        return listing(browse), None
    except BrowseError as error:
        return listing(None), str(error)
