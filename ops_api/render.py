"""Templates to HTML."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope as AsgiScope

from darkroom import __version__
from db.access import Scope, Who
from flows.queues import MOST_SLOTS
from ops_api import flash, nsfw, run_bars, words
from ops_api.access import current, scopes
from ops_api.frame import GROUPS, Page
from ops_api.library.places import place
from ops_api.remedies import remedy

STATIC = Path(__file__).with_name("static")


def _fingerprint(folder: Path) -> str:
    """Changes whenever a file of the folder does, so that browsers may keep the files for as long as they like."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Static(StaticFiles):
    """What a page names with its fingerprint stays in the browser; of the rest it asks whether it has changed."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: AsgiScope, status_code: int = 200
    ) -> Response:
        """A file, or that it has not changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "no-cache"
        return response


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ops_api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(words, name)
        for name in (
            "number",
            "counted",
            "duration",
            "runtime",
            "size",
            "relative",
            "exact",
            "elapsed",
            "shown",
            "cut",
            "first_line",
            "rate",
            "sparkline",
            "remaining",
            "clock",
            "json",
        )
    }
    environment.filters |= {"remedy": remedy, "place": place, "unquoted": unquote_plus}
    environment.filters |= {
        "run_bars": run_bars.bars,
        "run_width": run_bars.width,
        "run_words": run_bars.in_words,
    }
    environment.globals |= {
        "needed_by": scopes.needed_by,
        "most_slots": MOST_SLOTS,
        "version": __version__,
        "static_version": _fingerprint(STATIC),
    }
    return environment


ENVIRONMENT = _environment()


THEME = "darkroom_theme"
THEMES = ("dark", "light")


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A rendered template, in the colours that the reader chose."""
    theme, who = request.cookies.get(THEME), current.who()
    known = {
        "said": None,
        "who": who,
        "may": partial(_may, who),
        "groups": _groups(who),
        "theme": theme if theme in THEMES else None,
        "nsfw": nsfw.mode(request),
        "path": request.url.path,
        "origin": str(request.base_url).rstrip("/"),
    }
    return HTMLResponse(ENVIRONMENT.get_template(template).render(known | context), status)


def _may(who: Who | None, scope: Scope) -> bool:
    """Whether the reader's scope includes this one: what one may not press is not shown."""
    return who is not None and who.may(scope)


def _groups(who: Who | None) -> list[tuple[str, list[Page]]]:
    """The rail, without the pages that the reader may not see."""
    shown = (
        (name, [each for each in pages if _may(who, scopes.needed("GET", each.address))]) for name, pages in GROUPS
    )
    return [(name, pages) for name, pages in shown if pages]


def said_once(request: Request, template: str, **context: Any) -> HTMLResponse:
    """A rendered page that says what the form before it had to say, and says it once."""
    said = flash.heard(request)
    response = page(request, template, said=said, **context)
    if said:
        response.delete_cookie(flash.NAME)
    return response
