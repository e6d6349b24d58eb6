"""Who is refused, and that nothing leaks."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from sqlalchemy import create_engine, select, text

from db import dashboard, ledger
from db.models import JobRun
from flows.queues import BY_NAME
from tests.rows import add_folder, add_job
from tests.serve import serving

HOSTILE = "/media/\"><script>alert(1)</script>'\n&amp;\u202egpj.mkv"


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7600", "localhost.evil.example", "169.254.169.254"])
def test_another_name_is_not_answered(visitor, host):
    assert refusal(visitor.get("/api/jobs", headers={"Host": host})) == (400, "bad_host")


@pytest.mark.parametrize("host", ["localhost:7600", "127.0.0.1", "[::1]:7600"])
def test_this_machine_is_answered(visitor, host):
    assert visitor.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/jobs/cancel-all"), ("POST", "/do/cancel-running"), ("PUT", "/api/settings/library")],
)
def test_another_sites_page_can_change_nothing(engine, client, headers, method, path):
    with engine.begin() as conn:
        job = add_job(conn, "running")
    assert refusal(client.request(method, path, headers=headers)) == (403, "forbidden")
    with engine.connect() as conn:
        assert conn.scalar(select(JobRun.cancel_requested_at).where(JobRun.id == job)) is None


def test_our_own_page_may_act(served, client):
    own = {"Sec-Fetch-Site": "same-origin", "Origin": served[0]}
    assert client.post("/api/jobs/cancel-all", headers=own).status_code == 200


@pytest.mark.parametrize("path", ["/", "/libraries", "/api/jobs", "/static/app.css", "/nothing", "/health"])
def test_every_answer_carries_the_security_headers(visitor, path):
    headers = visitor.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_the_pages_own_files_stay_in_the_browser_and_everything_else_does_not(visitor):
    assert "immutable" in visitor.get("/static/app.css?v=1").headers["cache-control"]
    module = visitor.get("/static/act.js")
    assert module.headers["cache-control"] == "no-cache"
    again = visitor.get("/static/act.js", headers={"If-None-Match": module.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")
    for path in ("/", "/api/jobs", "/access", "/login", "/static/nothing.js?v=1"):
        assert visitor.get(path).headers["cache-control"] == "no-store"


def test_a_hostile_file_name_is_only_text(engine, client):
    with engine.begin() as conn:
        add_folder(conn, label=HOSTILE)
        for status in ("running", "failed", "cancelled", "completed"):
            add_job(conn, status, target_label=HOSTILE, **({"error": HOSTILE} if status == "failed" else {}))
    for path in ("/", "/live", "/libraries"):
        page = client.get(path).text
        assert "<script>alert" not in page
        # The tool's own words are shown and copied as they are, shown in a box that keeps their direction to itself.
        assert "\u202e" not in re.sub('<pre.*?</pre>|data-text="[^"]*"', "", page, flags=re.DOTALL)
    assert client.get("/api/jobs").json()["activeJobs"][0]["targetLabel"] == HOSTILE


def test_no_page_has_script_or_style_of_its_own(visitor):
    for path in ("/", "/libraries", "/live"):
        page = visitor.get(path).text
        assert "<style" not in page
        assert "style=" not in page
        assert "onclick" not in page
        assert all('src="/static/' in part[:60] for part in page.split("<script")[1:])


@pytest.mark.parametrize(
    ("method", "path", "status", "accept"),
    [
        ("GET", "/nothing", 404, "*/*"),
        ("GET", "/api/nothing", 404, "*/*"),
        ("GET", "/api/nothing", 404, "text/html"),
        ("GET", "/assets/videos/1/nothing", 404, "text/html"),
        ("DELETE", "/api/jobs", 405, "*/*"),
        ("POST", "/do/nothing", 404, "application/json"),
    ],
)
def test_every_error_has_the_one_shape(visitor, method, path, status, accept):
    answer = visitor.request(method, path, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.json().keys() == {"error"}
    assert answer.json()["error"].keys() == {"code", "message"}


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/nothing", "There is nothing at this address."),
        ("GET", "/jobs/4711", "There is no job 4711."),
        ("POST", "/do/nothing", "There is no such button."),
    ],
)
def test_who_looks_at_a_page_is_told_on_a_page(visitor, method, path, sentence):
    answer = visitor.request(method, path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert sentence in answer.text


def test_an_unexpected_error_tells_nothing_of_the_inside(visitor, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the inside")

    monkeypatch.setattr(dashboard, "snapshot", fail)
    answer = visitor.get("/api/jobs")
    assert refusal(answer) == (500, "internal")
    assert "inside" not in answer.text


def test_without_a_database_the_page_says_so_and_health_is_503():
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    shows = {"Authorization": "Bearer darkroom_1_anything"}
    with serving(engine) as (url, _), httpx.Client(base_url=url, headers=shows) as client:
        assert refusal(client.get("/api/jobs")) == (503, "database_away")
        health = client.get("/health")
        assert (health.status_code, health.json()) == (503, {"status": "unavailable"})
        page = client.get("/")
        assert page.status_code == 503
        assert "The database does not answer" in page.text
    engine.dispose()


def test_when_the_database_goes_the_last_numbers_stay_with_their_age(engine, served, client):
    with engine.begin() as conn:
        add_job(conn, "failed")
    assert 'id="stat-failures">1<' in client.get("/").text
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    served[1].state.engine = away
    page = client.get("/").text
    assert 'id="stat-failures">1<' in page
    assert "These numbers are from" in page
    served[1].state.engine = engine
    assert "These numbers are from" not in client.get("/").text
    away.dispose()


def test_the_whole_page_is_small(engine, client):
    with engine.begin() as conn:
        for status in ("failed", "completed", "running", "cancelled"):
            for _ in range(50):
                add_job(conn, status, target_label="/media/videos/" + "a long name " * 8)
    paths = ("/", "/static/app.css", "/static/app.js", "/static/act.js", "/static/morph.js", "/static/mark.svg")
    sent = [client.get(path, headers={"Accept-Encoding": "identity"}) for path in paths[1:]]
    with client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as answer:
        page = sum(len(part) for part in answer.iter_raw())
    assert sum(len(answer.content) for answer in sent) + page < 100_000


def test_the_openapi_document_names_every_address(visitor):
    document = json.loads(visitor.get("/api/openapi.json").text)
    assert {"/api/jobs", "/api/jobs/search", "/api/jobs/queues/{queue}/run", "/health"} <= document["paths"].keys()
    assert "/do/{verb}" not in document["paths"]


def test_a_secret_in_a_jobs_words_is_neither_kept_nor_shown(engine, client):
    link = "https://indexer.example/dl?apikey=s3cret&id=1"
    with engine.begin() as conn:
        ledger.enqueue(
            conn, [ledger.FollowUp("preview", "1", "a", payload={"url": link})], trigger="manual", priority=1
        )
        (job,) = ledger.claim(conn, BY_NAME["preview"], "slot")
        ledger.start(conn, job.id, "slot")
        ledger.add_events(conn, [ledger.Event(job.id, 1, "warn", "preview", f"GET {link}: 500", {"token": "s3cret"})])
        ledger.settle(conn, "slot", [ledger.Outcome(job.id, "failed", error=f"GET {link}: 500", result={"from": link})])
    assert job.payload == {"url": link}
    for path in (f"/api/jobs/{job.id}", f"/api/jobs/{job.id}/events", f"/jobs/{job.id}", "/", "/logs"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "s3cret" not in answer.text
    assert client.get(f"/api/jobs/{job.id}").json()["error"] == "GET https://indexer.example/dl?apikey=…&id=1: 500"
    with engine.connect() as conn:
        kept = conn.execute(text("SELECT error FROM job_runs UNION ALL SELECT e::text FROM job_events e")).all()
    assert "s3cret" not in str(kept)
