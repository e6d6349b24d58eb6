"""Generated files, of rows that the database knows and by names that it knows."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from darkroom.settings import settings
from db import dashboard, paths
from ops_api.dependencies import Id, Reading
from ops_api.errors import not_found

router = APIRouter(prefix="/assets", tags=["assets"])

TYPES = {
    ".jpg": "image/jpeg",
    ".mp4": "video/mp4",
    ".vtt": "text/vtt; charset=utf-8",
    ".ass": "text/x-ssa; charset=utf-8",
    ".json": "application/json",
}
FOR_EVER = "private, max-age=31536000, immutable"


@router.get("/{shelf}/{number}/{name:path}", response_class=FileResponse)
def read_generated_file(conn: Reading, shelf: str, number: Id, name: str, v: str | None = None) -> FileResponse:
    """A thumbnail, card, clip, sprite, trickplay list, subtitle, cover or waveform, from the shelf `videos`, `images`,
    `audio-tracks` or `audio-libraries`. Answers ranges; `v` names what never changes.
    """
    found = dashboard.generated_file(conn, shelf, number, name)
    base = paths.to_path(found.root) if found and found.root else settings().cache
    path = below(base, paths.to_native(found.path)) if found else None
    if path is None or not path.is_file():
        raise not_found("There is no such file.")
    caching = FOR_EVER if v else "private, no-cache"
    kind = TYPES.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, headers={"Cache-Control": caching})


def below(folder: Path, relative: str) -> Path | None:
    """The file in this folder, links followed; None where that leads out of it."""
    path = (folder / relative).resolve()
    return path if path.is_relative_to(folder.resolve()) else None
