"""Whatever Prefect and the ledger disagree on, a look or two later they agree, and it is known that they did not."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import text

from db import ledger
from db.ledger import Outcome
from deployments import deploy
from deployments.warm import cancels
from ops_api import agreement as agreements
from ops_api.agreement import DEPLOYMENTS, Agreement
from ops_api.auto_scan import AutoScan
from ops_api.health.engine import checks
from ops_api.prefect import Prefect
from ops_api.starter import Starter
from tests.integration.api.agreement.flow_runs import (
    PREVIEW,
    Working,
    agreements_patience,
    began,
    ended,
    jobs,
    starting,
    want,
)
from tests.rows import add_settings
from tests.waiting import until


@pytest.mark.parametrize(
    ("state", "status"),
    [("CANCELLED", ("cancelled", 1, 0)), ("COMPLETED", ("queued", 0, 0)), ("FAILED", ("queued", 0, 0))],
)
def test_a_flow_that_prefect_has_ended_stops_and_its_jobs_are_cancelled_or_wait_again(
    engine, api, agreement, noted, state, status
):
    want(engine, "runs", "waits")
    run = began(api)
    flow = Working(engine, run)
    assert agreement.look()
    assert noted() == []
    ended(api, run, state)
    assert agreement.look()
    assert flow.ended_as_disowned()
    assert jobs(engine) == {"runs": status, "waits": ("queued", 0, 0)}
    assert agreement.look()
    assert len(noted()) == 1
    assert "this run of preview" in noted()[0]


def test_a_cancel_in_prefect_of_a_run_that_goes_along_is_carried_out_at_once_and_is_no_disagreement(
    engine, api, agreement, noted, deployed
):
    want(engine, "runs", "waits")
    run = goes_along(api)
    flow = Working(engine, run)
    ended(api, run, "CANCELLING")
    with temporary_settings({PREFECT_API_URL: deployed["PREFECT_API_URL"]}):
        asyncio.run(cancels.end(engine, run))
    assert flow.ended_as_disowned()
    assert jobs(engine) == {"runs": ("cancelled", 1, 0), "waits": ("queued", 0, 0)}
    agreement.look()
    assert noted() == []


def goes_along(api):
    """A flow run within another's, which has no process of its own."""
    task = {"flow_run_id": began(api, "library-scan"), "task_key": "preview", "dynamic_key": "0"}
    parent = api.post("task_runs/", **task)["id"]
    flow = api.post("flows/", name="preview")["id"]
    run = api.post("flow_runs/", flow_id=flow, parent_task_run_id=parent)["id"]
    ended(api, run, "RUNNING")
    return run


def test_a_flow_that_was_deleted_in_prefect_stops_once_that_is_sure_and_gives_its_work_back(
    engine, api, agreement, noted
):
    want(engine, "runs")
    run = began(api)
    flow = Working(engine, run)
    api.client.delete(f"flow_runs/{run}").raise_for_status()
    agreement.look()
    assert flow.is_alive()
    agreement.look()
    assert flow.ended_as_disowned()
    assert jobs(engine) == {"runs": ("queued", 0, 0)}
    assert noted() == ["Prefect no longer knows this run of preview, which was at work."]


def test_a_cancel_that_no_worker_carries_out_is_carried_out_by_the_ledger(engine, api, agreement):
    want(engine, "runs")
    run = began(api)
    flow = Working(engine, run)
    ended(api, run, "CANCELLING")
    agreement.look()
    agreement.look()
    assert flow.ended_as_disowned()
    assert jobs(engine) == {"runs": ("cancelled", 1, 0)}
    # its process has left, no worker says so to Prefect
    agreements_patience(agreement)
    assert api.state(run) == "CANCELLED"


def held_elsewhere(engine, api):
    """A job, and the flow run of another machine that holds it."""
    want(engine, "runs")
    run = began(api)
    with engine.begin() as conn:
        (job,) = ledger.claim(conn, PREVIEW, "elsewhere:7:abc")
        ledger.start(conn, job.id, "elsewhere:7:abc", flow_run=run)
        ledger.flow_works(conn, "preview", run, host="elsewhere", pid=7)
    return job, run


def test_what_a_crashed_flow_of_another_machine_held_is_free_at_once(engine, api, agreement):
    job, run = held_elsewhere(engine, api)
    ended(api, run, "CRASHED")
    agreement.look()
    with engine.begin() as conn:
        assert ledger.rescue(conn) == 1
        assert ledger.settle(conn, "elsewhere:7:abc", [Outcome(job.id, "completed")]) == {}
    assert jobs(engine) == {"runs": ("queued", 1, 1)}


def test_what_was_cancelled_with_a_flow_that_died_is_not_begun_again(engine, api, agreement):
    _, run = held_elsewhere(engine, api)
    ended(api, run, "CANCELLED")
    agreement.look()
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET lease_expires_at = now() - interval '1 second'"))
        ledger.rescue(conn)
    assert jobs(engine) == {"runs": ("cancelled", 1, 1)}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("state", ["CANCELLED", "CANCELLING"])
def test_what_was_cancelled_with_a_flow_that_was_killed_first_is_cancelled_though_it_waits_or_runs_again(
    engine, api, agreement, state, again
):
    _, run = held_elsewhere(engine, api)
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET lease_expires_at = now() - interval '1 second'"))
        conn.execute(text("UPDATE queue_flows SET expires_at = now() - interval '1 second'"))
        assert ledger.rescue(conn) == 1
    want(engine, "waits")
    agreement.look()
    assert jobs(engine)["runs"] == ("queued", 1, 1)
    if again:
        with engine.begin() as conn:
            (job,) = ledger.claim(conn, PREVIEW, "here:8:abc")
            ledger.start(conn, job.id, "here:8:abc", flow_run=api.run("preview"))
    ended(api, run, state)
    agreement.look()
    with engine.begin() as conn:
        ledger.release(conn, ["here:8:abc"])
    assert jobs(engine) == {"runs": ("cancelled", 1 + again, 1), "waits": ("queued", 0, 0)}


@pytest.mark.parametrize("state", ["CRASHED", "FAILED", "CANCELLED"])
def test_a_run_that_ended_before_it_was_at_work_keeps_its_queue_from_no_other(
    engine, api, agreement, noted, freed, state
):
    ends, begins = asked_for(engine, api)
    ended(api, ends, state)
    agreement.look()
    assert starting(engine) == {begins}
    assert "before it was at work" in noted()[0]
    assert may_have_another(engine)
    assert freed == [True]


def test_a_run_that_prefect_lost_before_it_was_at_work_keeps_its_queue_from_no_other(
    engine, api, agreement, noted, freed
):
    lost, begins = asked_for(engine, api)
    api.client.delete(f"flow_runs/{lost}").raise_for_status()
    agreement.look()
    assert starting(engine) == {lost, begins}
    agreement.look()
    assert starting(engine) == {begins}
    assert noted() == ["This run of preview was lost by Prefect before it was at work; the queue may have another."]
    assert may_have_another(engine)
    assert freed == [True]


def asked_for(engine, api):
    """Flow runs of two queues that no worker has taken yet; there is work for the first."""
    want(engine, "waits")
    runs = api.run("preview"), api.run("fingerprint")
    with engine.begin() as conn:
        for queue, run in zip(("preview", "fingerprint"), runs, strict=True):
            ledger.flow_asked(conn, queue, run)
    assert not may_have_another(engine)
    return runs


def may_have_another(engine):
    with engine.begin() as conn:
        return ledger.queues_to_start(conn) == ["preview"]


def test_tasks_of_a_run_that_crashed_do_not_run_for_ever(engine, api, agreement, monkeypatch):
    run = began(api)
    task = api.post("task_runs/", flow_run_id=run, task_key="preview", dynamic_key="0", state={"type": "RUNNING"})["id"]
    ended(api, run, "CRASHED")
    agreement.look()
    assert api.get(f"task_runs/{task}")["state_type"] == "RUNNING"
    monkeypatch.setattr(agreements, "LATE", -60.0)
    agreement.look()
    assert api.get(f"task_runs/{task}")["state_type"] == "CRASHED"


def test_when_prefect_has_lost_everything_its_deployments_come_back_and_the_work_goes_on(
    engine, api, prefect, prefect_database, noted
):
    with engine.begin() as conn:
        add_settings(conn, auto_scan_enabled=True, scan_interval_minutes=20)
    want(engine, "runs")
    flow = Working(engine, began(api))
    agreement = Agreement(engine, prefect, deploy.deploy_all)
    assert agreement.look()
    with psycopg.connect(prefect_database.replace("+asyncpg", ""), autocommit=True) as conn:
        for table in ("flow_run", "deployment", "flow", "work_pool", "task_run"):
            conn.execute(f"DELETE FROM {table}")
    agreement.look()
    assert prefect.deployed(DEPLOYMENTS) == len(DEPLOYMENTS)
    agreement.look()
    assert flow.ended_as_disowned()
    assert AutoScan(engine, prefect).agree(unasked=True)
    (schedule,) = api.get("deployments/name/library-scan/library-scan")["schedules"]
    assert (schedule["active"], schedule["schedule"]["interval"]) == (True, 1200)
    starter = Starter(engine, prefect)
    assert starter.start_due()
    (run,) = api.post("flow_runs/filter", deployments={"name": {"any_": ["preview"]}})
    assert run["state_type"] == "SCHEDULED"
    assert [says.split(" ", 2)[1] for says in noted()] == ["schedule", "no", "had"]


def test_health_says_that_they_agree_or_what_they_did_not_agree_on(engine, api, prefect, agreement):
    def line():
        return next(check for check in checks(engine, prefect) if check.name == "Ledger and Prefect")

    assert (line().state, line().says) == ("ok", "They agree: 0 flow runs at work.")
    want(engine, "runs")
    run = began(api)
    flow = Working(engine, run)
    assert line().says == "They agree: 1 flow run at work."
    ended(api, run, "FAILED")
    assert line().state == "warn"
    agreement.look()
    assert flow.ended_as_disowned()
    until(lambda: line().state == "ok", "they agree again")
    assert "1 disagreement in the last hour, set right; the last" in line().says


def test_a_prefect_that_does_not_answer_changes_nothing(engine):
    away = Prefect("http://127.0.0.1:9/api")
    with engine.begin() as conn:
        ledger.flow_works(conn, "preview", "11111111-1111-1111-1111-111111111111", host="elsewhere", pid=7)
    looks = Agreement(engine, away)
    assert not looks.look()
    assert not looks.look()
    with engine.connect() as conn:
        assert [(flow.queue_name, flow.disowned) for flow in ledger.beating(conn)] == [("preview", False)]
    away.close()
