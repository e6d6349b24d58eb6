"""Whether the page can work."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from darkroom import __version__
from ops_api import models
from ops_api.dependencies import TheEngine, TheStarter

logger = logging.getLogger(__name__)
router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": models.Health}})
def health(engine: TheEngine, starter: TheStarter, response: Response) -> models.Health:
    """200 while the database answers, else 503; Prefect and its workers as they were ten seconds ago at most."""
    try:
        with engine.connect() as conn:
            conn.execute(text("SELECT 1"))
        database = True
    except SQLAlchemyError as error:
        logger.warning("The database did not answer: %s", error)
        database = False
    response.status_code = 200 if database else 503
    prospect = starter.prospect
    return models.Health(
        status="ok" if database else "unavailable",
        database=database,
        prefect=prospect.prefect,
        workers=prospect.workers,
        version=__version__,
    )
