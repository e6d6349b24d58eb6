"""What the forms of a request's page may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import Field

from db.requests import RequestError
from ops_api.models import Text, Told
from ops_api.requests import RequestDesk
from ops_api.wishes import Asking


class RequestWish(Asking):
    """The fields of the buttons of a request; which of them matter is the verb's business."""

    release: int = Field(0, ge=0, le=2**63 - 1)
    blocked: int = Field(0, ge=0, le=2**63 - 1)
    #: By which words to search, where not by the title.
    terms: Text = Field("", max_length=500)
    reason: Text = Field("", max_length=500)
    path: Text = Field("", max_length=4000)
    remove_downloads: bool = False


Act = Callable[[RequestDesk, int, RequestWish], Told]


def _import(desk: RequestDesk, request_id: int, wish: RequestWish) -> Told:
    if not wish.path.startswith("/"):
        raise RequestError("Say the folder or file as the worker's machine sees it, beginning with a slash.")
    return desk.import_files(request_id, wish.path)


VERBS: Mapping[str, Act] = {
    "cancel": lambda desk, one, wish: desk.cancel(one, remove_downloads=wish.remove_downloads),
    "retry": lambda desk, one, _: desk.retry(one),
    "search": lambda desk, one, wish: desk.search_now(one, wish.terms.strip() or None),
    "look": lambda desk, one, wish: desk.look_for_releases(one, wish.terms.strip() or None),
    "choose": lambda desk, one, wish: desk.choose(one, wish.release),
    "block": lambda desk, one, wish: desk.block(one, wish.release, wish.reason.strip() or "Blocked by hand."),
    "unblock": lambda desk, one, wish: desk.unblock(one, wish.blocked),
    "approve": lambda desk, one, _: desk.approve(one),
    "deny": lambda desk, one, wish: desk.deny(one, wish.reason.strip() or None),
    "import": _import,
}
