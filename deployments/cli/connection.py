"""Where the running system is, and the way to it. Nothing slow is imported before it is needed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deployments.cli.errors import UnreachableError, WrongUsageError

if TYPE_CHECKING:
    from darkroom.settings import Settings
    from deployments.cli.client import Client


def connect() -> Client:
    """A connection to the running system."""
    from deployments.cli.client import Client

    return Client(address(), token())


def configured() -> Settings:
    """The settings of the environment; raises `WrongUsageError` naming the variable that makes no sense."""
    from pydantic import ValidationError

    from darkroom.settings import settings

    try:
        return settings()
    except ValidationError as error:
        wrong = "; ".join(f"DARKROOM_{part['loc'][0]}".upper() + f": {part['msg']}" for part in error.errors())
        raise WrongUsageError(f"The environment is set wrongly: {wrong}.") from error


def address() -> str:
    """Where the system answers: `DARKROOM_URL`, else what `darkroom up` wrote down when it started."""
    named = os.environ.get("DARKROOM_URL")
    return _checked(named) if named else _noted()


def token() -> str | None:
    """What to sign in with: `DARKROOM_TOKEN`, else this home's own, which is shown to the system on this home only."""
    if named := os.environ.get("DARKROOM_TOKEN"):
        return named.strip()
    return None if os.environ.get("DARKROOM_URL") else own_token()


def own_token() -> str | None:
    """The token that `darkroom up` keeps in the home; None where it keeps none."""
    file = configured().token_file
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreachableError(f"{file} cannot be read ({error.strerror}): whoever runs `darkroom up` can.") from error


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise WrongUsageError("DARKROOM_URL must be an address such as http://127.0.0.1:7600.")
    return url


def _noted() -> str:
    state = configured().run / "darkroom.json"
    try:
        return str(json.loads(state.read_bytes())["url"])
    except FileNotFoundError:
        raise UnreachableError("Darkroom is not running; `darkroom up` starts it.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreachableError(f"{state} cannot be read ({error}); `darkroom up` writes it anew.") from error
