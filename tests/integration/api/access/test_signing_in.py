"""Who signs in, from where, how often, and for how long."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import create_engine, select, text

from db.access import attempts
from db.access import sign_in as sign_in_
from db.access.attempts import TooManyError
from db.models import AuditEntry, Session
from tests.integration.api.access.person import PASSWORD, audit, refusal, sign_in

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"


@pytest.mark.parametrize(
    ("path", "form"),
    [("/", "/login"), ("/libraries", "/login?next=/libraries"), ("/x?a=1&b=2", "/login?next=/x%3Fa%3D1%26b%3D2")],
)
def test_a_strangers_page_is_the_form_and_then_the_page(stranger, ann, path, form):
    answer = stranger.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, form)
    assert 'name="password"' in stranger.get(form).text
    assert sign_in(stranger, next=path).headers["location"] == path


def test_signing_in_makes_a_cookie_that_scripts_and_other_sites_do_not_get(stranger, ann):
    answer = sign_in(stranger, login=" ANN ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("darkroom_session=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    page = stranger.get("/").text
    assert "Sign out" in page
    assert stranger.get("/login").headers["location"] == "/"


@pytest.mark.parametrize(("login", "password"), [("ann", "wrong"), ("ann", ""), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_login_and_a_wrong_password_are_told_alike(stranger, ann, login, password):
    answer = sign_in(stranger, login, password)
    assert answer.status_code == 401
    assert "There is no such login with this password." in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\r\nb",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(stranger, ann, target):
    assert sign_in(stranger, next=target).headers["location"] == "/"


def test_who_fails_time_and_again_waits_even_with_the_right_password(engine, stranger, ann):
    for _ in range(5):
        assert sign_in(stranger, password="wrong").status_code == 401
    answer = sign_in(stranger)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 15
    assert "Too many failed attempts." in answer.text
    # an unknown login counts the same
    assert [sign_in(stranger, "nobody").status_code for _ in range(6)] == [401] * 5 + [429]
    with engine.begin() as conn:
        conn.execute(text("UPDATE login_attempts SET free_at = now()"))
    assert sign_in(stranger, password="wrong").status_code == 401
    assert 16 <= int(sign_in(stranger).headers["retry-after"]) <= 30
    with engine.begin() as conn:
        conn.execute(text("UPDATE login_attempts SET free_at = now()"))
    assert sign_in(stranger).status_code == 303
    assert [sign_in(stranger, password="wrong").status_code for _ in range(2)] == [401, 401]


def test_attempts_that_come_together_are_counted_one_by_one(engine, ann):
    def attempt(_: int) -> str | None:
        try:
            return str(sign_in_.sign_in(engine, "ann", "wrong", sign_in_.Visitor("192.0.2.7")))
        except TooManyError:
            return "too many"

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(attempt, range(12))) == {"None": 5, "too many": 7}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_of_ipv6_a_network_counts_as_one_address(engine, one, other, same):
    with engine.begin() as conn:
        for number in range(20):
            attempts.spend(conn, f"login-{number}", one)
        try:
            attempts.spend(conn, "another", other)
            waits = False
        except TooManyError:
            waits = True
    assert waits == same


def test_an_address_that_tries_many_logins_waits_too(stranger):
    tried = [sign_in(stranger, f"name-{number}").status_code for number in range(21)]
    assert tried == [401] * 20 + [429]


def test_each_sign_in_is_a_session_of_its_own_and_the_one_before_ends(engine, stranger, ann):
    sign_in(stranger)
    first = stranger.cookies["darkroom_session"]
    stranger.headers["Sec-Fetch-Site"] = "same-origin"
    sign_in(stranger)
    assert stranger.cookies["darkroom_session"] != first
    stranger.cookies.clear()
    stranger.cookies.set("darkroom_session", first)
    assert stranger.get("/api/jobs").status_code == 401
    with engine.connect() as conn:
        assert len(conn.execute(select(Session.id)).all()) == 1


def test_signing_out_ends_the_session_in_the_database(engine, browser):
    assert browser.get("/api/jobs").status_code == 200
    cookies = dict(browser.cookies)
    answer = browser.post("/logout")
    assert answer.headers["location"] == "/login"
    browser.cookies.update(cookies)
    assert browser.get("/api/jobs").status_code == 401
    with engine.connect() as conn:
        assert conn.execute(select(Session.id)).all() == []


@pytest.mark.parametrize(
    "aged", ["last_seen_at = now() - interval '31 days'", "expires_at = now() - interval '1 second'"]
)
def test_an_old_session_is_over(engine, browser, aged):
    with engine.begin() as conn:
        conn.execute(text(f"UPDATE sessions SET {aged}"))
    assert browser.get("/api/jobs").status_code == 401


def test_a_new_password_ends_the_other_sessions_of_that_person_only(engine, client, served, ann, browser):
    with httpx.Client(base_url=served[0], timeout=60) as other:
        sign_in(other)
        assert other.get("/api/jobs").status_code == 200
        changed = client.put("/api/admin/people/Ann/password", json={"password": "a better password"})
        assert changed.json() == {"login": "Ann", "password": None}
        assert other.get("/api/jobs").status_code == 401
        assert sign_in(other).status_code == 401
        assert sign_in(other, password="a better password").status_code == 303
    assert browser.get("/api/jobs").status_code == 200


def test_signing_in_and_failing_to_are_written_down_without_what_was_typed(engine, stranger, ann):
    sign_in(stranger, "a password typed in the wrong field", "")
    sign_in(stranger, password="wrong")
    sign_in(stranger)
    stranger.post("/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert audit(engine) == [
        ("somebody", "sign-in-refused"),
        ("ann", "sign-in-refused"),
        ("ann", "sign-in"),
        ("ann", "sign-out"),
    ]
    with engine.connect() as conn:
        assert "wrong field" not in str(conn.execute(select(AuditEntry.who, AuditEntry.details)).all())


def test_while_the_database_is_away_only_who_was_in_sees_the_last_numbers(served, browser, stranger):
    assert browser.get("/").status_code == 200
    engine, served[1].state.engine = served[1].state.engine, create_engine(NOWHERE)
    try:
        assert "These numbers are from" in browser.get("/").text
        stranger.cookies.set("darkroom_session", "session_1_anything")
        assert stranger.get("/").status_code == 503
        assert "These numbers are from" not in stranger.get("/").text
        assert refusal(stranger.get("/api/jobs")) == (503, "database_away")
    finally:
        served[1].state.engine.dispose()
        served[1].state.engine = engine


def test_ones_own_password_is_changed_by_who_knows_it(served, stranger, ann):
    stranger.headers["Sec-Fetch-Site"] = "same-origin"
    sign_in(stranger)
    wish = {"so_far": "wrong", "password": "a better password"}
    assert "That is not the password so far." in stranger.post("/access/password", data=wish).text
    short = stranger.post("/access/password", data={"so_far": PASSWORD, "password": "short"}).text
    assert "A password has 10 to 500 characters." in short
    assert "Your password is changed." in stranger.post("/access/password", data=wish | {"so_far": PASSWORD}).text
    assert stranger.get("/api/jobs").status_code == 200
    with httpx.Client(base_url=served[0], timeout=60) as other:
        assert sign_in(other).status_code == 401
        assert sign_in(other, password="a better password").status_code == 303
    for _ in range(5):
        stranger.post("/access/password", data=wish)
    assert "Too many failed attempts." in stranger.post("/access/password", data=wish).text
