"""What is closed to strangers, and what leads round it: nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from db.models import JobRun
from tests.integration.api.access.person import audit, refusal
from tests.rows import add_job
from tests.serve import serving


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/jobs"),
        ("GET", "/api/nothing"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/admin/audit"),
        ("GET", "/assets/videos/1/thumbnail.jpg"),
        ("POST", "/api/jobs/cancel-all"),
        ("PUT", "/api/settings/library"),
    ],
)
def test_a_stranger_is_told_to_sign_in(stranger, method, path):
    answer = stranger.request(method, path)
    assert refusal(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_strangers_button_does_nothing(engine, stranger):
    with engine.begin() as conn:
        job = add_job(conn, "running")
    answer = stranger.post("/do/cancel-running", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert refusal(stranger.post("/do/cancel-running", headers={"Accept": "application/json"}))[0] == 401
    with engine.connect() as conn:
        assert conn.scalar(select(JobRun.cancel_requested_at).where(JobRun.id == job)) is None


def test_a_stranger_sees_what_the_form_needs_and_whether_it_works_at_all(stranger):
    assert stranger.get("/static/app.css").status_code == 200
    assert stranger.get("/health").json() == {"status": "ok"}


def test_health_tells_more_to_who_signed_in(client):
    assert client.get("/health").json().keys() == {"status", "database", "prefect", "workers", "version"}


def test_a_proxys_own_password_does_not_hide_the_session(browser):
    assert browser.get("/api/jobs", headers={"Authorization": "Basic YWRtaW46YWRtaW4="}).status_code == 200


def test_a_session_that_does_not_say_which_page_it_acts_for_can_change_nothing(engine, browser):
    with engine.begin() as conn:
        job = add_job(conn, "running")
    del browser.headers["origin"]
    assert refusal(browser.post("/api/jobs/cancel-all")) == (403, "forbidden")
    assert refusal(browser.post("/do/cancel-running")) == (403, "forbidden")
    with engine.connect() as conn:
        assert conn.scalar(select(JobRun.cancel_requested_at).where(JobRun.id == job)) is None
    own = {"Sec-Fetch-Site": "same-origin"}
    assert browser.post("/api/jobs/cancel-all", headers=own).status_code == 200


def test_without_a_login_this_machine_does_all_and_the_page_says_so(engine):
    with serving(engine, login=False) as (url, _), httpx.Client(base_url=url, timeout=60) as anybody:
        assert anybody.post("/api/jobs/cancel-all").status_code == 200
        assert "No login: everybody on this machine may use this page." in anybody.get("/").text
        assert refusal(anybody.get("/", headers={"Host": "nas.example"})) == (400, "bad_host")
        assert refusal(anybody.post("/api/jobs/cancel-all", headers={"Origin": "http://evil.example"}))[0] == 403
    assert audit(engine) == [("anybody", "cancel")]


@pytest.mark.parametrize("path", ["/login", "/api/collections"])
def test_more_than_anybody_needs_to_send_is_refused(client, path):
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    headers = {"Content-Type": "application/x-www-form-urlencoded" if path == "/login" else "application/json"}
    assert refusal(client.post(path, content=endless(), headers=headers)) == (413, "too_large")


@pytest.mark.parametrize(
    "host", ["127.0.0.1/static/#", "127.0.0.1/static/?", "127.0.0.1/login#", "x@127.0.0.1/health?"]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/jobs"), ("POST", "/api/jobs/cancel-all"), ("GET", "/")])
def test_no_address_is_hidden_in_the_name_of_the_host(stranger, host, method, path):
    assert stranger.request(method, path, headers={"Host": host}).status_code in (400, 401, 303)


@pytest.mark.parametrize(
    "path",
    [
        "/login%3F/../api/jobs",
        "/static/../api/jobs",
        "/static/%2e%2e/api/jobs",
        "//api/jobs",
        "/login/../api/jobs",
        "/static",
    ],
)
def test_no_way_round_leads_in(served, path):
    host, port = served[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 20) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b"")).decode()
    assert answer.split()[1] in ("303", "404", "401")
    assert "activeJobs" not in answer
