"""The upkeep of the library: where generated files lie, and what is long gone."""

from __future__ import annotations

from fastapi import APIRouter

from ops_api import models, upkeep
from ops_api.dependencies import TheEngine, TheStarter

router = APIRouter(tags=["upkeep"])


@router.post("/api/jobs/migrate-asset-storage")
def migrate_asset_storage(engine: TheEngine, starter: TheStarter, wanted: models.AssetStorage) -> models.Enqueued:
    """Say where the generated files of videos are to lie, and move them there."""
    return upkeep.migrate(engine, starter, dedicated=wanted.dedicated)


@router.post("/api/libraries/missing/forget")
def forget_missing_files(
    engine: TheEngine, starter: TheStarter, wanted: models.MissingFiles
) -> models.MissingForgotten:
    """Forget files that have been missing for long, in two steps: ask how many, then confirm that number.

    Nothing on the disk is touched but what Darkroom has made of these files.
    """
    return upkeep.forget_missing(engine, starter, wanted)
