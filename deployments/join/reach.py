"""Where the first machine's Prefect and database are, and whether they can be reached from here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.engine import make_url

from darkroom.settings import Settings
from db.engine import BLOCK
from deployments.errors import StartError
from deployments.postgres.urls import Urls, urls_of
from deployments.prefect_env import prefect_url
from ops_api.prefect import Prefect

_BLOCK = f"/block_types/slug/sqlalchemy-connector/block_documents/name/{BLOCK}?include_secrets=true"


@dataclass(frozen=True)
class Shared:
    """What this machine has in common with the first."""

    urls: Urls
    #: What its programs have in their environment, to reach the same Prefect.
    environment: Mapping[str, str]


def reach(settings: Settings) -> Shared:
    """Find both.

    Raises StartError, one sentence that says what to set or to start, and where.
    """
    url = _prefect_url(settings)
    with closing(Prefect(url)) as prefect:
        _check_version(_asked(prefect, url, "/admin/version"))
        held = settings.database_url or _database(prefect, url)
    secret = os.environ.get("PREFECT_API_AUTH_STRING")
    return Shared(urls_of(held), {"PREFECT_API_URL": url} | ({"PREFECT_API_AUTH_STRING": secret} if secret else {}))


def database(settings: Settings) -> str:
    """Find the database alone, by this machine's own Prefect where no other is named. Raises as `reach` does."""
    if (known := settings.database_url) is None:
        os.environ.setdefault("PREFECT_API_URL", f"{prefect_url(settings)}/api")
        url = _prefect_url(settings)
        with closing(Prefect(url)) as prefect:
            known = _database(prefect, url)
    return urls_of(known).darkroom


def _prefect_url(settings: Settings) -> str:
    url = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise StartError(
            "Say where Prefect is: PREFECT_API_URL=http://HOST:7601/api, with the name of the machine that runs it"
        )
    if settings.prefect_auth:
        os.environ.setdefault("PREFECT_API_AUTH_STRING", settings.prefect_auth.get_secret_value())
    return url


def _asked(prefect: Prefect, url: str, path: str) -> Any:
    try:
        return prefect.ask("GET", path)
    except httpx.HTTPStatusError as error:
        if error.response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise StartError(
                f"Prefect at {url} asks for a password: set PREFECT_API_AUTH_STRING to the user:password of the first "
                "machine's DARKROOM_PREFECT_AUTH"
            ) from error
        if error.response.status_code == httpx.codes.NOT_FOUND:
            raise StartError(
                f"What answers at {url} has no Darkroom: run darkroom up on the first machine, "
                "and end PREFECT_API_URL with /api"
            ) from error
        raise StartError(f"Prefect at {url} answers {error.response.status_code}: look at its log") from error
    except (httpx.HTTPError, ValueError) as error:
        raise StartError(
            f"Prefect at {url} does not answer ({str(error) or type(error).__name__}): is it up, does it listen beyond "
            "its own machine (DARKROOM_PREFECT_HOST), and is the way to it open?"
        ) from error


def _check_version(there: object) -> None:
    here = version("prefect")
    if str(there).split(".")[:2] != here.split(".")[:2]:
        raise StartError(
            f"Prefect is {there} there and {here} here: install the same version of Darkroom on both machines"
        )


def _database(prefect: Prefect, url: str) -> str:
    """The address that `darkroom up` left in Prefect."""
    held = _asked(prefect, url, _BLOCK)["data"]["connection_info"]
    address = str(held)
    if (host := make_url(address).query.get("host")) and str(host).startswith("/") and not Path(str(host)).is_dir():
        raise StartError(
            "The database is a private one, which only the first machine reaches: set DARKROOM_DATABASE_URL there to a "
            "PostgreSQL server that both reach, and start darkroom up again"
        )
    return address
