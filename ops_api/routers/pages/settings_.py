"""Settings: the watched folders, and what is done with what lies in them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from db import dashboard, identify, library_settings, roots
from db.library_settings import SettingError
from flows.queues import PRIORITIES
from ops_api import flash, forms, queue_settings
from ops_api.browse import BrowseError, Listing, listing
from ops_api.dependencies import Id, Reading, Sent, TheDesk
from ops_api.flash import Said
from ops_api.forms import MistakesError, Typed
from ops_api.models import Text
from ops_api.render import page, said_once
from ops_api.routers.pages.told import told
from ops_api.settings_form import GROUPS, changes, group_of
from ops_api.wishes import Back

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


#: The form of a stash-box. A key that is left empty stays as it is.
BOX_FIELDS = (
    forms.Field("name", "Name", required=True, most=100, example="StashDB"),
    forms.Field("endpoint", "Address", required=True, most=2000, example="https://stashdb.org/graphql"),
    forms.Field("api_key", "API key", "secret", most=4096),
    forms.Field("enabled", "Ask it", "check"),
)


@router.get("")
def settings(request: Request, conn: Reading, browse: Annotated[Text | None, Query()] = None) -> HTMLResponse:
    """The whole page; `browse` opens a folder of this machine to choose from."""
    return said_once(request, "settings.html", **_context(conn, browse))


@router.post("/library")
def change_settings(request: Request, conn: Reading, sent: Sent, desk: TheDesk) -> Response:
    """Save one group of settings; what cannot be taken is there again, with the reason at its field."""
    try:
        group = group_of(sent)
    except SettingError as error:
        return _back("/settings", Said(str(error), bad=True))
    try:
        desk.change_settings(changes(group, sent))
    except MistakesError as error:
        return again(request, conn, Typed(group.key, forms.typed(group.fields, sent), error.mistakes), str(error))
    return _back(f"/settings#{group.key}", Said("Saved. It holds from the next job on."))


@router.post("/folders")
def watch(
    request: Request,
    conn: Reading,
    desk: TheDesk,
    path: Annotated[Text, Form()] = "",
    back: Annotated[Back, Form()] = "/settings",
) -> Response:
    """Watch another folder, and scan it."""

    def refused(sentence: str) -> Response:
        return again(request, conn, Typed("watch", {"path": path, "back": back}, {"path": sentence}), sentence)

    return told(request, lambda: desk.watch(path), back, refused)


@router.post("/folders/{library_id}")
def change_folder(sent: Sent, desk: TheDesk, library_id: Id) -> Response:
    """Save what was chosen for one watched folder."""
    chosen: dict[str, Any] = {name: name in sent for name, _ in CHOICES}
    root = desk.change_folder(library_id, label="".join(sent.get("label", ())), **chosen)
    name = "it" if desk.hide_nsfw and root.is_nsfw else root.label
    return _back(f"/settings#folder-{library_id}", Said(f"Saved what is done with {name}."))


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


def again(request: Request, conn: Connection, typed: Typed, sentence: str) -> HTMLResponse:
    """The page with a form that could not be taken, as it was filled in."""
    shown = _context(conn, None, typed) | {"path": "/settings"}
    return page(request, "settings.html", status=422, said=Said(sentence, bad=True), **shown)


def _back(address: str, said: Said) -> Response:
    response = RedirectResponse(address, status_code=303)
    flash.say(response, said)
    return response


def _context(conn: Connection, browse: str | None, typed: Typed | None = None) -> dict[str, Any]:
    (folders, refusal), settings = browsed(browse), vars(library_settings.read(conn))
    typed = typed or Typed()
    return {
        "here": "settings",
        "now": dashboard.now(conn),
        "roots": roots.list_roots(conn),
        "hidden": roots.count_hidden(conn),
        "choices": CHOICES,
        "forms": [(group, typed.shown(group.key, forms.shown(group.fields, settings))) for group in GROUPS],
        "values": settings,
        "boxes": identify.list_boxes(conn),
        "own_queues": queue_settings.of_their_own(conn),
        "priorities": PRIORITIES,
        "box_fields": BOX_FIELDS,
        "typed": typed,
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
