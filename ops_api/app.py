"""The application: the JSON API, the operations page, the generated files, and the reconciler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from darkroom import __version__
from darkroom.settings import settings
from db.engine import engine as engine_of_this_process
from ops_api.auto_scan import AutoScan
from ops_api.errors import handle_errors
from ops_api.models import ErrorBody
from ops_api.news import News
from ops_api.prefect import Prefect, api_url
from ops_api.reconcile import reconciling
from ops_api.render import STATIC
from ops_api.routers import assets, collections, events, health, hls, jobs, libraries, pages, queues, settings_
from ops_api.security import Guard
from ops_api.starter import Starter

#: `queues` before `jobs` and `hls` before `assets`: their paths lie below.
ROUTERS = (
    queues.router,
    jobs.router,
    libraries.router,
    collections.router,
    settings_.router,
    events.router,
    health.router,
    hls.router,
    assets.router,
    pages.router,
)
ERRORS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorBody} for status in (400, 403, 404, 409, 422, 500, 503)
}


def create_app(engine: Engine | None = None, prefect: Prefect | None = None) -> FastAPI:
    """An application on this database and this Prefect; on those of the environment where none is given."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = engine or engine_of_this_process()
        app.state.prefect = asked = prefect or Prefect(api_url())
        app.state.starter = Starter(app.state.engine, asked)
        app.state.auto_scan = AutoScan(app.state.engine, asked)
        app.state.news = News(app.state.engine)
        async with (
            app.state.news.gathering(),
            reconciling(app.state.engine, app.state.starter, app.state.auto_scan),
        ):
            yield
        app.state.starter.close()

    app = FastAPI(
        title="Darkroom",
        version=__version__,
        openapi_url="/api/openapi.json",
        # Both would load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=ERRORS,
    )
    app.state.last_dashboard = None
    handle_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)
    app.add_middleware(Guard, hosts=[settings().host])
    return app


app = create_app()
