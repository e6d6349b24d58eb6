"""Watched folders."""

from __future__ import annotations

from fastapi import APIRouter

from db import roots
from ops_api import models
from ops_api.browse import listing
from ops_api.dependencies import Id, Reading, TheDesk, Writing

router = APIRouter(prefix="/api/libraries", tags=["libraries"])


@router.get("")
def list_libraries(conn: Reading) -> models.Libraries:
    """All watched folders, by label."""
    return models.Libraries(libraries=[models.Library.model_validate(root) for root in roots.list_roots(conn)])


@router.get("/browse")
def browse_folders(path: models.Text | None = None) -> models.Listing:
    """The folders in a folder of this machine; without a path, the places to begin at. Links do not lead out."""
    return models.Listing.model_validate(listing(path))


@router.post("", status_code=201)
def add_library(conn: Writing, wanted: models.NewLibrary) -> models.Library:
    """Watch a folder. No scan is started."""
    return models.Library.model_validate(roots.add_root(conn, wanted.path, **wanted.said()))


@router.patch("/{library_id}")
def change_library(conn: Writing, library_id: Id, wanted: models.Choices) -> models.Library:
    """Change what the body names."""
    return models.Library.model_validate(roots.update_root(conn, library_id, **wanted.said()))


@router.delete("/{library_id}", status_code=204)
def remove_library(conn: Writing, library_id: Id) -> None:
    """Watch a folder no longer and forget what was found in it. Nothing on the disk is touched."""
    roots.remove_root(conn, library_id)


@router.post("/{library_id}/scan")
def scan_library(desk: TheDesk, library_id: Id) -> models.ScanEnqueued:
    """Scan one folder now, for each kind of media that it is watched for."""
    return desk.scan(library_id)
