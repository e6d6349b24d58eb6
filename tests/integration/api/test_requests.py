"""The API of requests: asking, following, deciding, and the programs they are carried out with."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from db import requests
from db.requests import NewBook, NewDownload
from tests import serve
from tests.integration.warm.prefect_server import Api
from tests.stubs.indexer import indexer as indexer_server

BOOK = {"title": "Quiet Harbor", "author": "Jane Doe", "asin": "B002V1OF70", "runtimeMinutes": 300}
GOOD = "Jane Doe - Quiet Harbor [M4B]"


@pytest.fixture
def with_prefect(engine, deployed):
    """A client of an application that has a Prefect, and that Prefect's own API."""
    api = Api(deployed["PREFECT_API_URL"])
    with (
        serve.serving(engine, deployed["PREFECT_API_URL"]) as (url, _),
        serve.program(engine, url, timeout=60) as client,
    ):
        yield client, api
        for kind in ("indexers", "download-clients", "library-servers", "notification-targets"):
            (found,) = client.get(f"/api/integrations/{kind}").json().values()
            for each in found:
                client.delete(f"/api/integrations/{kind}/{each['id']}").raise_for_status()
    api.client.close()


@pytest.fixture
def operator(engine, served):
    """A program that may ask but not approve."""
    with serve.program(engine, served[0], "operate") as client:
        yield client


def error(answer):
    said = answer.json()["error"]
    assert said["message"].endswith(".")
    return answer.status_code, said["code"]


def blocks(api):
    wanted = {"block_types": {"slug": {"any_": ["secret"]}}, "include_secrets": True}
    found = api.post("block_documents/filter", **wanted)
    kinds = ("darkroom-indexer", "darkroom-download", "darkroom-library", "darkroom-notification")
    return {block["name"]: block["data"]["value"] for block in found if block["name"].startswith(kinds)}


def jobs(engine):
    with engine.connect() as conn:
        sql = "SELECT queue_name, status FROM job_runs WHERE target_type = 'request' ORDER BY id"
        return [tuple(row) for row in conn.execute(text(sql))]


def put(engine, request_id, status):
    with engine.begin() as conn:
        requests.transition(conn, request_id, status, "By the test.", by="test")


def test_a_book_is_asked_for_followed_and_withdrawn(engine, client):
    made = client.post("/api/requests", json=BOOK)
    assert made.status_code == 201
    request = made.json()["request"]
    assert (request["status"], request["book"]["asin"]) == ("pending", "B002V1OF70")
    assert request["requestedBy"].startswith("token test")
    assert error(client.post("/api/requests", json=BOOK)) == (409, "conflict")
    where = f"/api/requests/{request['id']}"
    story = client.get(where).json()
    assert [step["toStatus"] for step in story["history"]] == ["pending"]
    assert [job["queueName"] for job in story["jobs"]] == ["search_indexers"]
    listed = client.get("/api/requests", params={"status": ["pending", "failed"], "search": "quiet"}).json()
    assert [each["id"] for each in listed["requests"]] == [request["id"]]
    assert listed["counts"] == {"pending": 1}
    assert client.get("/api/requests", params={"search": "loud"}).json()["requests"] == []
    gone = client.patch(where, json={"action": "cancel"})
    assert (gone.json()["request"]["status"], jobs(engine)) == ("cancelled", [("search_indexers", "cancelled")])
    assert "1 job ends with it" in gone.json()["message"]
    for again in ({"action": "cancel"}, {"action": "retry"}):
        assert error(client.patch(where, json=again)) == (409, "conflict")
    assert error(client.post(f"{where}/manual-search")) == (409, "conflict")
    assert error(client.post(f"{where}/interactive-search")) == (409, "conflict")
    assert client.get(where).json()["status"] == "cancelled"


@pytest.mark.parametrize(
    "wrong",
    [{"title": ""}, {"title": "x"}, BOOK | {"asin": "short"}, BOOK | {"coverUrl": "ftp://x"}, BOOK | {"extra": 1}, {}],
)
def test_what_names_no_book_is_refused_before_anything_is_written(engine, client, wrong):
    assert error(client.post("/api/requests", json=wrong)) == (422, "invalid")
    assert client.get("/api/requests").json() == {"requests": [], "counts": {}, "nextBefore": None}


def test_a_swipe_to_the_right_asks_for_a_book_which_is_searched_for_once_it_is_published(engine, client):
    left = client.post("/api/requests/swipe", json=BOOK | {"action": "left"}).json()
    assert (left["request"], client.get("/api/requests").json()["requests"]) == (None, [])
    future = BOOK | {"releaseDate": "9999-12-31", "action": "right"}
    request = client.post("/api/requests/swipe", json=future).json()["request"]
    assert (request["status"], request["requestSource"], jobs(engine)) == ("awaiting_release", "swipe", [])
    another = {"title": "Another", "author": "Jane Doe", "action": "right"}
    assert client.post("/api/requests/swipe", json=another).json()["request"]["status"] == "pending"
    assert error(client.post("/api/requests/swipe", json=another)) == (409, "conflict")
    assert jobs(engine) == [("search_indexers", "queued")]
    # a person who wants that one searched for now need not wait
    client.post(f"/api/requests/{request['id']}/manual-search").raise_for_status()
    assert jobs(engine) == [("search_indexers", "queued")] * 2


def test_what_is_not_there_is_said_to_be_so(client):
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"action": "retry"}),
        ("POST", "/manual-search", None),
        ("GET", "/releases", None),
        ("POST", "/select-torrent", {"releaseId": 1}),
        ("POST", "/approve", {"action": "approve"}),
        ("POST", "/import", {"path": "/there"}),
        ("DELETE", "/blocked/1", None),
    ):
        assert error(client.request(method, f"/api/requests/4711{path}", json=body)) == (404, "not_found"), path


def test_an_administrator_approves_or_denies_what_others_ask_for(engine, client, operator):
    assert client.put("/api/integrations/settings", json={"autoApprove": False}).json()["autoApprove"] is False
    for wrong in ({"folderTemplate": "{author}"}, {"folderTemplate": "{titel}"}, {"libraryFolder": "books"}):
        assert client.put("/api/integrations/settings", json=wrong).status_code == 422, wrong
    first = operator.post("/api/requests", json=BOOK).json()["request"]
    second = operator.post("/api/requests", json={"title": "Another", "author": "Jane Doe"}).json()["request"]
    assert (first["status"], jobs(engine)) == ("awaiting_approval", [])
    assert error(operator.post(f"/api/requests/{first['id']}/approve", json={"action": "approve"})) == (
        403,
        "forbidden",
    )
    approved = client.post(f"/api/requests/{first['id']}/approve", json={"action": "approve"}).json()
    denied = client.post(f"/api/requests/{second['id']}/approve", json={"action": "deny", "reason": "no space"}).json()
    assert (approved["request"]["status"], denied["request"]["status"]) == ("pending", "denied")
    history = client.get(f"/api/requests/{second['id']}").json()["history"]
    assert history[-1]["message"] == "Denied: no space"
    assert jobs(engine) == [("search_indexers", "queued")]
    # an administrator's own needs nobody's
    assert client.post("/api/requests", json={"title": "Third", "author": "A"}).json()["request"]["status"] == "pending"


def test_a_retry_goes_on_where_it_stopped(engine, client):
    request = client.post("/api/requests", json=BOOK).json()["request"]["id"]
    assert client.patch(f"/api/requests/{request}", json={"action": "retry"}).status_code == 200
    for status in ("searching", "failed"):
        put(engine, request, status)
    again = client.patch(f"/api/requests/{request}", json={"action": "retry"}).json()
    assert (again["request"]["status"], again["request"]["errorMessage"]) == ("pending", None)
    for status in ("searching", "downloading", "processing", "warn"):
        put(engine, request, status)
    again = client.patch(f"/api/requests/{request}", json={"action": "retry"}).json()["request"]
    assert (again["status"], again["importAttempts"]) == ("processing", 0)
    assert jobs(engine)[-1] == ("organize_files", "queued")


def test_files_that_are_there_are_taken_for_a_request(engine, client):
    request = client.post("/api/requests", json=BOOK | {"search": False}).json()["request"]["id"]
    assert error(client.post(f"/api/requests/{request}/import", json={"path": "relative"})) == (422, "invalid")
    done = client.post(f"/api/requests/{request}/import", json={"path": "/downloads/Quiet Harbor"}).json()
    assert (done["request"]["status"], jobs(engine)) == ("processing", [("organize_files", "queued")])


def test_from_an_indexer_and_its_key_to_a_chosen_release(engine, with_prefect, perform, caplog):
    client, api = with_prefect
    with indexer_server("k3y-that-nobody-sees") as server:
        server.offer(GOOD, size=300 << 20)
        server.offer("Quiet Harbor by somebody else", size=300 << 20)
        wanted = {"name": "Prowlarr", "kind": "prowlarr", "url": server.url, "apiKey": "k3y-that-nobody-sees"}
        answers = [client.post("/api/integrations/indexers", json=wanted)]
        assert (answers[0].status_code, answers[0].json()["hasApiKey"]) == (201, True)
        assert list(blocks(api).values()) == ["k3y-that-nobody-sees"]
        where = f"/api/integrations/indexers/{answers[0].json()['id']}"
        answers.append(client.post(f"{where}/test"))
        assert answers[-1].json()["ok"] is True
        assert "Prowlarr 1.30.2.4939" in answers[-1].json()["message"]
        request = client.post("/api/requests", json=BOOK | {"search": False}).json()["request"]["id"]
        answers.append(client.post(f"/api/requests/{request}/interactive-search"))
        assert client.get(f"/api/requests/{request}/releases").json() == {"releases": [], "searching": True}
        said = perform(api.run("search_indexers", enqueue=False))
        answers.append(client.get(f"/api/requests/{request}/releases"))
    found = answers[-1].json()["releases"]
    assert [(each["title"], each["qualifies"]) for each in found] == [
        (GOOD, True),
        ("Quiet Harbor by somebody else", False),
    ]
    assert client.post(f"/api/requests/{request}/blocked", json={"releaseId": found[1]["id"]}).status_code == 201
    (blocked,) = client.get(f"/api/requests/{request}").json()["blocked"]
    assert client.delete(f"/api/requests/{request}/blocked/{blocked['id']}").status_code == 204
    chosen = client.post(f"/api/requests/{request}/select-torrent", json={"releaseId": found[0]["id"]})
    assert chosen.json()["request"]["status"] == "downloading"
    assert jobs(engine)[-1] == ("download_torrent", "queued")
    answers += [
        client.get(path)
        for path in (
            "/api/integrations/indexers",
            "/settings/integrations",
            f"/api/requests/{request}",
            f"/requests/{request}",
            "/api/admin/audit",
        )
    ]
    assert all("k3y-that-nobody-sees" not in answer.text for answer in answers)
    assert "k3y-that-nobody-sees" not in said + caplog.text


def test_a_new_password_takes_the_place_of_the_old_one_and_goes_with_its_client(engine, with_prefect):
    client, api = with_prefect
    wanted = {"name": "qBittorrent", "kind": "qbittorrent", "url": "http://127.0.0.1:9/", "password": "old"}
    made = client.post("/api/integrations/download-clients", json=wanted).json()
    where = f"/api/integrations/download-clients/{made['id']}"
    assert (made["url"], made["hasPassword"], made["category"]) == ("http://127.0.0.1:9", True, "darkroom")
    client.patch(
        where, json={"password": "new", "pathMappings": [{"remote": "/dl", "local": "/mnt/dl"}]}
    ).raise_for_status()
    assert list(blocks(api).values()) == ["new"]
    assert error(client.patch(where, json={"url": "http://127.0.0.1:10"})) == (422, "invalid")
    assert error(client.post("/api/integrations/download-clients", json=wanted | {"password": "x"})) == (422, "invalid")
    assert list(blocks(api).values()) == ["new"]
    tested = client.post(f"{where}/test").json()
    assert tested["ok"] is False
    assert "new" not in tested["message"]
    kept = client.get("/api/integrations/download-clients").json()["downloadClients"]
    assert kept[0]["pathMappings"] == [{"remote": "/dl", "local": "/mnt/dl"}]
    assert client.delete(where).status_code == 204
    assert blocks(api) == {}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("indexers", {"name": "x", "kind": "prowlarr", "url": "http://u:p@127.0.0.1:9"}),
        ("indexers", {"name": "x", "kind": "prowlarr", "url": "http://127.0.0.1:9/?apikey=k"}),
        ("indexers", {"name": "x", "kind": "jackett", "url": "http://127.0.0.1:9"}),
        ("indexers", {"name": " ", "kind": "prowlarr", "url": "http://127.0.0.1:9"}),
        ("indexers", {"name": "x", "kind": "prowlarr", "url": "http://127.0.0.1:9", "priority": 26}),
        (
            "download-clients",
            {
                "name": "x",
                "kind": "qbittorrent",
                "url": "http://127.0.0.1:9",
                "pathMappings": [{"remote": "dl", "local": "/x"}],
            },
        ),
        ("notification-targets", {"name": "x", "address": "nonsense", "events": ["request_error"]}),
        ("notification-targets", {"name": "x", "address": "json://127.0.0.1/", "events": ["nothing"]}),
    ],
)
def test_settings_that_cannot_work_are_refused(client, kind, body):
    assert error(client.post(f"/api/integrations/{kind}", json=body)) == (422, "invalid")
    (found,) = client.get(f"/api/integrations/{kind}").json().values()
    assert found == []


def test_without_prefect_no_secret_is_taken(client):
    wanted = {"name": "Books", "kind": "torznab", "url": "http://127.0.0.1:9", "apiKey": "k"}
    assert error(client.post("/api/integrations/indexers", json=wanted)) == (503, "prefect_away")
    assert client.get("/api/integrations/indexers").json() == {"indexers": []}
    del wanted["apiKey"]
    made = client.post("/api/integrations/indexers", json=wanted).json()
    assert made["hasApiKey"] is False
    tested = client.post(f"/api/integrations/indexers/{made['id']}/test").json()
    assert tested["ok"] is False


def test_a_template_is_tried_before_it_is_kept(client):
    assert client.put("/api/integrations/settings", json={"libraryFolder": "/srv/books"}).status_code == 200
    tried = client.get("/api/integrations/settings/example", params={"template": "{author}/{series}/{title}"})
    assert tried.json() == {"folder": "/srv/books/Frank Herbert/Dune/Dune Messiah"}
    wrong = client.get("/api/integrations/settings/example", params={"template": "{who}"})
    assert error(wrong) == (422, "invalid")


def test_only_administrators_see_to_the_programs(operator):
    for kind in ("indexers", "download-clients", "library-servers", "notification-targets"):
        assert operator.post(f"/api/integrations/{kind}", json={}).status_code in {403, 422}
        assert operator.post(f"/api/integrations/{kind}/1/test").status_code == 403


def test_a_cover_is_the_one_beside_the_files_and_never_a_private_network_s(engine, client, tmp_path):
    with indexer_server(None) as server:
        wanted = BOOK | {"search": False, "coverUrl": f"{server.url}/cover.jpg"}
        request = client.post("/api/requests", json=wanted).json()["request"]
        where = f"/api/requests/{request['id']}/cover"
        assert error(client.get(where)) == (404, "not_found")
        instead = client.get(where, params={"blank": 1})
        assert (instead.status_code, instead.headers["content-type"]) == (200, "image/gif")
        assert server.asked == []
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff a picture")
    with engine.begin() as conn:
        conn.execute(text("UPDATE audiobooks SET folder = :folder"), {"folder": str(tmp_path)})
    found = client.get(where)
    assert (found.content, found.headers["content-type"]) == (b"\xff\xd8\xff a picture", "image/jpeg")
    assert error(client.get("/api/requests/4711/cover")) == (404, "not_found")


@pytest.fixture
def filed(engine):
    """A request whose download was put into the library; returns its id and the download's."""
    with engine.begin() as conn:
        made = requests.create_request(conn, NewBook(title="Quiet Harbor", author="Jane Doe"), by="ann").id
        for status in ("searching", "downloading"):
            requests.transition(conn, made, status, f"It came to {status}.", by="test")
        about = {"client_id": None, "client": "nzbget", "client_item_id": "7", "indexer_id": None, "indexer": "Books"}
        about |= {"protocol": "usenet", "title": GOOD, "info_hash": None, "info_url": "javascript:alert(1)"}
        new = NewDownload(request_id=made, size=300 << 20, seeders=None, leechers=None, score=88.0, **about)
        download, _ = requests.add_download(conn, new)
        requests.transition(conn, made, "processing", "Complete.", by="test")
        files = [{"name": "Quiet Harbor.m4b", "how": "copied", "size": 300 << 20, "tagged": True}]
        details = {"folder": "/srv/books/Jane Doe", "files": files, "cover": None, "warnings": ["No cover was found."]}
        requests.transition(conn, made, "downloaded", "Filed 1 file.", by="organize_files", details=details)
    return made, download


def test_the_page_tells_what_was_filed_and_trusts_no_address(client, filed):
    request, download = filed
    page = client.get(f"/requests/{request}").text
    for words in ("Quiet Harbor.m4b", "a copy, tagged", "No cover was found.", "nzbget from Books", GOOD):
        assert words in page
    assert "javascript:" not in page
    led = client.get(f"/requests/downloads/{download}")
    assert (led.status_code, led.headers["location"]) == (303, f"/requests/{request}#download-{download}")
    assert client.get("/requests/downloads/4711").status_code == 404


def test_who_may_not_approve_or_look_through_folders_is_shown_no_button_for_it(engine, client, operator):
    client.put("/api/integrations/settings", json={"autoApprove": False})
    request = operator.post("/api/requests", json=BOOK).json()["request"]["id"]
    shown = {who: who.get(f"/requests/{request}", params={"browse": ""}).text for who in (client, operator)}
    for words in ("/do/approve", "/do/deny", "/do/import", "Folders of this machine"):
        assert (words in shown[client], words in shown[operator]) == (True, False), words
    assert "/do/cancel" in shown[operator]
    refused = operator.post(f"/requests/{request}/do/approve", headers={"Accept": "application/json"})
    assert error(refused) == (403, "forbidden")
    with engine.connect() as conn:
        assert requests.get_request(conn, request).status == "awaiting_approval"
