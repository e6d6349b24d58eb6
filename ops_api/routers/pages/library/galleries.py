"""Galleries, and the pictures in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from db import catalogue, collections, dashboard, roots
from db.catalogue.galleries import GalleryFilter
from db.dashboard import Search
from ops_api import overview
from ops_api.columns import GALLERIES
from ops_api.dependencies import Id, Reading
from ops_api.errors import not_found
from ops_api.library import details
from ops_api.library.cards import gallery_card, picture_card
from ops_api.library.filters import GALLERY_SORTS, Filters, GalleryFilters
from ops_api.library.labels import labels
from ops_api.render import said_once

router = APIRouter(prefix="/library")

#: How many jobs are listed.
JOBS = 10


class PicturePlace(Filters):
    """Where a page of the pictures of a gallery begins."""


@router.get("/galleries")
def galleries(request: Request, conn: Reading, f: Annotated[GalleryFilters, Query()]) -> HTMLResponse:
    """A page of galleries; the address is the state."""
    page, total = catalogue.galleries.galleries(conn, f.wanted())
    folders = roots.list_roots(conn)
    return said_once(
        request,
        "library/galleries.html",
        here="library",
        tab="galleries",
        f=f,
        page=page,
        total=total,
        cards=[gallery_card(row, f.columns) for row in page.rows],
        chips=f.chips(labels(folders)),
        folders=folders,
        sorts=GALLERY_SORTS,
        columns=GALLERIES,
        last=f.last(total.count),
    )


@router.get("/galleries/{gallery_id}")
def gallery(request: Request, conn: Reading, gallery_id: Id, f: Annotated[PicturePlace, Query()]) -> HTMLResponse:
    """One gallery: the galleries in it, and a page of its pictures."""
    if (row := catalogue.galleries.gallery(conn, gallery_id)) is None:
        raise not_found(f"There is no gallery {gallery_id}.")
    inside, how_many = catalogue.galleries.galleries(conn, GalleryFilter(parent=gallery_id))
    page = catalogue.galleries.pictures(conn, gallery_id, after=f.after, before=f.before)
    read = Search(target=("archive", str(row["archive_id"])), limit=JOBS)
    return said_once(
        request,
        "library/gallery.html",
        here="library",
        g=row,
        above=catalogue.tree.above(conn, "galleries", gallery_id),
        inside=[gallery_card(each) for each in inside.rows],
        how_many=how_many.count,
        page=page,
        cards=[picture_card(each) for each in page.rows],
        tags=catalogue.words.carried(conn, "gallery", gallery_id, "tag"),
        performers=catalogue.words.carried(conn, "gallery", gallery_id, "performer"),
        collections=collections.about(conn, "gallery", gallery_id),
        jobs=overview.jobs(dashboard.search(conn, read)) if row["archive_id"] else None,
        now=dashboard.now(conn),
    )


@router.get("/archives/{archive_id}")
def archive(conn: Reading, archive_id: Id) -> RedirectResponse:
    """The gallery that an archive is; until it was read, there is none."""
    if (gallery_id := catalogue.galleries.of_archive(conn, archive_id)) is None:
        raise not_found("This archive was not read yet, or is gone.")
    return RedirectResponse(f"/library/galleries/{gallery_id}", 303)


@router.get("/pictures/{image_id}")
def picture(request: Request, conn: Reading, image_id: Id) -> HTMLResponse:
    """One picture, with those before and behind it."""
    if (row := catalogue.galleries.picture(conn, image_id)) is None:
        raise not_found(f"There is no picture {image_id}.")
    before, behind = catalogue.galleries.neighbours(conn, row)
    jobs = dashboard.search(conn, Search(target=("image", str(image_id)), limit=JOBS))
    return said_once(
        request,
        "library/picture.html",
        here="library",
        i=row,
        card=picture_card(row),
        before=before,
        behind=behind,
        facts=details.picture_facts(row),
        tags=catalogue.words.carried(conn, "image", image_id, "tag"),
        performers=catalogue.words.carried(conn, "image", image_id, "performer"),
        collections=collections.about(conn, "image", image_id),
        jobs=overview.jobs(jobs),
        now=dashboard.now(conn),
    )
