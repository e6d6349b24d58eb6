"""What is enqueued is started, by a real Prefect server."""

from __future__ import annotations

import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from darkroom.worker import POOL
from db import ledger
from db.models import QueueFlow
from ops_api import reconcile
from ops_api.prefect import Prefect
from ops_api.starter import Prospect, Starter
from tests.answering import answering
from tests.integration.warm.prefect_server import Api, fresh_database, prefect_server
from tests.rows import add_folder, add_job, add_video
from tests.serve import program, serving
from tests.waiting import until


@pytest.fixture(scope="module")
def prefect(postgres_server, tmp_path_factory):
    """The address of a server that has a pool, and the deployment of one queue."""
    with (
        fresh_database(postgres_server) as database,
        prefect_server(database, tmp_path_factory.mktemp("prefect")) as clients,
    ):
        url = clients["PREFECT_API_URL"]
        api = Api(url)
        api.post("work_pools/", name=POOL, type="process")
        flow = api.post("flows/", name="preview")
        api.post("deployments/", name="preview", flow_id=flow["id"], work_pool_name=POOL)
        yield url
        api.client.close()


@pytest.fixture
def runs(prefect):
    """The flow runs that the server knows."""
    with httpx.Client(base_url=prefect, timeout=60) as http:
        yield lambda: http.post("/flow_runs/filter", json={}).raise_for_status().json()


@pytest.fixture
def starter(engine, prefect):
    starter = Starter(engine, Prefect(prefect))
    yield starter
    starter.close()


def flows(engine):
    with engine.connect() as conn:
        return conn.execute(select(QueueFlow.queue_name, QueueFlow.flow_run_id)).all()


def test_run_starts_the_queues_deployment_once(engine, prefect, runs):
    with engine.begin() as conn:
        root = add_folder(conn)
        add_video(conn, root)
    with serving(engine, prefect) as (url, _), program(engine, url, timeout=60) as client:
        assert client.post("/api/jobs/queues/preview/run").json()["message"].startswith("Enqueued 1, skipped 0.")
        client.post("/api/jobs/queues/preview/run").raise_for_status()
        until(lambda: flows(engine), "Prefect has answered")
    ((queue, flow_run),) = flows(engine)
    assert queue == "preview"
    (known,) = [run for run in runs() if run["id"] == flow_run]
    assert known["parameters"] == {"enqueue": False}


def test_a_job_that_is_not_due_starts_nothing(engine, starter):
    with engine.begin() as conn:
        add_job(conn, "completed", "preview")
    assert starter.start_due() is True
    assert flows(engine) == []


def test_a_queue_without_a_deployment_does_not_keep_the_others_from_starting(engine, starter):
    with engine.begin() as conn:
        add_job(conn, "queued", "media-probe")
        add_job(conn, "queued", "preview")
    assert starter.start_due() is False
    assert [flow.queue_name for flow in flows(engine)] == ["preview"]
    with engine.connect() as conn:
        assert ledger.queues_to_start(conn) == ["media-probe"]


def test_a_server_without_workers_is_known_as_such(starter, prefect):
    starter.look()
    assert starter.prospect == Prospect(prefect=True, workers=0)
    httpx.post(f"{prefect}/work_pools/{POOL}/workers/heartbeat", json={"name": "one"}, timeout=60).raise_for_status()
    starter.look()
    assert starter.prospect == Prospect(prefect=True, workers=1)


def test_a_server_that_is_away_is_known_as_such(engine):
    starter = Starter(engine, Prefect("http://127.0.0.1:9/api"))
    starter.look()
    assert starter.prospect == Prospect(prefect=False, workers=None)
    starter.close()


def test_what_a_killed_flow_leaves_is_started_again_at_once(engine, prefect, monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK", 600.0)
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as flow,
        serving(engine, prefect),
    ):
        with engine.begin() as conn:
            add_job(conn, "queued", "preview")
            ledger.flow_works(conn, "preview", str(uuid.uuid4()), host=ledger.place(), pid=flow.pid)
        until(lambda: descriptors(f"Pid:\t{flow.pid}\n"), "the flow is watched")
        flow.kill()
        until(lambda: "starting" in states(engine), "another flow is asked for")
        assert not descriptors(f"Pid:\t{flow.pid}\n")


def test_what_prefect_did_not_take_is_asked_of_it_again_soon(engine, monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK", 600.0)
    monkeypatch.setattr(reconcile, "AGAIN", 0.01)
    asked = []

    async def fail(request):
        asked.append(request.url.path)
        return Response(status_code=500)

    with engine.begin() as conn:
        add_job(conn, "queued", "preview")
    wanted = "/api/deployments/name/preview/preview"
    fails = Starlette(routes=[Route("/{path:path}", fail, methods=["GET", "POST"])])
    with answering(fails) as prefect, serving(engine, f"{prefect}/api"):
        until(lambda: asked.count(wanted) > 1, "it is asked a second time")


def states(engine):
    with engine.connect() as conn:
        return conn.execute(select(QueueFlow.state)).scalars().all()


def descriptors(words):
    """Those of this process that the system describes so (proc(5), `fdinfo`)."""
    found = []
    for each in Path("/proc/self/fdinfo").iterdir():
        with suppress(FileNotFoundError):
            found += [each] if words in each.read_text() else []
    return found
