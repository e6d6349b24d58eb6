"""The pages of requests: all of them, a new one, one."""

from __future__ import annotations

from fastapi import APIRouter

from ops_api.routers.pages.requests import all_, many, new, one

router = APIRouter()
for part in (all_, many, new, one):
    router.include_router(part.router)
