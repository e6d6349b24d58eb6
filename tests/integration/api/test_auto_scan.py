"""Auto-scan is a schedule of Prefect's that follows the settings, on a real Prefect server."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from db import library_settings
from deployments import deploy
from ops_api.auto_scan import QUEUE, SLUG, AutoScan
from ops_api.prefect import Prefect
from tests.integration.warm.prefect_server import Api
from tests.rows import add_settings
from tests.serve import NOBODY, program, serving
from tests.waiting import until


@pytest.fixture
def prefect(deployed):
    """The address of Prefect."""
    return deployed["PREFECT_API_URL"]


@pytest.fixture
def api(prefect):
    """Prefect's API; the schedule is as it was deployed."""
    api = Api(prefect)
    set_by_hand(api, active=False, schedule={"interval": 3600})
    yield api
    api.client.close()


@pytest.fixture
def auto_scan(engine, prefect):
    asked = Prefect(prefect)
    yield AutoScan(engine, asked)
    asked.close()


@pytest.fixture
def client(engine, prefect, api):
    with serving(engine, prefect) as (url, _), program(engine, url, timeout=60) as client:
        yield client


def deployment(api):
    return api.get(f"deployments/name/{QUEUE}/{QUEUE}")


def schedule(api):
    (found,) = deployment(api)["schedules"]
    assert found["slug"] == SLUG
    return found["active"], found["schedule"]["interval"]


def set_by_hand(api, **changes):
    """As a person does in Prefect's pages."""
    known = deployment(api)
    (found,) = known["schedules"]
    path = f"deployments/{known['id']}/schedules/{found['id']}"
    api.client.patch(path, json={"parameters": found["parameters"]} | changes).raise_for_status()


def future_runs(api):
    """When the deployment's scheduled runs are to begin."""
    wanted = {"deployment_id": {"any_": [deployment(api)["id"]]}, "state": {"type": {"any_": ["SCHEDULED"]}}}
    runs = api.post("flow_runs/filter", flow_runs=wanted, sort="NEXT_SCHEDULED_START_TIME_ASC")
    assert all(run["auto_scheduled"] for run in runs)
    return [datetime.fromisoformat(run["expected_start_time"]) for run in runs]


def put(client, **wanted):
    return client.put("/api/settings/library", json=wanted).raise_for_status().json()


def shown(client):
    return client.get("/api/jobs").raise_for_status().json()["schedule"]


def next_at(client):
    """What the API says once the change has reached Prefect."""
    until(lambda: shown(client)["nextAt"] is not None, "the next scan is known", 60)
    return datetime.fromisoformat(shown(client)["nextAt"])


def test_a_new_deployment_does_not_scan_by_itself(api, client):
    assert schedule(api) == (False, 3600)
    assert future_runs(api) == []
    assert shown(client) == {"enabled": False, "intervalMinutes": 60, "nextAt": None}


def test_switched_on_it_is_scheduled_and_the_page_says_for_when(api, client):
    before = datetime.now(UTC)
    assert put(client, autoScanEnabled=True, scanIntervalMinutes=30)["autoScanEnabled"] is True
    first = next_at(client)
    assert schedule(api) == (True, 1800)
    runs = future_runs(api)
    assert runs[0] == first
    assert before < first - timedelta(minutes=30) < datetime.now(UTC)
    assert {later - sooner for sooner, later in pairwise(runs)} == {timedelta(minutes=30)}
    assert "auto-scan every 30 min, next" in client.get("/").text


def test_other_minutes_move_the_runs(api, client):
    put(client, autoScanEnabled=True, scanIntervalMinutes=1440)
    late = next_at(client)
    put(client, scanIntervalMinutes=5)
    until(lambda: next_at(client) < late, "the next scan is sooner", 60)
    assert schedule(api) == (True, 300)
    runs = future_runs(api)
    assert runs[0] == next_at(client) < datetime.now(UTC) + timedelta(minutes=5)
    assert {later - sooner for sooner, later in pairwise(runs)} == {timedelta(minutes=5)}


def test_switched_off_nothing_is_scheduled_any_more(api, client, auto_scan):
    put(client, autoScanEnabled=True)
    next_at(client)
    put(client, autoScanEnabled=False)
    until(lambda: shown(client)["nextAt"] is None, "nothing is scheduled", 60)
    assert schedule(api) == (False, 3600)
    # Prefect's scheduler adds what it had worked out just before; the next look takes that away.
    until(lambda: auto_scan.agree() and future_runs(api) == [], "what Prefect added late is gone", 60)


def test_another_setting_leaves_the_runs_where_they_are(api, client):
    put(client, autoScanEnabled=True)
    next_at(client)
    before = future_runs(api)
    put(client, thumbnailQuality=4, autoScanEnabled=True)
    assert future_runs(api) == before


def test_a_setting_saved_while_prefect_is_away_is_brought_in_line_later(engine, api, auto_scan):
    with serving(engine, NOBODY) as (url, _), program(engine, url, timeout=60) as client:
        put(client, autoScanEnabled=True, scanIntervalMinutes=45)
        assert shown(client) == {"enabled": True, "intervalMinutes": 45, "nextAt": None}
    assert schedule(api) == (False, 3600)
    assert auto_scan.agree() is True
    assert schedule(api) == (True, 2700)
    assert list(auto_scan.upcoming) == future_runs(api) != []


def test_the_application_brings_the_schedule_in_line_when_it_starts(engine, api, prefect):
    with engine.begin() as conn:
        add_settings(conn, auto_scan_enabled=True, scan_interval_minutes=20)
    with serving(engine, prefect) as (url, _), program(engine, url, timeout=60) as client:
        assert next_at(client) == future_runs(api)[0]
    assert schedule(api) == (True, 1200)


def test_neither_a_restart_nor_a_new_deploy_moves_a_run(engine, api, auto_scan):
    with engine.begin() as conn:
        add_settings(conn, auto_scan_enabled=True, scan_interval_minutes=10)
    auto_scan.agree()
    before = future_runs(api)
    deploy.deploy_all()
    assert auto_scan.agree() is True
    assert future_runs(api) == before


def test_what_was_changed_in_prefect_is_set_back_and_its_parameters_are_kept(engine, api, auto_scan):
    set_by_hand(api, active=True, schedule={"cron": "0 0 * * *"}, parameters={"everything": False})
    assert auto_scan.agree() is True
    assert schedule(api) == (False, 3600)
    (found,) = deployment(api)["schedules"]
    assert found["parameters"] == {"everything": False}
    set_by_hand(api, parameters={})


def test_a_schedule_that_was_deleted_is_made_again(engine, api, auto_scan):
    known = deployment(api)
    api.client.delete(f"deployments/{known['id']}/schedules/{known['schedules'][0]['id']}").raise_for_status()
    with engine.begin() as conn:
        library_settings.write(conn, auto_scan_enabled=True)
    assert auto_scan.agree() is True
    assert schedule(api) == (True, 3600)
    assert list(auto_scan.upcoming) == future_runs(api) != []


def test_runs_that_outlived_the_switching_off_are_removed(api, auto_scan, prefect_database):
    set_by_hand(api, active=True)
    api.client.post(f"deployments/{deployment(api)['id']}/schedule", json={}).raise_for_status()
    # As a late insert of Prefect's scheduler leaves it: not active, with runs. Its API would remove them.
    with psycopg.connect(prefect_database.replace("+asyncpg", "")) as conn:
        conn.execute("UPDATE deployment_schedule SET active = false WHERE slug = %s", [SLUG])
    assert schedule(api) == (False, 3600)
    assert future_runs(api) != []
    assert auto_scan.agree() is True
    assert future_runs(api) == []
    assert auto_scan.upcoming == ()


def test_the_application_stops_while_prefect_keeps_it_waiting(engine):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with serving(engine, f"http://127.0.0.1:{port}/api") as (url, _):
            with program(engine, url, timeout=60) as client:
                put(client, autoScanEnabled=True)
            began = time.monotonic()
        assert time.monotonic() - began < 5
    with engine.connect() as conn:
        assert library_settings.read(conn).auto_scan_enabled is True
