"""Collections over HTTP."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from db import collections
from tests.rows import add_folder, add_video

HTML = {"Accept": "text/html"}
VIDEOS = re.compile(r'href="/library/videos/(\d+)"')
RULES = {"type": "condition", "entityTypes": ["video"], "field": "rating", "operator": "greater_than", "value": 50}


@pytest.fixture
def films(engine):
    with engine.begin() as conn:
        root = add_folder(conn)
        return [add_video(conn, root, rating=rating) for rating in range(10, 101, 10)]


def error(answer, status=422):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]


def refresh(engine, number):
    with engine.begin() as conn:
        collections.refresh(conn, number, seconds=60)


def picks(*ids):
    return {"items": [{"entityType": "video", "entityId": number} for number in ids]}


def test_its_items_are_gone_to_by_page_and_the_list_shows_the_columns_that_are_wanted(client, films, monkeypatch):
    monkeypatch.setattr("ops_api.routers.pages.library.collections.ITEMS", 4)
    made = client.post("/api/collections", json={"name": "All", "mode": "manual"}).json()["id"]
    client.post(f"/api/collections/{made}/items", json=picks(*films))
    page = client.get(f"/library/collections/{made}?page=3", headers=HTML).text
    assert VIDEOS.findall(page) == [str(film) for film in films[8:]]
    assert ('max="3" value="3"' in page, f"/library/collections/{made}/live?page=3" in page) == (True, True)
    first = client.get(f"/library/collections/{made}", headers=HTML).text
    behind = re.search(r'href="([^"]*after=[^"]*)">More', first)
    assert behind
    assert VIDEOS.findall(client.get(behind[1], headers=HTML).text) == [str(film) for film in films[4:8]]
    assert client.get(f"/library/collections/{made}?page=0", headers=HTML).status_code == 422
    every = client.get("/library/collections?columns=added", headers=HTML).text
    assert re.search(r'soft">made \d{4}-\d\d-\d\d</span>', every)
    assert "by hand" not in every


def test_a_collection_is_made_refreshed_read_changed_and_deleted(engine, client, films):
    made = client.post("/api/collections", json={"name": " Best ", "mode": "dynamic", "rules": RULES})
    assert made.status_code == 201
    best = made.json()
    assert (best["name"], best["itemCount"], best["isFresh"], best["rules"]) == ("Best", 0, False, RULES)
    path = f"/api/collections/{best['id']}"

    again = client.post(f"{path}/refresh").json()
    assert (again["queueName"], again["enqueued"], again["skipped"]) == ("collection-refresh", 0, 1)
    refresh(engine, best["id"])
    read = client.get(path).json()
    assert (read["itemCount"], read["isFresh"]) == (5, True)
    assert client.get("/api/collections").json() == {"collections": [read]}

    renamed = client.patch(path, json={"name": "The best"}).json()
    assert (renamed["name"], renamed["isFresh"]) == ("The best", True)
    assert client.patch(path, json={"rules": RULES | {"value": 90}}).json()["isFresh"] is False

    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    job = client.get("/api/jobs/search?queue=collection-refresh").json()["jobs"][0]
    assert (job["targetLabel"], job["status"]) == ("Best", "cancelled")
    with engine.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM videos")) == 10


def test_a_deletion_is_taken_back_for_a_day_with_what_was_picked_by_hand_and_is_still_there(engine, client, films):
    made = client.post("/api/collections", json={"name": "Best", "mode": "hybrid", "rules": RULES}).json()
    path = f"/api/collections/{made['id']}"
    client.post(f"{path}/items", json=picks(films[8], films[9])).raise_for_status()
    client.delete(path).raise_for_status()
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM videos WHERE id = :id"), {"id": films[9]})
    other = client.post("/api/collections", json={"name": "best"}).json()
    assert "There is another collection named Best by now" in error(client.post(f"{path}/restore"))
    client.delete(f"/api/collections/{other['id']}").raise_for_status()
    back = client.post(f"{path}/restore").json()
    assert back == made | {"itemCount": 1, "updatedAt": back["updatedAt"]}
    assert [item["entityId"] for item in client.get(f"{path}/items").json()["items"]] == [films[8]]
    job = client.get("/api/jobs/search?queue=collection-refresh").json()["jobs"][0]
    assert (job["targetId"], job["status"]) == (str(made["id"]), "queued")
    error(client.post(f"{path}/restore"), 404)
    client.delete(path).raise_for_status()
    with engine.begin() as conn:
        conn.execute(text("UPDATE deleted_collections SET deleted_at = now() - interval '25 hours'"))
    error(client.post(f"{path}/restore"), 404)


def test_items_are_read_page_by_page_in_their_order(engine, client, films):
    number = client.post("/api/collections", json={"name": "All", "mode": "manual"}).json()["id"]
    assert client.post(f"/api/collections/{number}/items", json=picks(*reversed(films))).json() == {
        "added": 10,
        "skipped": 0,
    }
    seen, after = [], None
    while True:
        page = client.get(f"/api/collections/{number}/items", params={"limit": 4} | ({"after": after} if after else {}))
        seen += page.json()["items"]
        if (after := page.json()["nextAfter"]) is None:
            break
        # what goes away between two pages moves nobody, be it the place itself
        client.delete(f"/api/collections/{number}/items/{seen[-1]['id']}")
    assert [item["entityId"] for item in seen] == list(reversed(films))
    assert (seen[0]["entityType"], seen[0]["source"], seen[0]["missing"]) == ("video", "manual", False)
    assert seen[0]["title"].startswith("film ")
    assert client.get(f"/api/collections/{number}").json()["itemCount"] == 8


def test_a_hybrid_collection_keeps_what_was_picked_and_only_that_can_be_taken_out(engine, client, films):
    number = client.post("/api/collections", json={"name": "x", "mode": "hybrid", "rules": RULES}).json()["id"]
    refresh(engine, number)
    path = f"/api/collections/{number}/items"
    assert client.post(path, json=picks(films[0], films[9], films[0])).json() == {"added": 1, "skipped": 2}
    found = {item["entityId"]: item for item in client.get(path).json()["items"]}
    assert found[films[9]]["source"] == found[films[0]]["source"] == "manual"
    assert "rules" in error(client.delete(f"{path}/{found[films[8]]['id']}"))
    assert client.delete(f"{path}/{found[films[0]]['id']}").status_code == 204
    assert error(client.delete(f"{path}/{found[films[0]]['id']}"), 404)


def test_what_does_not_exist_cannot_be_picked_and_nothing_is_added(client, films):
    number = client.post("/api/collections", json={"name": "x"}).json()["id"]
    answer = client.post(f"/api/collections/{number}/items", json=picks(films[0], 4711))
    assert error(answer, 404) == "There is no video 4711; nothing was added."
    assert client.get(f"/api/collections/{number}").json()["itemCount"] == 0


def test_a_mode_that_does_not_fit_is_refused_with_what_to_do(engine, client, films):
    number = client.post("/api/collections", json={"name": "x"}).json()["id"]
    path = f"/api/collections/{number}"
    assert "has no rules" in error(client.post(f"{path}/refresh"))
    assert "needs rules" in error(client.patch(path, json={"mode": "dynamic"}))
    assert "no rules" in error(client.patch(path, json={"rules": RULES}))
    client.post(f"{path}/items", json=picks(films[0]))
    assert "picked by hand" in error(client.patch(path, json={"mode": "dynamic", "rules": RULES}))
    assert client.patch(path, json={"mode": "hybrid", "rules": RULES}).status_code == 200
    refresh(engine, number)
    kept = client.patch(path, json={"mode": "manual"}).json()
    assert (kept["rules"], kept["itemCount"]) == (None, 6)
    client.post("/api/collections", json={"name": "y", "mode": "dynamic", "rules": RULES})
    assert "already" in error(client.patch(path, json={"name": "Y"}))
    assert "rules" in error(client.post(f"/api/collections/{number + 1}/items", json=picks(films[0])))


def test_rules_that_are_not_sound_are_refused_with_the_path_to_the_error(visitor):
    rules = {"type": "group", "operator": "and", "children": [RULES | {"field": "ratting"}]}
    for answer in (
        visitor.post("/api/collections", json={"name": "x", "mode": "dynamic", "rules": rules}),
        visitor.post("/api/collections/preview-rules", json={"rules": rules}),
    ):
        assert error(answer).startswith("rules.children[0]: there is no field 'ratting'")


def test_rules_are_tried_without_being_saved(client, films):
    tried = client.post("/api/collections/preview-rules", json={"rules": RULES}).json()
    assert (tried["total"], tried["totals"]) == (5, {"video": 5})
    assert [sample["entityId"] for sample in tried["samples"]] == films[5:]
    assert client.get("/api/collections").json() == {"collections": []}


def test_ten_thousand_brackets_are_refused_and_not_followed(visitor):
    body = '{"rules": ' + '{"type": "group", "operator": "and", "children": [' * 5_000
    answer = visitor.post("/api/collections/preview-rules", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/refresh")])
def test_an_unknown_collection_is_not_found(visitor, method, path):
    body = {} if method == "PATCH" else None
    assert error(visitor.request(method, f"/api/collections/4711{path}", json=body), 404)


def test_a_collection_that_becomes_nsfw_marks_its_jobs(engine, client):
    number = client.post("/api/collections", json={"name": "x", "mode": "dynamic", "rules": RULES}).json()["id"]
    client.patch(f"/api/collections/{number}", json={"isNsfw": True})
    with engine.begin() as conn:
        assert conn.scalars(text("SELECT is_nsfw FROM job_runs")).all() == [True]
