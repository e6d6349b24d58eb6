"""A form that cannot be taken is there again: what was typed in its fields, and what is wrong beside the wrong one."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from db import requests
from db.requests import NewBook
from tests.rows import add_folder, add_video, ago
from tests.serve import program, serving

KEY = "k3y-that-nobody-sees-again"

INDEXER = {"kind": "torznab", "url": "http://x/", "priority": "10", "categories": "3030"}

#: Where a form is sent, what is typed, the field that is wrong, and what is said about it.
REFUSED = [
    ("/settings/library", {"group": "work", "background_worker_concurrency": "99"}, "must be 16 or less"),
    ("/settings/library", {"group": "streams", "hls_keep_days": "7", "hls_keep_gigabytes": ""}, "a whole number"),
    ("/settings/folders", {"path": "films/mine"}, "is no absolute path"),
    ("/settings/stash-boxes", {"name": "Box", "api_key": KEY, "endpoint": "ftp://x"}, "an http or https address"),
    ("/settings/stash-boxes/1", {"endpoint": "http://other.example/", "name": ""}, "Say the name."),
    ("/settings/integrations/indexer", {"name": "Books", "api_key": KEY, "url": "nowhere"}, "http"),
    ("/settings/integrations/indexer", INDEXER | {"name": "Taken"}, "called Taken already"),
    ("/settings/integrations", {"group": "files", "library_folder": "/a", "folder_template": "{nobody}"}, "nobody"),
    ("/requests", {"title": "Dune <b>", "narrator": "Ann", "author": ""}, "Say the author."),
    ("/requests/1/do/import", {"path": "dune"}, "beginning with a slash"),
    ("/library/collections", {"name": "Good ones", "rules": "{"}, "this is no JSON"),
    ("/library/collections", {"rules": '{"a": 1}', "mode": "manual", "name": " "}, "Give the collection a name"),
    (
        "/library/collections",
        {"name": "Good ones", "act": "add", "field": "rating", "value": "many"},
        "cannot be asked",
    ),
    ("/library/missing/forget", {"days": "3"}, "must be 7 or more"),
    ("/access/people", {"scope": "operate", "login": "a/b"}, "no space and no slash"),
    ("/access/tokens", {"scope": "operate", "name": " "}, "name"),
]


class Fields(HTMLParser):
    """What a page's fields hold, which one is marked as wrong, and the sentences that are told of it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.wrong: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._id, self._area, self._select = "", "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        name = said.get("name") or ""
        self._area = name if tag == "textarea" else ""
        if tag == "input":
            self.values.setdefault(name, []).append(said.get("value") or "")
        if tag == "option" and "selected" in said:
            self._area = self._select
            self.values.setdefault(self._select, []).append(said.get("value") or "")
        self._select = name if tag == "select" else self._select
        self._id = said.get("id") or ""
        if said.get("aria-invalid"):
            self.wrong[name] = said["aria-describedby"].split()[0]

    def handle_data(self, data):
        if self._area:
            self.values.setdefault(self._area, []).append(data)
        elif self._id:
            self.texts[self._id] = data
        self._id = self._area = ""


@pytest.fixture
def client(engine):
    with engine.begin() as conn:
        add_video(conn, add_folder(conn), missing_since=ago(9_999_999))
        requests.create_request(conn, NewBook(title="Emma", author="Jane Austen"), by="ann")
    with serving(engine) as (url, _), program(engine, url) as client:
        client.post("/api/stash-boxes", json={"name": "Box", "endpoint": "http://one.example/"}).raise_for_status()
        taken = {"name": "Taken", "kind": "torznab", "url": "http://one.example/"}
        client.post("/api/integrations/indexers", json=taken).raise_for_status()
        yield client


def test_what_cannot_be_taken_is_there_again_with_the_reason_at_its_field(client):
    for address, typed, sentence in REFUSED:
        answer = client.post(address, data=typed, headers={"Accept": "text/html"})
        assert answer.status_code in {200, 409, 422}, (address, answer.text)
        assert KEY not in answer.text
        shown, wrong = Fields(answer.text), list(typed)[-1]
        assert wrong in shown.wrong, (address, shown.wrong)
        assert sentence in shown.texts[shown.wrong[wrong]], address
        kept = {name: value for name, value in typed.items() if value != KEY and name not in {"group", "act"}}
        missed = {name: value for name, value in kept.items() if value not in shown.values.get(name, [])}
        assert missed == {}, (address, {name: shown.values.get(name) for name in missed})


def test_nothing_of_what_was_refused_was_done(client):
    for address, typed, _ in REFUSED:
        client.post(address, data=typed)
    assert client.get("/api/settings/library").json()["hlsKeepDays"] == 30
    assert [each["name"] for each in client.get("/api/stash-boxes").json()["stashBoxes"]] == ["Box"]
    assert client.get("/api/collections").json()["collections"] == []
    assert [each["book"]["title"] for each in client.get("/api/requests").json()["requests"]] == ["Emma"]
