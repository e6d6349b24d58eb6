"""The library: what was found, as pictures."""

from __future__ import annotations

from fastapi import APIRouter

from ops_api.routers.pages.library import audio, collections, galleries, missing, proposals, video, videos

router = APIRouter()
for part in (videos, video, galleries, audio, collections, proposals, missing):
    router.include_router(part.router)
