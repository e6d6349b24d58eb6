"""Collections: all of them with their covers, what is in one, and the form that makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from db import collections, dashboard
from db.collections import ENTITIES, CollectionError, RuleError
from db.dashboard import Search
from ops_api import flash, models, overview
from ops_api.columns import COLLECTIONS
from ops_api.dependencies import Id, Reading, TheDesk
from ops_api.flash import Said
from ops_api.library import collected, rules_form
from ops_api.library.filters import LAST, CollectionFilters
from ops_api.models import Text
from ops_api.render import page, said_once

router = APIRouter(prefix="/library/collections")

#: How many items are on a page, and how many jobs are listed.
ITEMS, JOBS = 48, 5

Place = Annotated[str, Query(pattern=r"^[0-9]{1,18}-[0-9]{1,18}$")]
Number = Annotated[int, Query(alias="page", ge=1, le=LAST)]
#: Before all items.
NOWHERE = "0-0"


class Choices(BaseModel):
    """The form of a collection, and the condition that is to be added to its rules."""

    name: Text = ""
    mode: Literal["manual", "dynamic", "hybrid"] = "dynamic"
    rules: Text = ""
    is_nsfw: bool = False
    act: Literal["save", "preview", "add"] = "save"
    join: Literal["and", "or", "not"] = "and"
    field: Text = "tags"
    operator: Text = "in"
    value: Text = ""
    kind: Literal["", "video", "gallery", "image", "audio-track"] = ""

    def said(self) -> dict[str, Any]:
        """The choices as they are saved; what is picked by hand has no rules."""
        rules = None if self.mode == "manual" else rules_form.read(self.rules)
        return {"name": self.name, "mode": self.mode, "rules": rules, "is_nsfw": self.is_nsfw}

    def with_condition(self) -> Choices:
        """The form with the condition in its rules.

        Raises:
            RuleError: they are not sound then.
        """
        new = rules_form.condition(self.field, self.operator, self.value, self.kind)
        rules = rules_form.added(rules_form.read(self.rules), new, self.join)
        collections.parse(rules)
        mode = "dynamic" if self.mode == "manual" else self.mode
        return self.model_copy(update={"rules": rules_form.write(rules), "value": "", "mode": mode})


@router.get("")
def all_of_them(request: Request, conn: Reading, f: Annotated[CollectionFilters, Query()]) -> HTMLResponse:
    """The collections, by name."""
    shown = {"f": f, "columns": COLLECTIONS, "cards": collected.collection_cards(conn, f.columns)}
    return said_once(request, "library/collections.html", here="collections", tab="collections", **shown)


@router.get("/new")
def new(request: Request) -> HTMLResponse:
    """An empty form."""
    return _form(request, None, Choices())


@router.post("")
def add(request: Request, conn: Reading, desk: TheDesk, wanted: Annotated[Choices, Form()]) -> Response:
    """Make a collection, or show the form with what was asked of it."""
    return _answer(request, conn, desk, None, wanted)


@router.get("/{collection_id}")
def one(request: Request, conn: Reading, collection_id: Id, after: Place = NOWHERE, number: Number = 1) -> HTMLResponse:
    """The whole page of one; `after` is the place behind which its items begin, else they are those of a page."""
    return said_once(request, "library/collection.html", **_context(conn, collection_id, after, number))


@router.get("/{collection_id}/live")
def live(
    request: Request, conn: Reading, collection_id: Id, after: Place = NOWHERE, number: Number = 1
) -> HTMLResponse:
    """The part of it that changes."""
    return page(request, "library/collection_live.html", **_context(conn, collection_id, after, number))


@router.get("/{collection_id}/edit")
def edit(request: Request, conn: Reading, collection_id: Id) -> HTMLResponse:
    """The form with what it is."""
    known = collections.get_collection(conn, collection_id)
    rules = rules_form.write(rules_form.in_order(known.rules))
    choices = Choices.model_validate({"name": known.name, "mode": known.mode, "rules": rules, "is_nsfw": known.is_nsfw})
    return _form(request, collection_id, choices)


@router.post("/{collection_id}")
def change(
    request: Request, conn: Reading, desk: TheDesk, collection_id: Id, wanted: Annotated[Choices, Form()]
) -> Response:
    """Save what was chosen, or show the form with what was asked of it."""
    return _answer(request, conn, desk, collection_id, wanted)


def _answer(request: Request, conn: Connection, desk: TheDesk, collection_id: int | None, wanted: Choices) -> Response:
    try:
        if wanted.act == "add":
            wanted = wanted.with_condition()
        if wanted.act != "save":
            preview = collections.preview(conn, collections.parse(rules_form.read(wanted.rules)))
            return _form(request, collection_id, wanted, preview=preview, cards=_samples(conn, preview))
        choices = wanted.said()
        saved = desk.change_collection(collection_id, choices) if collection_id else desk.add_collection(choices)
    except (RuleError, CollectionError) as error:
        field = error.field if isinstance(error, CollectionError) else "value" if wanted.act == "add" else "rules"
        return _form(request, collection_id, wanted, {field: str(error)})
    return _saved(saved)


def _saved(collection: models.Collection) -> Response:
    response = RedirectResponse(f"/library/collections/{collection.id}", 303)
    behind = "" if collection.is_fresh else " Its rules are being evaluated."
    flash.say(response, Said(f"Saved {collection.name}.{behind}"))
    return response


def _samples(conn: Connection, preview: collections.Preview) -> list[Any]:
    keys = [(sample.entity_type, sample.entity_id) for sample in preview.samples]
    shown = collected.cards(conn, keys)
    return [shown[key] for key in keys if key in shown]


def _form(
    request: Request,
    collection_id: int | None,
    choices: Choices,
    mistakes: Mapping[str, str] | None = None,
    **more: Any,
) -> HTMLResponse:
    nothing: dict[str, Any] = {"preview": None, "cards": []}
    return page(
        request,
        "library/collection_form.html",
        status=422 if mistakes else 200,
        mistakes=mistakes or {},
        here="collections",
        collection_id=collection_id,
        f=choices,
        modes=collected.MODES,
        joins=rules_form.JOINS,
        fields=rules_form.fields(),
        operators=rules_form.OPERATORS,
        entities=ENTITIES,
        **(nothing | more),
    )


def _context(conn: Connection, collection_id: int, after: str, number: int) -> dict[str, Any]:
    collection = collections.get_collection(conn, collection_id)
    sort_order, _, item = after.partition("-")
    offset = (number - 1) * ITEMS if after == NOWHERE else 0
    found = collections.items(conn, collection_id, after=(int(sort_order), int(item)), limit=ITEMS + 1, offset=offset)
    jobs = dashboard.search(conn, Search(target=(collections.TARGET, str(collection_id)), limit=JOBS))
    return {
        "here": "collections",
        "now": dashboard.now(conn),
        "stale": False,
        "c": collection,
        "modes": collected.MODES,
        "joins": rules_form.JOINS,
        "fields": rules_form.fields(),
        "operators": rules_form.OPERATORS,
        "entities": ENTITIES,
        "shown": collected.items(conn, found[:ITEMS]),
        "after": after if after != NOWHERE else None,
        "number": number if after == NOWHERE else None,
        "last": min(LAST, -(-collection.item_count // ITEMS)),
        "next": f"{found[ITEMS - 1].sort_order}-{found[ITEMS - 1].id}" if len(found) > ITEMS else None,
        "jobs": overview.jobs(jobs),
    }
