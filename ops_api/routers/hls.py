"""Adaptive sets: ask for one, follow it, remove it, play it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, RedirectResponse

from darkroom.settings import settings
from db import hls
from ops_api import adaptive_sets, models
from ops_api.dependencies import Id, Reading, TheDesk, Writing
from ops_api.errors import not_found
from ops_api.routers.assets import FOR_EVER, below

router = APIRouter(tags=["hls"])

TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".mp4": "video/mp4", ".m4s": "video/iso.segment"}


@router.get("/api/videos/{video_id}/hls")
def read_adaptive_set(conn: Reading, video_id: Id) -> models.AdaptiveSet:
    """How it stands with the video's adaptive set."""
    return adaptive_sets.read(conn, video_id)


@router.post("/api/videos/{video_id}/hls", responses={202: {"model": models.AdaptiveSet}})
def ask_for_adaptive_set(desk: TheDesk, video_id: Id, response: Response) -> models.AdaptiveSet:
    """Ask for the adaptive set. 200: it is ready; 202: it is being made. Asking twice makes one."""
    told = adaptive_sets.ask(desk, video_id)
    response.status_code = 200 if told.state == "ready" else 202
    return told


@router.delete("/api/videos/{video_id}/hls")
def remove_adaptive_set(desk: TheDesk, video_id: Id) -> models.Told:
    """Remove the adaptive set; its making is cancelled."""
    return adaptive_sets.forget(desk, video_id)


@router.get("/assets/videos/{video_id}/hls/{name:path}", response_class=FileResponse, tags=["assets"])
def read_playlist_or_segment(conn: Writing, video_id: Id, name: str) -> Response:
    """A playlist or a segment of the set that is current; `master.m3u8` leads to its master playlist."""
    master = hls.use(conn, video_id)
    if master is None:
        raise not_found(f"There is no adaptive set of this video. Ask for it: POST /api/videos/{video_id}/hls.")
    whole = PurePosixPath(master)
    if name == whole.name:
        return RedirectResponse(adaptive_sets.address(video_id, master), headers={"Cache-Control": "no-store"})
    if (path := _file(whole.parent, name)) is None:
        raise not_found("There is no such file.")
    return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": FOR_EVER})


def _file(folder: PurePosixPath, name: str) -> Path | None:
    """The file of the set in this folder that a name means: the folder's own, then a path in it."""
    own, _, inside = name.partition("/")
    if own != folder.name or "\0" in inside:
        return None
    path = below(settings().cache / folder, inside)
    return path if path and path.suffix in TYPES and path.is_file() else None
