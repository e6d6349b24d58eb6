"""Waveforms as pictures."""

from __future__ import annotations

from fastapi import APIRouter, Response

from darkroom.settings import settings
from db import dashboard, paths
from ops_api.dependencies import Id, Reading
from ops_api.errors import not_found
from ops_api.library.waveform import NoWaveformError, drawing
from ops_api.routers.assets import FOR_EVER, below

router = APIRouter(prefix="/assets", tags=["assets"])


@router.get("/audio-tracks/{track_id}/waveform.svg", response_class=Response)
def read_waveform(conn: Reading, track_id: Id, v: str | None = None) -> Response:
    """The waveform of a track as a picture of 300 bars; `v` names what never changes."""
    found = dashboard.generated_file(conn, "audio-tracks", track_id, "waveform.json")
    path = below(settings().cache, paths.to_native(found.path)) if found else None
    try:
        picture = drawing(path) if path else None
    except (OSError, NoWaveformError):
        picture = None
    if picture is None:
        raise not_found("There is no such file.")
    caching = FOR_EVER if v else "private, no-cache"
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": caching})
