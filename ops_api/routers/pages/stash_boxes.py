"""The stash-boxes in the settings: where videos are looked up, with which keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import httpx
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, SecretStr, ValidationError

from db import identify
from ops_api import flash, models
from ops_api.dependencies import Id, Reading, TheIdentifyDesk
from ops_api.errors import REFUSALS
from ops_api.flash import Said
from ops_api.models import Text
from ops_api.render import page

router = APIRouter(prefix="/settings/stash-boxes")

#: How the fields are called on the page.
FIELDS = {"name": "Name", "endpoint": "Address", "api_key": "API key", "apiKey": "API key"}


class Sent(BaseModel):
    """The form of a stash-box. A key that is left empty stays as it is, unless it is to be forgotten."""

    name: Text = ""
    endpoint: Text = ""
    api_key: SecretStr = SecretStr("")
    enabled: bool = False
    forget_key: bool = False

    def said(self) -> dict[str, object]:
        """The fields that say something."""
        said: dict[str, object] = {"name": self.name, "endpoint": self.endpoint, "enabled": self.enabled}
        if self.api_key.get_secret_value().strip():
            return said | {"api_key": self.api_key.get_secret_value().strip()}
        return said | ({"api_key": None} if self.forget_key else {})


@router.post("")
def add(desk: TheIdentifyDesk, sent: Annotated[Sent, Form()]) -> Response:
    """Look videos up at another server."""
    return _done(lambda: Said(f"{desk.add_box(models.NewStashBox.model_validate(sent.said())).name} is asked now."))


@router.post("/{box_id}")
def change(desk: TheIdentifyDesk, box_id: Id, sent: Annotated[Sent, Form()]) -> Response:
    """Save what was written."""
    changes = models.StashBoxChanges.model_validate
    return _done(lambda: Said(f"Saved {desk.change_box(box_id, changes(sent.said())).name}."))


@router.post("/{box_id}/test")
def test(desk: TheIdentifyDesk, box_id: Id) -> Response:
    """Ask it whose key this is."""

    def act() -> Said:
        found = desk.test_box(box_id)
        return Said(found.message, bad=not found.ok)

    return _done(act)


@router.post("/{box_id}/remove")
def remove(
    request: Request, conn: Reading, desk: TheIdentifyDesk, box_id: Id, confirmed: Annotated[bool, Form()] = False
) -> Response:
    """Ask it no more; asks first."""
    known = identify.get_box(conn, box_id)
    if not confirmed:
        return page(request, "settings/remove_box.html", here="settings", box=known)

    def act() -> Said:
        desk.remove_box(box_id)
        return Said(f"{known.name} is asked no longer, and its key is forgotten. What it proposed stays.")

    return _done(act)


def _done(act: Callable[[], Said]) -> Response:
    """Do it, and say on the settings what came of it."""
    try:
        said = act()
    except ValidationError as error:
        said = Said(_sentence(error), bad=True)
    except tuple(REFUSALS) as error:
        said = Said(str(error), bad=True)
    except httpx.HTTPError:
        said = Said("Prefect, which keeps the keys, does not answer. Nothing was changed.", bad=True)
    response = RedirectResponse("/settings#stash-boxes", 303)
    flash.say(response, said)
    return response


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    return f"{FIELDS.get(field, field)}: {first['msg'].removeprefix('Value error, ').removesuffix('.')}."
