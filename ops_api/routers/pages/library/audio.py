"""Audio: libraries with their covers, tracks with their waveforms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import RowMapping

from db import catalogue, collections, dashboard, roots
from db.catalogue.audio import TRACKS
from db.catalogue.tree import TreeFilter
from db.dashboard import Search
from db.generated import address
from ops_api import overview
from ops_api.columns import AUDIO
from ops_api.dependencies import Id, Reading
from ops_api.errors import not_found
from ops_api.library import details
from ops_api.library.cards import audio_card, cover
from ops_api.library.filters import TREE_SORTS, AudioFilters
from ops_api.library.labels import labels
from ops_api.render import said_once

router = APIRouter(prefix="/library")

#: How many jobs are listed.
JOBS = 10


@router.get("/audio")
def libraries(request: Request, conn: Reading, f: Annotated[AudioFilters, Query()]) -> HTMLResponse:
    """A page of libraries; the address is the state."""
    page, total = catalogue.audio.audio_libraries(conn, f.wanted())
    folders = roots.list_roots(conn)
    return said_once(
        request,
        "library/audio.html",
        here="library",
        tab="audio",
        f=f,
        page=page,
        total=total,
        cards=[audio_card(row, f.columns) for row in page.rows],
        chips=f.chips(labels(folders)),
        folders=folders,
        sorts=TREE_SORTS,
        columns=AUDIO,
        last=f.last(total.count),
    )


@router.get("/audio/{library_id}")
def library(
    request: Request, conn: Reading, library_id: Id, number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1
) -> HTMLResponse:
    """One library: the libraries in it, and a page of its tracks."""
    if (row := catalogue.audio.audio_library(conn, library_id)) is None:
        raise not_found(f"There is no audio library {library_id}.")
    inside, how_many = catalogue.audio.audio_libraries(conn, TreeFilter(parent=library_id))
    tracks = catalogue.audio.tracks(conn, library_id, number)
    return said_once(
        request,
        "library/audio_library.html",
        here="library",
        a=row,
        cover=cover(row, library_id),
        above=catalogue.tree.above(conn, "audio_libraries", library_id),
        inside=[audio_card(each) for each in inside.rows],
        how_many=how_many.count,
        tracks=[(each, waveform(each)) for each in tracks],
        number=number,
        last=-(-row["track_count"] // TRACKS),
    )


@router.get("/tracks/{track_id}")
def track(request: Request, conn: Reading, track_id: Id) -> HTMLResponse:
    """One track, with its waveform and its chapters."""
    if (row := catalogue.audio.track(conn, track_id)) is None:
        raise not_found(f"There is no audio track {track_id}.")
    version = int(row["updated_at"].timestamp())
    jobs = dashboard.search(conn, Search(target=("track", str(track_id)), limit=JOBS))
    return said_once(
        request,
        "library/track.html",
        here="library",
        t=row,
        cover=address("audio-tracks", track_id, "cover_path", row["cover_path"], version),
        waveform=waveform(row),
        facts=details.sound_facts(row),
        chapters=catalogue.audio.chapters(conn, track_id),
        tags=catalogue.words.carried(conn, "track", track_id, "tag"),
        performers=catalogue.words.carried(conn, "track", track_id, "performer"),
        collections=collections.about(conn, "audio-track", track_id),
        jobs=overview.jobs(jobs),
        now=dashboard.now(conn),
    )


def waveform(row: RowMapping) -> str | None:
    """Where the picture of a track's waveform is."""
    if row["waveform_path"] is None:
        return None
    return f"/assets/audio-tracks/{row['id']}/waveform.svg?v={int(row['updated_at'].timestamp())}"
