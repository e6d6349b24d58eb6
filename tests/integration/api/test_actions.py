"""What a person does through the API happens in the ledger, and the answer says what happened."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from db import ledger
from db.models import JobRun
from tests.rows import add_folder, add_job, add_video, ago


@pytest.fixture
def add(engine):
    def add(*jobs):
        with engine.begin() as conn:
            return [add_job(conn, *job[:2], **(job[2] if len(job) > 2 else {})) for job in jobs]

    return add


@pytest.fixture
def status(engine):
    def status(job_id):
        with engine.connect() as conn:
            return conn.scalar(select(JobRun.status).where(JobRun.id == job_id))

    return status


def error(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_run_enqueues_what_lacks_the_result_and_says_so(engine, client):
    with engine.begin() as conn:
        root = add_folder(conn)
        lacking = [add_video(conn, root), add_video(conn, root)]
        add_video(conn, root, preview_revision=1)
    first = client.post("/api/jobs/queues/preview/run").json()
    assert (first["enqueued"], first["skipped"]) == (2, 0)
    assert first["message"].startswith("Enqueued 2, skipped 0.")
    with engine.connect() as conn:
        rows = conn.execute(select(JobRun.id, JobRun.target_id, JobRun.trigger).order_by(JobRun.id)).all()
    assert [(row.id, int(row.target_id), row.trigger) for row in rows] == [
        (job, video, "manual") for job, video in zip(first["jobIds"], lacking, strict=True)
    ]
    second = client.post("/api/jobs/queues/preview/run").json()
    assert (second["enqueued"], second["skipped"]) == (0, 2)
    assert second["message"].startswith("Enqueued 0, skipped 2 that were already waiting.")


def test_run_with_all_enqueues_what_has_its_result_too(engine, client):
    with engine.begin() as conn:
        add_video(conn, add_folder(conn), preview_revision=1)
    assert client.post("/api/jobs/queues/preview/run").json()["message"].startswith("There are no videos without")
    assert client.post("/api/jobs/queues/preview/run?all=true").json()["enqueued"] == 1


def test_a_library_scan_is_one_job_for_each_kind_of_media_of_each_folder(engine, client):
    with engine.begin() as conn:
        add_folder(conn, "/media/all")
        add_folder(conn, "/media/films", scan_images=False, scan_audio=False)
        add_folder(conn, "/media/pictures", scan_movies=False, scan_series=False, scan_audio=False)
        add_folder(conn, "/media/disabled", enabled=False)
    run = "/api/jobs/queues/{}/run".format
    assert client.post(run("gallery-scan")).json()["message"].startswith("Enqueued 2, skipped 0.")
    assert client.post(run("library-scan")).json()["message"].startswith("Enqueued 3, skipped 2 that were")
    assert client.post(run("audio-scan")).json()["message"].startswith("Enqueued 0, skipped 1 that were")
    jobs = client.get("/api/jobs/search").json()["jobs"]
    assert sorted((job["targetLabel"], job["queueName"]) for job in jobs) == [
        ("/media/all", "audio-scan"),
        ("/media/all", "gallery-scan"),
        ("/media/all", "library-scan"),
        ("/media/films", "library-scan"),
        ("/media/pictures", "gallery-scan"),
    ]


def test_what_is_enqueued_while_prefect_is_away_is_kept_and_the_answer_says_so(engine, client):
    with engine.begin() as conn:
        add_folder(conn)
    answer = client.post("/api/jobs/queues/library-scan/run")
    assert answer.status_code == 200
    assert answer.json()["started"] is False
    assert answer.json()["message"].endswith("Prefect does not answer yet; the work starts when it does.")
    assert client.get("/api/jobs").json()["stats"]["backlog"] == 3


def test_cancelling_a_queue_ends_what_waits_and_asks_what_runs_to_stop(client, add, status):
    waiting, running, other = add(("queued", "preview"), ("running", "preview"), ("queued", "fingerprint"))
    answer = client.post("/api/jobs/queues/preview/cancel").json()
    assert (answer["cancelled"], answer["cancelling"]) == (1, 1)
    assert answer["message"] == "Cancelled 1 job that waited. 1 running job is being stopped."
    assert [status(job) for job in (waiting, running, other)] == ["cancelled", "running", "queued"]
    assert client.get(f"/api/jobs/{running}").json()["state"] == "cancelling"


def test_one_job_is_cancelled_and_a_second_time_is_a_conflict(client, add, status):
    waiting, running = add(("queued", "preview"), ("running", "preview"))
    assert client.post(f"/api/jobs/{waiting}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/api/jobs/{running}/cancel").json()["state"] == "cancelling"
    assert status(waiting) == "cancelled"
    assert error(client.post(f"/api/jobs/{waiting}/cancel")) == (409, "conflict")


def test_cancel_all_takes_everything_or_only_what_runs(client, add, status):
    waiting, _ = add(("queued", "preview"), ("running", "fingerprint"))
    assert client.post("/api/jobs/cancel-all?which=running").json()["cancelling"] == 1
    assert status(waiting) == "queued"
    assert client.post("/api/jobs/cancel-all").json() == {
        "queueName": None,
        "cancelled": 1,
        "cancelling": 1,
        "message": "Cancelled 1 job that waited. 1 running job is being stopped.",
    }
    assert status(waiting) == "cancelled"


def test_clearing_takes_jobs_off_the_list_and_keeps_their_rows(engine, client, add):
    failed, cancelled, other = add(("failed", "preview"), ("cancelled", "preview"), ("failed", "fingerprint"))
    answer = client.post("/api/jobs/acknowledge-failed", json={"queueName": "preview"}).json()
    assert answer.pop("undo")
    assert answer == {"cleared": 2, "message": "Cleared 2 jobs. Their errors are kept."}
    assert [job["id"] for job in client.get("/api/jobs").json()["failedJobs"]] == [other]
    with engine.connect() as conn:
        kept = conn.execute(select(JobRun.status, JobRun.error).where(JobRun.id.in_((failed, cancelled)))).all()
    assert sorted(kept) == [("cancelled", "Cancelled."), ("failed", "It failed.")]


@pytest.mark.parametrize(
    ("which", "left"),
    [
        ({}, set()),
        ({"status": "cancelled"}, {"bad", "worse", "other"}),
        ({"kind": "Bad"}, {"gone", "other"}),
        ({"kind": "Bad", "queueName": "preview"}, {"gone", "other", "worse"}),
        ({"kind": "unheard of"}, {"bad", "worse", "other", "gone"}),
        ({"jobIds": []}, {"bad", "worse", "other", "gone"}),
    ],
)
def test_exactly_what_is_named_is_cleared(client, add, which, left):
    names = ("bad", "worse", "other", "gone")
    ids = add(
        ("failed", "preview", {"error": "Bad"}),
        ("failed", "fingerprint", {"error": "Bad"}),
        ("failed", "preview", {"error": "Other"}),
        ("cancelled", "preview"),
    )
    client.post("/api/jobs/acknowledge-failed", json=which).raise_for_status()
    there = {job["id"] for job in client.get("/api/jobs").json()["failedJobs"]}
    assert {name for name, job in zip(names, ids, strict=True) if job in there} == left


def test_retrying_all_failures_leaves_what_was_cancelled(client, add, status):
    failed, cancelled = add(("failed", "preview"), ("cancelled", "preview"))
    assert client.post("/api/jobs/retry-failed").json()["retried"] == 1
    assert [status(job) for job in (failed, cancelled)] == ["queued", "cancelled"]
    assert client.post("/api/jobs/retry-failed", json={"status": "cancelled"}).json()["retried"] == 1


def test_one_job_is_retried_unless_it_has_not_ended(client, add, status):
    failed, waiting = add(("failed", "preview"), ("queued", "preview"))
    assert client.post(f"/api/jobs/{failed}/retry").json()["retried"] == 1
    assert status(failed) == "queued"
    assert error(client.post(f"/api/jobs/{waiting}/retry")) == (409, "conflict")


def test_search_filters_and_pages_without_losing_or_repeating_a_job(client, add):
    ids = add(*[("failed", "preview")] * 7, ("failed", "fingerprint"), ("completed", "preview"))
    found, before = [], ""
    while True:
        page = client.get(f"/api/jobs/search?queue=preview&status=failed&limit=3{before}").json()
        found += [job["id"] for job in page["jobs"]]
        if page["nextBefore"] is None:
            break
        before = f"&before={page['nextBefore']}"
    assert found == sorted(ids[:7], reverse=True)


def test_search_knows_the_derived_states(client, add):
    delayed, stuck, cancelling, _ = add(
        ("queued", "preview", {"run_at": ago(-60)}),
        ("running", "preview", {"lease_expires_at": ago(1)}),
        ("running", "preview", {"cancel_requested_at": ago(1)}),
        ("queued", "preview"),
    )
    found = {
        state: [job["id"] for job in client.get(f"/api/jobs/search?status={state}").json()["jobs"]]
        for state in ("delayed", "stuck", "cancelling")
    }
    assert found == {"delayed": [delayed], "stuck": [stuck], "cancelling": [cancelling]}


def test_the_story_of_a_job_is_told_in_order(engine, client, add):
    (job,) = add(("failed", "preview"))
    with engine.begin() as conn:
        lines = [ledger.Event(job, 1, "warn", "preview", f"line {number}", {"n": number}) for number in range(3)]
        ledger.add_events(conn, lines)
    told = client.get(f"/api/jobs/{job}/events").json()["events"]
    assert [(event["message"], event["level"], event["metadata"]) for event in told] == [
        (f"line {number}", "warn", {"n": number}) for number in range(3)
    ]
    rest = client.get(f"/api/jobs/{job}/events?after={told[0]['id']}").json()["events"]
    assert [event["message"] for event in rest] == ["line 1", "line 2"]


def test_a_chain_counts_a_job_and_all_that_it_led_to(client, add):
    (scan,) = add(("completed", "library-scan", {"result": {"skipped": 4}}))
    running, _, _, _ = add(
        ("running", "preview", {"origin_id": scan}),
        ("failed", "media-probe", {"origin_id": scan, "error": "Bad", "target_label": "/x"}),
        ("completed", "media-probe", {"origin_id": scan}),
        ("completed", "media-probe"),
    )
    chain = client.get(f"/api/jobs/{scan}/chain").json()
    assert (chain["finished"], chain["pending"], chain["running"]) == (False, 0, 1)
    assert (chain["enqueued"], chain["skipped"]) == (3, 4)
    assert chain["queues"]["media-probe"] == {
        "queued": 0,
        "running": 0,
        "completed": 1,
        "failed": 1,
        "cancelled": 0,
    }
    assert chain["failures"] == [{"queue": "media-probe", "target": "/x", "error": "Bad"}]
    assert 0 <= chain["seconds"] < 60
    client.post(f"/api/jobs/{running}/cancel")


def test_the_chains_of_one_click_are_counted_as_one(client, add):
    video, audio = add(("completed", "library-scan"), ("completed", "audio-scan"))
    add(
        ("completed", "media-probe", {"origin_id": video}),
        ("queued", "audio-probe", {"origin_id": audio}),
        ("queued", "preview"),
    )
    chain = client.get(f"/api/jobs/{video}/chain?also={audio}").json()
    assert (chain["finished"], chain["pending"], chain["enqueued"]) == (False, 1, 2)
    assert set(chain["queues"]) == {"library-scan", "audio-scan", "media-probe", "audio-probe"}
    assert client.get(f"/api/jobs/{video}/chain").json()["finished"] is True


def test_a_chain_is_finished_when_nothing_of_it_waits_or_runs(engine, client, add):
    (scan,) = add(("completed", "library-scan"))
    (last,) = add(("queued", "preview", {"origin_id": scan}))
    assert client.get(f"/api/jobs/{scan}/chain").json()["finished"] is False
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET status = 'completed', finished_at = now() WHERE id = :id"), {"id": last})
    assert client.get(f"/api/jobs/{scan}/chain").json()["finished"] is True


@pytest.mark.parametrize("path", ["", "/events", "/chain"])
def test_an_unknown_job_is_not_found(visitor, path):
    assert error(visitor.get(f"/api/jobs/4711{path}")) == (404, "not_found")


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_nothing_can_be_done_to_an_unknown_job(visitor, verb):
    assert error(visitor.post(f"/api/jobs/4711/{verb}")) == (404, "not_found")


@pytest.mark.parametrize("path", ["queues/nonsense/run", "queues/nonsense/cancel"])
def test_an_unknown_queue_is_not_found(visitor, path):
    assert error(visitor.post(f"/api/jobs/{path}")) == (404, "not_found")


def test_an_unknown_queue_in_a_body_or_a_search_is_not_found(visitor):
    assert error(visitor.post("/api/jobs/acknowledge-failed", json={"queueName": "nonsense"})) == (404, "not_found")
    assert error(visitor.post("/api/jobs/retry-failed", json={"queueName": "nonsense"})) == (404, "not_found")
    assert error(visitor.get("/api/jobs/search?queue=nonsense")) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/jobs/abc", None),
        ("GET", "/api/jobs/0", None),
        ("GET", f"/api/jobs/{2**63}", None),
        ("GET", "/api/jobs/search?limit=0", None),
        ("GET", "/api/jobs/search?status=nonsense", None),
        ("POST", "/api/jobs/acknowledge-failed", {"jobids": [1]}),
        ("POST", "/api/jobs/acknowledge-failed", {"jobIds": "all"}),
        ("POST", "/api/jobs/acknowledge-failed", [1]),
        ("POST", "/api/jobs/acknowledge-failed", {"kind": "\0"}),
        ("POST", "/api/jobs/cancel-all?which=some", None),
    ],
)
def test_what_is_malformed_is_refused_in_one_sentence(visitor, method, path, body):
    answer = visitor.request(method, path, json=body)
    assert error(answer) == (422, "invalid")
    assert answer.json()["error"]["message"].endswith(".")


def test_what_the_filters_find_is_acted_on_only_as_far_as_it_was_seen(engine, client):
    with engine.begin() as conn:
        jobs = [add_job(conn, "failed", "preview") for _ in range(2)]
    wish = {"query": "queue=preview&status=failed"}
    answer = client.post("/do/retry-found", data=wish | {"seen": 3}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        409,
        "2 jobs match now, not 3: nothing was done. Look again.",
    )
    answer = client.post("/do/retry-found", data=wish | {"seen": 2}, headers={"Accept": "application/json"})
    assert answer.json()["retried"] == len(jobs)
