"""Settings of requests: the programs that carry them out, each with a button that tries it, and what all share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from db import dashboard, requests
from db.requests import ProgramError
from ops_api import flash, forms, models
from ops_api.dependencies import Id, Reading, Sent, TheProgramDesk
from ops_api.errors import REFUSALS, not_found
from ops_api.flash import Said
from ops_api.forms import MistakesError, Typed
from ops_api.models import Text
from ops_api.programs import KINDS
from ops_api.render import page, said_once
from ops_api.request_page.example import example
from ops_api.request_page.guide import GuideHidden, guide
from ops_api.request_page.programs import DEFAULTS, FORMS, GROUPS, ProgramForm
from ops_api.routers.pages.settings_ import browsed

ADDRESS = "/settings/integrations"

router = APIRouter(prefix=ADDRESS)


@dataclass(frozen=True)
class Place:
    """Who asks, what they see, and what they may have done."""

    request: Request
    conn: Reading
    desk: TheProgramDesk
    guide_hidden: GuideHidden


Here = Annotated[Place, Depends()]


@router.get("")
def integrations(at: Here, browse: Annotated[Text | None, Query(max_length=4000)] = None) -> HTMLResponse:
    """The whole page; `browse` opens a folder of this machine to choose the library's from."""
    return said_once(at.request, "integrations.html", **_context(at, Typed(), browse))


@router.post("")
def change_settings(at: Here, sent: Sent) -> Response:
    """Save one group of what all requests share."""
    group = GROUPS.get("".join(sent.get("group", ())))
    if group is None:
        raise not_found("That form is not one of this version; load the page again.")

    def act() -> str:
        at.desk.change_settings(forms.check(models.RequestSettings, group.fields, sent))
        return "Saved. It holds from the next job on."

    return _done(at, act, Typed(group.key, forms.typed(group.fields, sent)))


@router.post("/{kind}")
def add(at: Here, kind: str, sent: Sent) -> Response:
    """Set a program up."""
    form = _form(kind)

    def act() -> str:
        made = at.desk.add(kind, forms.check(form.new, form.fields, sent))
        if kind == "library-server" and not made.library_id:
            return f"Added {made.name}. {at.desk.test(kind, made.id).message}"
        return f"Added {made.name}. Test it, to know that it answers."

    return _done(at, act, Typed(f"{kind}-new", forms.typed(form.fields, sent)))


@router.post("/{kind}/{program_id}")
def change(at: Here, kind: str, program_id: Id, sent: Sent) -> Response:
    """Change what is said of a program; its key only where another one is given."""
    form = _form(kind)

    def act() -> str:
        changes = forms.check(form.changes, form.for_change(kept=True), sent)
        if "forget" in sent and form.has:
            changes = changes.model_copy(update={form.secret.name: None})
        return f"Saved {at.desk.change(kind, program_id, changes).name}."

    return _done(at, act, Typed(f"{kind}-{program_id}", forms.typed(form.fields, sent)))


@router.post("/{kind}/{program_id}/test")
def test(desk: TheProgramDesk, kind: str, program_id: Id) -> Response:
    """Speak with a program, and say what it said."""
    _form(kind)
    try:
        done = desk.test(kind, program_id)
        said = Said(done.message, bad=not done.ok)
    except tuple(REFUSALS) as error:
        said = Said(str(error), bad=True)
    return _back(f"{kind}-{program_id}", said)


@router.post("/{kind}/{program_id}/remove")
def remove(at: Here, kind: str, program_id: Id, confirmed: Annotated[bool, Form()] = False) -> Response:
    """Use a program no more; asks first."""
    form = _form(kind)
    if not confirmed:
        row = KINDS[kind].programs.get(at.conn, program_id)
        return page(at.request, "settings/remove_program.html", here="settings", name=row.name, form=form)
    try:
        said = Said(f"{at.desk.remove(kind, program_id)} is used no more, and its key is forgotten.")
    except tuple(REFUSALS) as error:
        said = Said(str(error), bad=True)
    return _back(kind, said)


def _form(kind: str) -> ProgramForm:
    if (form := FORMS.get(kind)) is None:
        raise not_found("There is nothing at this address.")
    return form


def _done(at: Place, act: Callable[[], str], typed: Typed) -> Response:
    """Do it and go back to the page; where it cannot be done, the form is there again with all that was typed."""
    try:
        return _back(typed.form.removesuffix("-new"), Said(act()))
    except MistakesError as error:
        typed, said = replace(typed, mistakes=error.mistakes), Said(str(error), bad=True)
    except tuple(REFUSALS) as error:
        if isinstance(error, ProgramError):
            typed = replace(typed, mistakes={error.field: str(error)})
        said = Said(str(error), bad=True)
    return page(at.request, "integrations.html", status=422, **_context(at, typed), said=said, path=ADDRESS)


def _back(anchor: str, said: Said) -> Response:
    response = RedirectResponse(f"{ADDRESS}#{anchor}", status_code=303)
    flash.say(response, said)
    return response


def _context(at: Place, typed: Typed, browse: str | None = None) -> dict[str, Any]:
    settings = requests.read_settings(at.conn)
    folders, refusal = browsed(browse)
    return {
        "here": "settings",
        "now": dashboard.now(at.conn),
        "guide": guide(at.conn, hidden=at.guide_hidden),
        "programs": [(form, _shown(form, at.desk.all(kind), typed)) for kind, form in FORMS.items()],
        "new": {kind: typed.shown(f"{kind}-new", forms.shown(form.fields, DEFAULTS)) for kind, form in FORMS.items()},
        "shared": [
            (group, typed.shown(key, forms.shown(group.fields, vars(settings)))) for key, group in GROUPS.items()
        ],
        "typed": typed,
        "example": example(settings.folder_template, settings.library_folder),
        "folders": folders if browse is not None else None,
        "refusal": refusal,
    }


def _shown(form: ProgramForm, programs: list[Any], typed: Typed) -> list[dict[str, Any]]:
    """Each program, what it is, and the form to change it by."""
    shown = []
    for each in programs:
        kept, name = getattr(each, form.has) if form.has else True, f"{form.kind}-{each.id}"
        fields = form.for_change(kept=kept, libraries=_libraries(each))
        # whoever chooses a library means to use it
        is_now = each.model_dump() | ({"enabled": True} if getattr(each, "library_id", None) == "" else {})
        shown.append(
            {"is": each, "kept": kept, "fields": fields, "values": typed.shown(name, forms.shown(fields, is_now))}
        )
    return shown


def _libraries(program: Any) -> dict[str, str]:
    """Those that a library server may be said to use: what it had, and what is set although it is not there."""
    if not (known := dict(getattr(program, "libraries", {}))):
        return {}
    named = {id: f"{name} ({id})" for id, name in known.items()}
    now = program.library_id
    return named if now in named else {now: f"{now} (not there any more)" if now else "Choose one…"} | named
