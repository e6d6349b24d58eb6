"""Tokens for machines: what their scope says and no more."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select

from db.models import ApiToken, AuditEntry, LibraryRoot, Person, Session
from tests.integration.api.access.person import audit, refusal, shown_once, sign_in
from tests.rows import add_folder
from tests.serve import program


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
