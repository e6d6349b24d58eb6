"""Who may what, and who did what."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, text

from db.access import audit as audit_
from db.models import Person
from tests.integration.api.access.person import audit, refusal, shown_once, sign_in
from tests.rows import add_folder, add_job
from tests.serve import program


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
    assert refusal(stranger.post("/settings/folders", data={"path": "/"})) == (403, "forbidden")
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


def test_the_audit_keeps_more_than_a_year(engine, client):
    client.post("/api/jobs/cancel-all")
    client.post("/api/jobs/pause")
    with engine.begin() as conn:
        conn.execute(text("UPDATE audit SET at = now() - interval '401 days' WHERE action = 'cancel'"))
        conn.execute(text("UPDATE audit SET at = now() - interval '399 days' WHERE action = 'pause'"))
        assert audit_.prune(conn) == 1
    assert [action for _, action in audit(engine)] == ["pause"]


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
