"""The settings that a person changes while the system runs."""

from __future__ import annotations

from fastapi import APIRouter

from db import library_settings
from ops_api import models
from ops_api.dependencies import Reading, TheDesk

router = APIRouter(prefix="/api/settings", tags=["settings"])


@router.get("/library")
def read_settings(conn: Reading) -> models.LibrarySettings:
    """The settings as they are now."""
    return models.LibrarySettings.model_validate(library_settings.read(conn))


@router.put("/library")
def write_settings(desk: TheDesk, wanted: models.LibrarySettings) -> models.LibrarySettings:
    """Change the settings that the body names; answers with all of them. In effect at the next claim.

    The schedule of scans is changed in Prefect at once, or as soon as Prefect answers.
    """
    return desk.change_settings(wanted.model_dump(exclude_unset=True))
