"""Every error has one shape: `{"error": {"code", "message"}}`; for who looks at a page, one page that says the same."""

from __future__ import annotations

import logging
from collections.abc import Callable

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from db.access import AccessError, NoSuchError
from db.again import ArgumentError
from db.collections import CollectionError, CollectionNotFoundError, ItemNotFoundError, RuleError
from db.hls import NotNowError
from db.identify import (
    BoxError,
    BoxNotFoundError,
    CannotIdentifyError,
    DecidedError,
    NotProposedError,
    ResultNotFoundError,
    VideoNotFoundError,
)
from db.ledger import AlreadyFinishedError, NotFinishedError, NotFoundError, QueueSettingError
from db.library_settings import SettingError
from db.requests import (
    ConflictError,
    ProgramError,
    ProgramNotFoundError,
    RequestError,
    RequestNotFoundError,
    TransitionError,
)
from db.roots import RootError, RootNotFoundError
from ops_api.browse import BrowseError
from ops_api.found import FoundOthersError
from ops_api.render import page
from ops_api.schedules import NoScheduleError, ScheduleError
from ops_api.secrets import SecretsAwayError
from ops_api.upkeep import AlreadyAskedError, NotAsConfirmedError

logger = logging.getLogger(__name__)

#: Errors whose own words are meant for people.
REFUSALS: dict[type[Exception], tuple[int, str]] = {
    NotFoundError: (404, "not_found"),
    RootNotFoundError: (404, "not_found"),
    CollectionNotFoundError: (404, "not_found"),
    ItemNotFoundError: (404, "not_found"),
    BoxNotFoundError: (404, "not_found"),
    ResultNotFoundError: (404, "not_found"),
    VideoNotFoundError: (404, "not_found"),
    AlreadyFinishedError: (409, "conflict"),
    NotFinishedError: (409, "conflict"),
    FoundOthersError: (409, "conflict"),
    NotNowError: (409, "conflict"),
    NoSuchError: (404, "not_found"),
    AccessError: (422, "invalid"),
    CannotIdentifyError: (409, "conflict"),
    DecidedError: (409, "conflict"),
    NotAsConfirmedError: (409, "conflict"),
    AlreadyAskedError: (409, "conflict"),
    ArgumentError: (422, "invalid"),
    QueueSettingError: (422, "invalid"),
    RootError: (422, "invalid"),
    SettingError: (422, "invalid"),
    CollectionError: (422, "invalid"),
    RuleError: (422, "invalid"),
    BrowseError: (422, "invalid"),
    BoxError: (422, "invalid"),
    NotProposedError: (422, "invalid"),
    RequestNotFoundError: (404, "not_found"),
    ProgramNotFoundError: (404, "not_found"),
    ConflictError: (409, "conflict"),
    TransitionError: (409, "conflict"),
    RequestError: (422, "invalid"),
    ProgramError: (422, "invalid"),
    SecretsAwayError: (503, "prefect_away"),
    NoScheduleError: (404, "not_found"),
    ScheduleError: (422, "invalid"),
}
CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
}
SENTENCES = {404: "There is nothing at this address.", 405: "This address does not take this method."}


def error_response(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The one shape."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def not_found(message: str) -> HTTPException:
    """To be raised for an id that nothing has."""
    return HTTPException(404, message)


def _answer(request: Request, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", "/assets/")):
        return page(request, "error.html", status=status, here=None, message=message)
    return error_response(status, code, message, headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    given = str(error.detail)
    message = SENTENCES.get(status, given) if given in {"Not Found", "Method Not Allowed"} else given
    return _answer(request, status, CODES.get(status, "error"), message, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path"})
    message = f"{where or 'The request'}: {first['msg'].removeprefix('Value error, ').removesuffix('.')}."
    return _answer(request, 422, "invalid", message)


def _sentence(status: int, code: str) -> Callable[[Request, Exception], Response]:
    """Errors whose own words are meant for a person."""

    def respond(request: Request, error: Exception) -> Response:
        return _answer(request, status, code, str(error))

    return respond


async def _database_away(_: Request, error: Exception) -> Response:
    return database_away(error)


def database_away(error: Exception) -> JSONResponse:
    """What is said when nothing can be looked up."""
    logger.warning("The database did not answer: %s", error)
    return error_response(503, "database_away", "The database does not answer. Nothing was changed.")


async def _prefect_away(_: Request, error: Exception) -> Response:
    logger.warning("Prefect did not answer: %s", error)
    return error_response(503, "prefect_away", "Prefect does not answer. Nothing was changed.")


async def _unexpected(request: Request, error: Exception) -> Response:
    logger.error("An unexpected error", exc_info=error)
    return _answer(request, 500, "internal", "Something went wrong here; the log of ops_api has the details.")


def handle_errors(app: FastAPI) -> None:
    """Teach the application the one shape."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for kind, (status, code) in REFUSALS.items():
        app.add_exception_handler(kind, _sentence(status, code))
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(InterfaceError, _database_away)
    app.add_exception_handler(httpx.HTTPError, _prefect_away)
    app.add_exception_handler(Exception, _unexpected)
