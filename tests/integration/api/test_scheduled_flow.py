"""What a scheduled flow run does, in the process that a worker would start for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from db import ledger
from ops_api.auto_scan import QUEUE, AutoScan
from ops_api.prefect import Prefect
from tests.rows import add_folder, add_job, add_settings
from tests.serve import program, serving


def scans(engine):
    with engine.connect() as conn:
        return conn.execute(
            text("SELECT trigger, status FROM job_runs WHERE queue_name = :q ORDER BY id"), {"q": QUEUE}
        ).all()


def late_runs(engine, api):
    """The ids of runs that a schedule wanted hours ago, as they wait after a night without workers."""
    with engine.begin() as conn:
        add_settings(conn, auto_scan_enabled=True)
    asked = Prefect(str(api.client.base_url))
    assert AutoScan(engine, asked).agree()
    asked.close()
    deployment = api.get(f"deployments/name/{QUEUE}/{QUEUE}")["id"]
    now = datetime.now(UTC)
    start, end = (now - timedelta(hours=3)).isoformat(), now.isoformat()
    api.client.post(
        f"deployments/{deployment}/schedule", json={"start_time": start, "end_time": end}
    ).raise_for_status()
    wanted = {"deployment_id": {"any_": [deployment]}, "expected_start_time": {"before_": end}}
    return [run["id"] for run in api.post("flow_runs/filter", flow_runs=wanted, sort="EXPECTED_START_TIME_ASC")]


def test_a_scheduled_run_scans_for_the_schedule_and_a_late_one_does_not_double_it(engine, api, perform):
    with engine.begin() as conn:
        add_folder(conn, "/no/such/folder")
    first, second, *_ = late_runs(engine, api)
    perform(first)
    assert scans(engine) == [("schedule", "failed")]
    assert "This run is late" in perform(second)
    assert scans(engine) == [("schedule", "failed")]
    assert api.state(second) == "COMPLETED"
    perform(api.run(QUEUE))
    assert scans(engine) == [("schedule", "failed"), ("manual", "failed")]


def test_missed_runs_that_are_to_be_left_out_enqueue_nothing_and_what_a_person_starts_does(engine, api, perform):
    with engine.begin() as conn:
        add_folder(conn, "/no/such/folder")
        ledger.change_queue(conn, QUEUE, by="Ada", skip_missed=True)
    first, *_ = late_runs(engine, api)
    assert "This run was missed" in perform(first)
    assert scans(engine) == []
    perform(api.run(QUEUE))
    assert scans(engine) == [("manual", "failed")]


def test_how_the_last_runs_of_a_schedule_went_is_shown(engine, api, deployed, perform):
    first, *_ = late_runs(engine, api)
    perform(first)
    with serving(engine, deployed["PREFECT_API_URL"]) as (url, _), program(engine, url, timeout=60) as client:
        shown = next(job for job in client.get("/api/admin/jobs").json()["jobs"] if job["type"] == QUEUE)
        page = client.get("/schedules").text
    assert shown["recentRuns"][-1]["state"] == "Completed"
    assert shown["recentRuns"][-1]["seconds"] > 0
    assert '<rect class="ok"' in page
    assert "completed, usually in" in page


def test_dispatch_folds_the_counts(engine, api, perform):
    with engine.begin() as conn:
        for _ in range(3):
            add_job(conn, "completed", "preview")
    perform(api.run("dispatch"))
    with engine.connect() as conn:
        rows = conn.execute(text("SELECT queue_name, status, jobs FROM job_totals")).all()
    assert rows == [("preview", "completed", 3)]
