"""The stash-boxes in the settings: where videos are looked up, with which keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from db import identify
from ops_api import flash, forms, models
from ops_api.dependencies import Id, Reading, Sent, TheIdentifyDesk
from ops_api.errors import REFUSALS
from ops_api.flash import Said
from ops_api.forms import MistakesError, Typed
from ops_api.render import page
from ops_api.routers.pages.settings_ import BOX_FIELDS, again
from ops_api.secrets import SecretsAwayError

router = APIRouter(prefix="/settings/stash-boxes")


@dataclass(frozen=True)
class Place:
    """Who asks, what they see, and what they may have done."""

    request: Request
    conn: Reading
    desk: TheIdentifyDesk


Here = Annotated[Place, Depends()]


@router.post("")
def add(at: Here, sent: Sent) -> Response:
    """Look videos up at another server."""

    def act() -> Said:
        return Said(f"{at.desk.add_box(forms.check(models.NewStashBox, BOX_FIELDS, sent)).name} is asked now.")

    return _saved(at, act, "box-new", sent)


@router.post("/{box_id}")
def change(at: Here, box_id: Id, sent: Sent) -> Response:
    """Save what was written."""

    def act() -> Said:
        changes = forms.check(models.StashBoxChanges, BOX_FIELDS, sent)
        if "forget" in sent and "api_key" not in changes.model_fields_set:
            changes = changes.model_copy(update={"api_key": None})
        return Said(f"Saved {at.desk.change_box(box_id, changes).name}.")

    return _saved(at, act, f"box-{box_id}", sent)


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


def _saved(at: Place, act: Callable[[], Said], form: str, sent: Mapping[str, Sequence[str]]) -> Response:
    """Do it; where it cannot be done, the form is there again with all that was typed but the key."""
    typed = Typed(form, forms.typed(BOX_FIELDS, sent))
    try:
        return _back(act())
    except MistakesError as error:
        return again(at.request, at.conn, replace(typed, mistakes=error.mistakes), str(error))
    except identify.BoxError as error:
        return again(at.request, at.conn, replace(typed, mistakes={error.field: str(error)}), str(error))
    except SecretsAwayError as error:
        return again(at.request, at.conn, typed, str(error))


def _done(act: Callable[[], Said]) -> Response:
    """Do it, and say on the settings what came of it."""
    try:
        return _back(act())
    except tuple(REFUSALS) as error:
        return _back(Said(str(error), bad=True))


def _back(said: Said) -> Response:
    response = RedirectResponse("/settings#stash-boxes", 303)
    flash.say(response, said)
    return response
