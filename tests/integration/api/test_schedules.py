"""What runs by the clock, on a real Prefect server: edited here it is Prefect's, and edited there it shows here."""

from __future__ import annotations

import pytest

from db import ledger, library_settings
from tests.rows import add_folder, add_video
from tests.serve import program, serving

JOBS = "/api/admin/jobs"


@pytest.fixture
def client(engine, deployed):
    with serving(engine, deployed["PREFECT_API_URL"]) as (url, _), program(engine, url, timeout=60) as client:
        yield client


@pytest.fixture
def added(client):
    """A schedule of the previews' own, gone afterwards."""
    made = client.post(JOBS, json={"type": "preview", "schedule": "0 3 * * *"})
    assert made.status_code == 201, made.text
    yield made.json()
    client.delete(f"{JOBS}/{made.json()['id']}")


def listed(client) -> dict[str, dict]:
    return {job["id"]: job for job in client.get(JOBS).json()["jobs"]}


def test_a_schedule_is_made_shown_in_words_changed_and_removed_in_prefect(client, api, added):
    assert (added["words"], added["enabled"], added["minutes"]) == ("At 03:00, UTC time", True, None)
    changed = client.put(f"{JOBS}/{added['id']}", json={"minutes": 90, "enabled": True}).json()
    assert (changed["words"], changed["schedule"]) == ("Every 90 minutes", None)
    assert changed["nextRuns"]
    there = api.get("deployments/name/preview/preview")["schedules"]
    assert [(each["id"], each["schedule"]["interval"]) for each in there] == [(added["id"], 5400)]
    assert client.delete(f"{JOBS}/{added['id']}").status_code == 204
    assert api.get("deployments/name/preview/preview")["schedules"] == []


def test_what_becomes_of_missed_runs_is_said_and_chosen(engine, client, added):
    assert added["missed"] == "once"
    assert "are made up once: the first late run does what all of them would have done" in client.get("/schedules").text
    changed = client.put(f"{JOBS}/{added['id']}", json={"missed": "skip"}).json()
    assert (changed["missed"], changed["words"]) == ("skip", "At 03:00, UTC time")
    assert client.put(f"{JOBS}/{added['id']}", json={"enabled": False}).json()["missed"] == "skip"
    form = {"kind": "cron", "cron": "0 3 * * *", "active": "true", "missed": "once"}
    assert client.post(f"/schedules/{added['id']}", data=form).status_code == 303
    assert listed(client)[added["id"]]["missed"] == "once"
    assert next(job["missed"] for job in listed(client).values() if job["type"] == "dispatch") is None
    assert client.put(f"{JOBS}/{added['id']}", json={"missed": "twice"}).status_code == 422
    with engine.connect() as conn:
        assert ledger.read_queue_settings(conn) == {}


def test_what_is_edited_in_prefect_shows_here(client, api, added):
    deployment = api.get("deployments/name/preview/preview")["id"]
    body = {"active": False, "schedule": {"cron": "*/5 * * * *", "timezone": "Europe/Berlin"}}
    api.client.patch(f"deployments/{deployment}/schedules/{added['id']}", json=body).raise_for_status()
    shown = listed(client)[added["id"]]
    assert (shown["enabled"], shown["words"]) == (False, "Every 5 minutes, Europe/Berlin time")
    assert shown["nextRuns"] == []


def test_a_cron_that_is_none_is_refused_and_changes_nothing(client, added):
    for wrong in ("0 3 * *", "61 * * * *", "soon", "@daily"):
        answer = client.put(f"{JOBS}/{added['id']}", json={"schedule": wrong})
        assert (answer.status_code, "five fields of cron" in answer.json()["error"]["message"]) == (422, True), wrong
    assert listed(client)[added["id"]]["schedule"] == "0 3 * * *"
    assert client.put(f"{JOBS}/nonsense", json={"enabled": False}).status_code == 404
    assert client.post(JOBS, json={"type": "nonsense", "minutes": 5}).status_code == 404


def test_the_schedule_of_scans_is_the_settings(engine, client):
    scans = next(job for job in listed(client).values() if job["type"] == "library-scan")
    client.put(f"{JOBS}/{scans['id']}", json={"minutes": 45, "enabled": True})
    with engine.connect() as conn:
        settings = library_settings.read(conn)
    assert (settings.auto_scan_enabled, settings.scan_interval_minutes) == (True, 45)
    assert client.put(f"{JOBS}/{scans['id']}", json={"schedule": "0 3 * * *"}).status_code == 422
    client.put("/api/settings/library", json={"autoScanEnabled": False, "scanIntervalMinutes": 60})


def test_dispatch_is_shown_and_left_alone(client):
    dispatch = next(job for job in listed(client).values() if job["type"] == "dispatch")
    assert (dispatch["editable"], dispatch["words"]) == (False, "Every minute")
    assert client.delete(f"{JOBS}/{dispatch['id']}").status_code == 422


def test_triggering_enqueues_now_and_its_jobs_can_be_polled(engine, client, added):
    with engine.begin() as conn:
        add_video(conn, add_folder(conn))
    told = client.post(f"{JOBS}/{added['id']}/trigger").json()
    assert told["enqueued"] == 1
    status = client.get(f"/api/admin/job-status/{told['jobIds'][0]}").json()
    assert (status["status"], status["type"], status["attempts"]) == ("pending", "preview", 0)
    client.post("/api/jobs/cancel-all")


def test_without_prefect_the_page_says_so_and_the_api_is_unavailable(engine):
    with serving(engine) as (url, _), program(engine, url, timeout=60) as client:
        assert client.get(JOBS).json()["error"]["code"] == "prefect_away"
        assert "Prefect does not answer" in client.get("/schedules").text


def test_the_page_edits_a_schedule_without_a_script(client, added):
    saved = client.post(f"/schedules/{added['id']}", data={"kind": "cron", "cron": "30 4 * * 1", "active": "true"})
    assert saved.status_code == 303
    assert listed(client)[added["id"]]["words"] == "At 04:30, only on Monday, UTC time"
    page = client.get("/schedules").text
    assert "At 04:30, only on Monday" in page
    assert "Saved." in page
    refused = client.post(f"/schedules/{added['id']}", data={"kind": "cron", "cron": "30 4 * *", "active": "true"})
    assert refused.status_code == 422
    assert 'value="30 4 * *" placeholder="0 3 * * *" aria-invalid="true"' in refused.text
    assert listed(client)[added["id"]]["words"] == "At 04:30, only on Monday, UTC time"
