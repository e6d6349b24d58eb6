"""Whether the page can work."""

from __future__ import annotations

import logging
from typing import Literal

from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from darkroom import __version__
from ops_api import metrics, models
from ops_api.access import current
from ops_api.dependencies import Reading, TheEngine, TheReport, TheStarter
from ops_api.health import worst

logger = logging.getLogger(__name__)
router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": models.Health | models.Healthy}})
def health(engine: TheEngine, starter: TheStarter, response: Response) -> models.Health | models.Healthy:
    """200 while the database answers, else 503. Open to all; who signed in is told more.

    Prefect and its workers are said as they were ten seconds ago at most.
    """
    try:
        with engine.connect() as conn:
            conn.execute(text("SELECT 1"))
        database = True
    except SQLAlchemyError as error:
        logger.warning("The database did not answer: %s", error)
        database = False
    response.status_code = 200 if database else 503
    status: Literal["ok", "unavailable"] = "ok" if database else "unavailable"
    if current.who() is None:
        return models.Healthy(status=status)
    prospect = starter.prospect
    return models.Health(
        status=status,
        database=database,
        prefect=prospect.prefect,
        workers=prospect.workers,
        version=__version__,
    )


@router.get("/api/health")
def read_report(look: TheReport) -> models.HealthReport:
    """Everything that the health page says, each line with what to do."""
    checks = look()
    return models.HealthReport(
        state=worst(checks), checks=[models.HealthCheck.model_validate(check) for check in checks]
    )


@router.get("/metrics", response_class=Response)
def read_metrics(conn: Reading) -> Response:
    """The numbers of the page for Prometheus."""
    return Response(metrics.exposition(conn), media_type=metrics.CONTENT_TYPE)
