"""Templates to HTML."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from darkroom import __version__
from ops_api import words
from ops_api.remedies import remedy

STATIC = Path(__file__).with_name("static")


def _fingerprint(folder: Path) -> str:
    """Changes whenever a file of the folder does, so that browsers may keep the files for as long as they like."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


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
        for name in ("number", "counted", "duration", "relative", "exact", "elapsed", "shown", "cut", "first_line")
    }
    environment.filters["remedy"] = remedy
    environment.globals |= {"version": __version__, "static_version": _fingerprint(STATIC)}
    return environment


ENVIRONMENT = _environment()


def page(template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A rendered template."""
    return HTMLResponse(ENVIRONMENT.get_template(template).render(context), status)
