"""The videos of the library, as posters."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from db import catalogue, roots
from ops_api.columns import VIDEOS
from ops_api.dependencies import Reading
from ops_api.library.cards import video_card
from ops_api.library.filters import KINDS, LACKS, SORTS, VideoFilters
from ops_api.library.labels import labels
from ops_api.render import said_once

router = APIRouter()


@router.get("/library")
def videos(request: Request, conn: Reading, f: Annotated[VideoFilters, Query()]) -> HTMLResponse:
    """A page of posters; the address is the state."""
    page, total = catalogue.videos.videos(conn, f.wanted())
    folders = roots.list_roots(conn)
    return said_once(
        request,
        "library/videos.html",
        here="library",
        tab="videos",
        f=f,
        page=page,
        total=total,
        cards=[video_card(row, f.columns) for row in page.rows],
        chips=f.chips(labels(folders)),
        folders=folders,
        kinds=KINDS,
        lacks=LACKS,
        sorts=SORTS,
        columns=VIDEOS,
        last=f.last(total.count),
    )
