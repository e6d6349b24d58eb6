"""What each address needs. What is not named here needs `admin` where it changes something, else `read`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from db.access import Scope, Who
from ops_api.access import current

#: What changes nothing.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: What everybody may ask for, also who has not signed in.
OPEN = frozenset({"/health", "/login"})
OPEN_BELOW = "/static/"
#: Below it also reading is for administrators.
ADMIN_BELOW = "/api/admin/"

#: Every address that changes something and what that needs (a test fails for one that is missing); and what is not for
#: everybody to read, such as the folders of this machine.
NEEDS: dict[str, Scope] = {
    "POST /api/jobs/cancel-all": "operate",
    "POST /api/jobs/pause": "operate",
    "POST /api/jobs/resume": "operate",
    "POST /api/jobs/acknowledge-failed": "operate",
    "POST /api/jobs/retry-failed": "operate",
    "POST /api/jobs/phash-backfill": "operate",
    "POST /api/jobs/{job_id}/cancel": "operate",
    "POST /api/jobs/{job_id}/retry": "operate",
    "POST /api/jobs/{job_id}/first": "operate",
    "POST /api/jobs/{job_id}/again": "operate",
    "POST /api/jobs/queues/{queue}/run": "operate",
    "POST /api/jobs/queues/{queue}/cancel": "operate",
    "POST /api/jobs/queues/{queue}/pause": "operate",
    "POST /api/jobs/queues/{queue}/resume": "operate",
    "PUT /api/jobs/queues/{queue}/settings": "admin",
    "POST /api/libraries": "admin",
    "PATCH /api/libraries/{library_id}": "admin",
    "DELETE /api/libraries/{library_id}": "admin",
    "POST /api/libraries/{library_id}/scan": "operate",
    "POST /api/libraries/missing/forget": "admin",
    "POST /api/jobs/migrate-asset-storage": "admin",
    "POST /api/collections": "operate",
    "POST /api/collections/preview-rules": "read",
    "PATCH /api/collections/{collection_id}": "operate",
    "DELETE /api/collections/{collection_id}": "admin",
    "POST /api/collections/{collection_id}/restore": "admin",
    "POST /api/collections/{collection_id}/refresh": "operate",
    "POST /api/collections/{collection_id}/items": "operate",
    "DELETE /api/collections/{collection_id}/items/{item_id}": "operate",
    "PUT /api/settings/library": "admin",
    "POST /api/videos/{video_id}/hls": "operate",
    "DELETE /api/videos/{video_id}/hls": "operate",
    "POST /api/videos/{video_id}/identify": "operate",
    "POST /api/stash-boxes": "admin",
    "PATCH /api/stash-boxes/{box_id}": "admin",
    "DELETE /api/stash-boxes/{box_id}": "admin",
    "POST /api/stash-boxes/{box_id}/test": "admin",
    "POST /api/identify-results": "operate",
    "POST /api/identify-results/{result_id}/accept": "operate",
    "POST /api/identify-results/{result_id}/reject": "operate",
    "POST /api/identify-results/{result_id}/apply": "operate",
    "POST /api/requests": "operate",
    "POST /api/requests/swipe": "operate",
    "PATCH /api/requests/{request_id}": "operate",
    "POST /api/requests/{request_id}/manual-search": "operate",
    "POST /api/requests/{request_id}/interactive-search": "operate",
    "POST /api/requests/{request_id}/select-torrent": "operate",
    "POST /api/requests/{request_id}/approve": "admin",
    "POST /api/requests/{request_id}/import": "admin",
    "POST /api/requests/{request_id}/blocked": "operate",
    "DELETE /api/requests/{request_id}/blocked/{blocked_id}": "operate",
    "POST /api/integrations/indexers": "admin",
    "PATCH /api/integrations/indexers/{program_id}": "admin",
    "DELETE /api/integrations/indexers/{program_id}": "admin",
    "POST /api/integrations/indexers/{program_id}/test": "admin",
    "POST /api/integrations/download-clients": "admin",
    "PATCH /api/integrations/download-clients/{program_id}": "admin",
    "DELETE /api/integrations/download-clients/{program_id}": "admin",
    "POST /api/integrations/download-clients/{program_id}/test": "admin",
    "POST /api/integrations/library-servers": "admin",
    "PATCH /api/integrations/library-servers/{program_id}": "admin",
    "DELETE /api/integrations/library-servers/{program_id}": "admin",
    "POST /api/integrations/library-servers/{program_id}/test": "admin",
    "POST /api/integrations/notification-targets": "admin",
    "PATCH /api/integrations/notification-targets/{program_id}": "admin",
    "DELETE /api/integrations/notification-targets/{program_id}": "admin",
    "POST /api/integrations/notification-targets/{program_id}/test": "admin",
    "PUT /api/integrations/settings": "admin",
    "POST /api/admin/jobs": "admin",
    "PUT /api/admin/jobs/{schedule_id}": "admin",
    "DELETE /api/admin/jobs/{schedule_id}": "admin",
    "POST /api/admin/jobs/{schedule_id}/trigger": "admin",
    "POST /library/videos/{video_id}/identify": "operate",
    "POST /library/videos/{video_id}/proposals/{result_id}": "operate",
    "POST /jobs/{job_id}/again": "operate",
    "POST /requests": "operate",
    "POST /requests/all/{verb}": "operate",
    "POST /requests/{request_id}/do/{verb}": "operate",
    "POST /library/collections": "operate",
    "POST /library/collections/{collection_id}": "operate",
    "GET /library/collections/new": "operate",
    "GET /library/collections/{collection_id}/edit": "operate",
    "POST /schedules/{schedule_id}": "admin",
    "GET /api/libraries/browse": "admin",
    "GET /settings": "admin",
    "GET /settings/integrations": "admin",
    "POST /settings/integrations": "admin",
    "POST /settings/integrations/{kind}": "admin",
    "POST /settings/integrations/{kind}/{program_id}": "admin",
    "POST /settings/integrations/{kind}/{program_id}/test": "admin",
    "POST /settings/integrations/{kind}/{program_id}/remove": "admin",
    "POST /access/password": "read",
    "POST /access/people": "admin",
    "POST /access/people/{login}/password": "admin",
    "POST /access/people/{login}/scope": "admin",
    "POST /access/people/{login}/remove": "admin",
    "POST /access/tokens": "admin",
    "POST /access/tokens/{token_id}/revoke": "admin",
    "POST /settings/library": "admin",
    "POST /settings/folders": "admin",
    "POST /settings/folders/{library_id}": "admin",
    "POST /settings/folders/{library_id}/remove": "admin",
    "POST /settings/stash-boxes": "admin",
    "POST /settings/stash-boxes/{box_id}": "admin",
    "POST /settings/stash-boxes/{box_id}/test": "admin",
    "POST /settings/stash-boxes/{box_id}/remove": "admin",
    "POST /library/missing/forget": "admin",
    "POST /library/proposals/{result_id}": "operate",
    "POST /do/{verb}": "operate",
    "POST /login": "read",
    "POST /logout": "read",
    "POST /theme": "read",
    "POST /guide": "read",
    "POST /nsfw": "read",
}

#: What buttons of pages need that are for administrators: verbs of `POST /do/{verb}`, and of the same below a request.
ADMIN_VERBS = frozenset(
    {
        "approve",
        "collection-delete",
        "collection-restore",
        "deny",
        "import",
        "move-files",
        "queue-priority",
        "queue-reset",
        "queue-slots",
    }
)

_BEARER = HTTPBearer(auto_error=False, description="A token that `darkroom access token add` made")


def needed(method: str, path: str) -> Scope:
    """What an address, as its route spells it, needs."""
    if path.startswith(ADMIN_BELOW):
        return "admin"
    return NEEDS.get(f"{method} {path}", "read" if method in SAFE_METHODS else "admin")


def needed_by(verb: str) -> Scope:
    """What a button of a page needs."""
    return "admin" if verb in ADMIN_VERBS else needed("POST", "/do/{verb}")


def is_open(path: str) -> bool:
    """Whether everybody may ask for this."""
    return path in OPEN or path.startswith(OPEN_BELOW)


def permitted(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Iterator[None]:
    """A dependency of every address: whether the one who asks may; whoever comes here was let in by the gate.

    What the API then did and did not write down with its details is written down as what was asked for.
    """
    path = request.scope["route"].path
    verb = request.path_params.get("verb")
    asks, scope = current.who(), needed_by(verb) if verb else needed(request.method, path)
    if not is_open(request.scope["path"]) and (asks is None or not asks.may(scope)):
        raise HTTPException(403, _refusal(asks, scope))
    yield
    if path.startswith("/api/") and scope != "read" and request.method not in SAFE_METHODS and not current.is_written():
        with current.acting(request.app.state.engine, f"{request.method} {path}", **request.path_params):
            pass  # it was done


def _refusal(asks: Who | None, scope: Scope) -> str:
    if asks is None or asks.session is None:
        return f"This needs the scope {scope}; what was shown is good for {asks.scope if asks else 'nothing'}."
    return f"{asks.name} may {asks.scope}; this needs {scope}. An administrator changes that on the page Access."
