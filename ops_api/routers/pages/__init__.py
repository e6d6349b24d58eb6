"""The pages, and what their forms do. Everything here works without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter

from ops_api.routers.pages import (
    access,
    actions,
    health,
    integrations,
    job,
    library,
    logs,
    operations,
    queue,
    requests,
    schedules,
    settings_,
    stash_boxes,
)

router = APIRouter(include_in_schema=False)
for part in (
    actions,
    operations,
    queue,
    job,
    logs,
    requests,
    library,
    schedules,
    settings_,
    stash_boxes,
    integrations,
    access,
    health,
):
    router.include_router(part.router)
