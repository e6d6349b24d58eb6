"""The application: the JSON API, the operations page, the generated files, and the reconciler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import Depends, FastAPI
from sqlalchemy import Engine
from starlette.datastructures import State
from starlette.middleware.gzip import GZipMiddleware

from darkroom import __version__
from darkroom.settings import settings
from db.engine import engine as engine_of_this_process
from db.redact import redact_logs
from ops_api.access.gate import Gate
from ops_api.access.scopes import permitted
from ops_api.agreement import Agreement, redeployer
from ops_api.auto_scan import AutoScan
from ops_api.covers import Covers
from ops_api.desk import Desk
from ops_api.errors import handle_errors
from ops_api.health.peers import Peers
from ops_api.identify import IdentifyDesk
from ops_api.models import ErrorBody
from ops_api.news import News
from ops_api.prefect import Prefect, api_url
from ops_api.programs import ProgramDesk
from ops_api.reconcile import reconciling
from ops_api.render import STATIC, Static
from ops_api.routers import (
    admin,
    assets,
    collections,
    events,
    health,
    hls,
    identify,
    integrations,
    jobs,
    libraries,
    login,
    pages,
    queues,
    requests,
    schedules,
    settings_,
    upkeep,
    waveforms,
)
from ops_api.secrets import Secrets
from ops_api.security import Guard, names
from ops_api.starter import Starter
from ops_api.upcoming import Upcoming
from ops_api.watch import Watch

#: `queues` before `jobs`, `hls` and `waveforms` before `assets`: their paths lie below.
ROUTERS = (
    queues.router,
    jobs.router,
    libraries.router,
    collections.router,
    identify.router,
    requests.router,
    integrations.router,
    settings_.router,
    schedules.router,
    upkeep.router,
    events.router,
    admin.router,
    health.router,
    hls.router,
    waveforms.router,
    assets.router,
    login.router,
    pages.router,
)
ERRORS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorBody} for status in (400, 401, 403, 404, 409, 422, 500, 503)
}


def create_app(engine: Engine | None = None, prefect: Prefect | None = None, *, login: bool | None = None) -> FastAPI:
    """An application on this database and this Prefect; on those of the environment where none is given.

    Without `login` everybody on this machine may do everything.
    """
    login = settings().login if login is None else login
    redact_logs()
    app = FastAPI(
        title="Darkroom",
        version=__version__,
        openapi_url="/api/openapi.json",
        # Both would load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=partial(_working, engine, prefect),
        dependencies=[Depends(permitted, scope="function")],
        responses=ERRORS,
    )
    app.state.last_dashboard = {}
    handle_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Static(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)
    app.add_middleware(Gate, login=login)
    # the outermost: what comes under a foreign name or from a foreign page is not even asked who it is
    app.add_middleware(Guard, hosts=names(settings()) if login else ())
    return app


@asynccontextmanager
async def _working(engine: Engine | None, prefect: Prefect | None, app: FastAPI) -> AsyncIterator[None]:
    """What the routes find in the application's state, and what goes on beside them, from its start to its end."""
    state = app.state
    state.engine = engine or engine_of_this_process()
    state.prefect = prefect or Prefect(api_url())
    state.starter = Starter(state.engine, state.prefect)
    state.auto_scan = AutoScan(state.engine, state.prefect)
    state.covers = Covers()
    state.upcoming = Upcoming(state.prefect)
    state.secrets = Secrets(state.prefect)
    state.peers = _peers(state)
    state.news = News(state.engine)
    state.watch = Watch(state.engine, state.starter)
    agreement = Agreement(state.engine, state.prefect, redeployer(), state.starter.start_due)
    reconciled = reconciling(state.engine, state.starter, state.auto_scan, agreement, state.upcoming, news=state.news)
    async with state.news.gathering(), state.watch.watching(), reconciled:
        yield
    state.starter.close()
    state.peers.close()


def _peers(state: State) -> Peers:
    desk = Desk(state.engine, state.starter, state.auto_scan, state.prefect)
    return Peers(
        state.engine,
        ProgramDesk(state.engine, desk, state.secrets),
        IdentifyDesk(state.engine, desk, state.secrets),
    )


app = create_app()
