"""Who is let in, and what each may."""

from __future__ import annotations

import logging
import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import create_engine, select, text

from db.access import attempts, people
from db.access import audit as audit_
from db.access import sign_in as sign_in_
from db.access.attempts import TooManyError
from db.models import ApiToken, AuditEntry, JobRun, LibraryRoot, Person, Session
from tests.rows import add_folder, add_job
from tests.serve import program, serving, session

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"
PASSWORD = "correct horse battery"


@pytest.fixture
def ann(engine) -> str:
    with engine.begin() as conn:
        people.add(conn, "ann", PASSWORD, "admin")
    return "ann"


@pytest.fixture
def browser(engine, served) -> Iterator[httpx.Client]:
    """A browser in which somebody is signed in, on a page of ours."""
    cookie = session(engine)
    headers = {"Origin": served[0], "Accept": "text/html"}
    with httpx.Client(
        base_url=served[0], headers=headers, cookies={cookie["name"]: cookie["value"]}, timeout=20
    ) as browser:
        yield browser


def sign_in(client: httpx.Client, login: str = "ann", password: str = PASSWORD, **more: str) -> httpx.Response:
    return client.post("/login", data={"login": login, "password": password, **more})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def audit(engine) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(select(AuditEntry.who, AuditEntry.action).order_by(AuditEntry.id))]


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


@pytest.mark.parametrize(
    ("path", "form"),
    [("/", "/login"), ("/libraries", "/login?next=/libraries"), ("/x?a=1&b=2", "/login?next=/x%3Fa%3D1%26b%3D2")],
)
def test_a_strangers_page_is_the_form_and_then_the_page(stranger, ann, path, form):
    answer = stranger.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, form)
    assert 'name="password"' in stranger.get(form).text
    assert sign_in(stranger, next=path).headers["location"] == path


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


@pytest.mark.parametrize(
    "shows",
    [
        "Bearer",
        "Bearer x",
        "Bearer darkroom_1_",
        "Bearer darkroom_99999999999999999999_x",
        "Bearer session_1_x",
        "Basic YWRtaW46",
    ],
)
def test_what_is_no_token_opens_nothing(stranger, client, shows):
    assert stranger.get("/api/jobs", headers={"Authorization": shows}).status_code == 401


def test_a_token_with_another_secret_or_another_id_opens_nothing(client, stranger):
    good = client.headers["authorization"]
    other = client.post("/api/admin/tokens", json={"name": "other", "scope": "admin"}).json()["token"]
    _, number, _ = other.split("_", 2)
    for shows in (good[:-1], good + "x", "Bearer darkroom_" + number + "_" + good.split("_", 2)[2]):
        assert stranger.get("/api/jobs", headers={"Authorization": shows}).status_code == 401
    assert stranger.get("/api/jobs", headers={"Authorization": good}).status_code == 200


def test_a_proxys_own_password_does_not_hide_the_session(browser):
    assert browser.get("/api/jobs", headers={"Authorization": "Basic YWRtaW46YWRtaW4="}).status_code == 200


@pytest.mark.parametrize(
    ("scope", "reads", "operates", "administers"),
    [("read", 200, 403, 403), ("operate", 200, 200, 403), ("admin", 200, 200, 200)],
)
def test_a_token_does_what_its_scope_says(engine, served, scope, reads, operates, administers):
    with engine.begin() as conn:
        folder = add_folder(conn)
    with program(engine, served[0], scope) as client:
        assert client.get("/api/jobs").status_code == reads
        assert client.post("/api/jobs/cancel-all").status_code == operates
        assert client.put("/api/settings/library", json={"trickplayQuality": 3}).status_code == administers
        assert client.get("/api/admin/audit").status_code == administers
        assert client.post("/do/cancel-running").status_code == (303 if operates == 200 else 403)
        refused = client.delete(f"/api/libraries/{folder}")
    assert refused.status_code == (204 if administers == 200 else 403)
    with engine.connect() as conn:
        assert (conn.scalar(select(LibraryRoot.id)) is None) == (administers == 200)
    if scope == "read":
        assert refused.json()["error"] == {
            "code": "forbidden",
            "message": "This needs the scope admin; what was shown is good for read.",
        }


def test_a_revoked_token_opens_nothing_from_then_on(client, stranger):
    made = client.post("/api/admin/tokens", json={"name": "backup", "scope": "read"})
    assert made.status_code == 201
    shows = {"Authorization": f"Bearer {made.json()['token']}"}
    assert stranger.get("/api/jobs", headers=shows).status_code == 200
    listed = {token["name"]: token for token in client.get("/api/admin/tokens").json()["tokens"]}
    assert listed["backup"]["lastUsedAt"] is not None
    assert client.delete(f"/api/admin/tokens/{listed['backup']['id']}").status_code == 204
    assert stranger.get("/api/jobs", headers=shows).status_code == 401
    assert refusal(client.delete(f"/api/admin/tokens/{listed['backup']['id']}")) == (404, "not_found")


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


def test_no_secret_is_stored_logged_or_shown_twice(engine, client, stranger, caplog):
    caplog.set_level(logging.DEBUG)
    made = client.post("/api/admin/people", json={"login": "ben", "scope": "read"}).json()
    token = client.post("/api/admin/tokens", json={"name": "t", "scope": "read"}).json()["token"]
    sign_in(stranger, "ben", made["password"])
    cookie = stranger.cookies["darkroom_session"]
    shown = [sign_in(stranger, "ben", "a wrong password").text, stranger.get("/").text]
    shown += [client.get(f"/api/admin/{what}").text for what in ("people", "tokens", "audit")]
    shown += [stranger.get("/api/jobs", headers={"Authorization": f"Bearer {token}x"}).text]
    shown += [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    with engine.connect() as conn:
        for table in (Person, Session, ApiToken, AuditEntry):
            shown += [str(row) for row in conn.execute(select(table.__table__))]
    for secret in (made["password"], token.split("_", 2)[2], cookie.split("_", 2)[2], "a wrong password"):
        assert not [text for text in shown if secret in text]


def test_a_new_password_ends_the_other_sessions_of_that_person_only(engine, client, served, ann, browser):
    with httpx.Client(base_url=served[0], timeout=20) as other:
        sign_in(other)
        assert other.get("/api/jobs").status_code == 200
        changed = client.put("/api/admin/people/Ann/password", json={"password": "a better password"})
        assert changed.json() == {"login": "Ann", "password": None}
        assert other.get("/api/jobs").status_code == 401
        assert sign_in(other).status_code == 401
        assert sign_in(other, password="a better password").status_code == 303
    assert browser.get("/api/jobs").status_code == 200


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"login": "Ann"}, "There is a login Ann already."),
        ({"login": "two words"}, "A login has 1 to 100 characters, no space and no slash."),
        ({"login": "ben", "password": "short"}, "A password has 10 to 500 characters."),
    ],
)
def test_a_login_that_cannot_be_is_refused_with_a_sentence(client, ann, body, sentence):
    answer = client.post("/api/admin/people", json={"scope": "read"} | body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, sentence)


def test_the_last_administrator_stays_one(client, ann):
    client.post("/api/admin/people", json={"login": "ben", "scope": "operate"})
    sentence = "ann is the only administrator and stays; make another first."
    assert client.delete("/api/admin/people/ann").json()["error"]["message"] == sentence
    assert client.patch("/api/admin/people/ann", json={"scope": "operate"}).status_code == 422
    assert client.patch("/api/admin/people/ben", json={"scope": "admin"}).status_code == 204
    assert client.patch("/api/admin/people/ann", json={"scope": "read"}).status_code == 204
    assert client.delete("/api/admin/people/ben").status_code == 422
    assert client.delete("/api/admin/people/ann").status_code == 204
    people = client.get("/api/admin/people").json()["people"]
    assert [(one["login"], one["scope"]) for one in people] == [("ben", "admin")]


def test_who_may_only_look_is_refused_what_changes_something_from_the_next_click_on(client, ann, stranger):
    sign_in(stranger)
    stranger.headers["Sec-Fetch-Site"] = "same-origin"
    client.post("/api/admin/people", json={"login": "ben", "scope": "admin"})
    client.patch("/api/admin/people/ann", json={"scope": "operate"})
    assert stranger.post("/api/jobs/cancel-all").status_code == 200
    assert stranger.post("/do/resume").status_code == 303
    assert refusal(stranger.post("/do/watch", data={"path": "/"})) == (403, "forbidden")
    assert refusal(stranger.put("/api/settings/library", json={})) == (403, "forbidden")
    assert refusal(stranger.get("/api/admin/people")) == (403, "forbidden")
    client.patch("/api/admin/people/ann", json={"scope": "read"})
    assert stranger.get("/api/jobs").status_code == 200
    assert refusal(stranger.post("/api/jobs/cancel-all")) == (403, "forbidden")
    answer = stranger.post("/do/resume")
    assert answer.status_code == 403
    assert answer.json()["error"]["message"].startswith("ann may read; this needs operate.")
    page = stranger.get("/access").text
    assert "Your password" in page
    assert "Who did what" not in page
    assert refusal(stranger.post("/access/people", data={"login": "eve", "scope": "admin"})) == (403, "forbidden")


def test_what_is_done_is_written_down_with_who_did_it(engine, client, browser):
    with engine.begin() as conn:
        job = add_job(conn, "failed")
        folder = add_folder(conn)
    program_name = "token " + client.get("/api/admin/tokens").json()["tokens"][0]["name"]
    person = engine.connect().scalar(select(Person.login))
    assert browser.post("/do/retry-job", data={"job": job}).status_code == 303
    assert client.post(f"/api/jobs/{job}/cancel").status_code == 200
    assert client.post(f"/api/jobs/{job}/cancel").status_code == 409
    assert client.put("/api/settings/library", json={"trickplayQuality": 5}).status_code == 200
    assert client.delete(f"/api/libraries/{folder}").status_code == 204
    first = client.get("/api/admin/audit", params={"limit": 3}).json()
    rest = client.get("/api/admin/audit", params={"before": first["nextBefore"]}).json()
    assert [(entry["who"], entry["action"], entry["details"]) for entry in first["entries"] + rest["entries"]] == [
        (program_name, "DELETE /api/libraries/{library_id}", {"library_id": str(folder)}),
        (program_name, "settings", {"trickplay_quality": 5}),
        (program_name, "cancel", {"job": job}),
        (person, "retry", {"job": job}),
    ]


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


def test_without_a_login_this_machine_does_all_and_the_page_says_so(engine):
    with serving(engine, login=False) as (url, _), httpx.Client(base_url=url) as anybody:
        assert anybody.post("/api/jobs/cancel-all").status_code == 200
        assert "No login: everybody on this machine may use this page." in anybody.get("/").text
        assert refusal(anybody.get("/", headers={"Host": "nas.example"})) == (400, "bad_host")
        assert refusal(anybody.post("/api/jobs/cancel-all", headers={"Origin": "http://evil.example"}))[0] == 403
    assert audit(engine) == [("anybody", "cancel")]


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


def test_the_audit_keeps_more_than_a_year(engine, client):
    client.post("/api/jobs/cancel-all")
    client.post("/api/jobs/pause")
    with engine.begin() as conn:
        conn.execute(text("UPDATE audit SET at = now() - interval '401 days' WHERE action = 'cancel'"))
        conn.execute(text("UPDATE audit SET at = now() - interval '399 days' WHERE action = 'pause'"))
        assert audit_.prune(conn) == 1
    assert [action for _, action in audit(engine)] == ["pause"]


@pytest.mark.parametrize("path", ["/login", "/api/collections"])
def test_more_than_anybody_needs_to_send_is_refused(client, path):
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    headers = {"Content-Type": "application/x-www-form-urlencoded" if path == "/login" else "application/json"}
    assert refusal(client.post(path, content=endless(), headers=headers)) == (413, "too_large")


def shown_once(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    (secret,) = re.findall(r'<code class="secret">([^<]+)</code>', answer.text)
    assert secret not in str(answer.headers)
    return str(secret)


def test_the_page_makes_and_revokes_tokens(engine, browser, stranger):
    token = shown_once(browser.post("/access/tokens", data={"name": "a <b>script</b>", "scope": "read"}))
    assert stranger.get("/api/jobs", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    page = browser.get("/access").text
    assert token not in page
    assert "a &lt;b&gt;script&lt;/b&gt;" in page
    again = browser.post("/access/tokens", data={"name": "A <B>script</B>", "scope": "admin"}).text
    assert "There is a token A &lt;B&gt;script&lt;/B&gt; already." in again
    number = token.split("_")[1]
    assert "good for nothing now" in browser.post(f"/access/tokens/{number}/revoke").text
    assert stranger.get("/api/jobs", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert [action for _, action in audit(engine)] == ["token-add", "token-revoke"]


def test_the_page_lets_people_in_and_out(browser, stranger):
    password = shown_once(browser.post("/access/people", data={"login": "ben@home", "scope": "operate"}))
    assert sign_in(stranger, "ben@home", password).status_code == 303
    stranger.headers["Sec-Fetch-Site"] = "same-origin"
    other = shown_once(browser.post("/access/people/ben%40home/password"))
    assert stranger.get("/api/jobs").status_code == 401
    assert sign_in(stranger, "ben@home", password).status_code == 401
    assert sign_in(stranger, "ben@home", other).status_code == 303
    assert "ben@home may sign in no longer." in browser.post("/access/people/ben%40home/remove").text
    assert stranger.get("/api/jobs").status_code == 401
    assert "no space and no slash" in browser.post("/access/people", data={"login": "a/b", "scope": "read"}).text


def test_ones_own_password_is_changed_by_who_knows_it(served, stranger, ann):
    stranger.headers["Sec-Fetch-Site"] = "same-origin"
    sign_in(stranger)
    wish = {"so_far": "wrong", "password": "a better password"}
    assert "That is not the password so far." in stranger.post("/access/password", data=wish).text
    short = stranger.post("/access/password", data={"so_far": PASSWORD, "password": "short"}).text
    assert "A password has 10 to 500 characters." in short
    assert "Your password is changed." in stranger.post("/access/password", data=wish | {"so_far": PASSWORD}).text
    assert stranger.get("/api/jobs").status_code == 200
    with httpx.Client(base_url=served[0], timeout=20) as other:
        assert sign_in(other).status_code == 401
        assert sign_in(other, password="a better password").status_code == 303
    for _ in range(5):
        stranger.post("/access/password", data=wish)
    assert "Too many failed attempts." in stranger.post("/access/password", data=wish).text


def test_the_page_shows_what_was_done_page_by_page(engine, browser):
    with engine.begin() as conn:
        for number in range(60):
            audit_.record(conn, "ann", "run", {"queue": f"queue-{number}"})
    newest = browser.get("/access").text
    assert "queue queue-59<" in newest
    assert "queue queue-9<" not in newest
    (older,) = re.findall(r'href="(/access\?before=\d+)#audit"', newest)
    assert "queue queue-9<" in browser.get(older).text


@pytest.mark.parametrize("path", ["/api/admin/people", "/settings", "/api/libraries/browse"])
def test_who_may_only_operate_sees_neither_who_may_nor_the_folders_of_the_machine(engine, served, path):
    with program(engine, served[0], "operate") as client:
        assert refusal(client.get(path)) == (403, "forbidden")


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
