"""The API of identifying: where to look, what is proposed, what is decided."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests import serve
from tests.integration.warm.prefect_server import Api
from tests.rows import add_folder, add_video
from tests.stash_box import fingerprint, png, scene, stash_box

KEY = "0123456789"
OSHASH = "a1b2c3d4e5f60718"


@pytest.fixture
def video(engine):
    with engine.begin() as conn:
        return add_video(conn, add_folder(conn), title="A film", oshash=OSHASH, fingerprint_revision=1)


@pytest.fixture
def proposed(client, video):
    """A proposal that nobody has decided on."""
    body = {"videoId": video, "source": "tmdb", "remoteId": "603", "proposed": {"title": "B", "tags": ["Night"]}}
    return client.post("/api/identify-results", json=body).json()


@pytest.fixture
def with_prefect(engine, deployed):
    """A client of an application that has a Prefect, and that Prefect's own API."""
    api = Api(deployed["PREFECT_API_URL"])
    with (
        serve.serving(engine, deployed["PREFECT_API_URL"]) as (url, _),
        serve.program(engine, url, timeout=60) as client,
    ):
        yield client, api
        for box in client.get("/api/stash-boxes").json()["stashBoxes"]:
            client.delete(f"/api/stash-boxes/{box['id']}").raise_for_status()
    api.client.close()


def error(answer):
    said = answer.json()["error"]
    assert said["message"].endswith(".")
    return answer.status_code, said["code"]


def jobs(engine):
    sql = "SELECT queue_name, target_type, target_id, payload FROM job_runs ORDER BY id"
    with engine.connect() as conn:
        return conn.execute(text(sql)).all()


def blocks(api):
    wanted = {"block_types": {"slug": {"any_": ["secret"]}}, "include_secrets": True}
    found = api.post("block_documents/filter", **wanted)
    return {block["name"]: block["data"]["value"] for block in found if block["name"].startswith("darkroom-stash-box")}


def test_from_a_stash_box_and_its_key_to_what_it_says_in_the_library(
    engine, with_prefect, perform, video, tmp_path, caplog
):
    client, api = with_prefect
    with stash_box(KEY) as box:
        box.pictures["/a.png"] = png()
        pictures = [{"url": f"{box.url}/a.png", "width": 64, "height": 36}]
        box.scenes = [scene(id="x1", title="B", images=pictures, fingerprints=[fingerprint("OSHASH", OSHASH)])]
        wanted = {"name": "Box", "endpoint": box.endpoint, "apiKey": KEY}
        answers = [client.post("/api/stash-boxes", json=wanted)]
        assert answers[0].json()["hasApiKey"] is True
        assert list(blocks(api).values()) == [KEY]
        answers.append(client.post(f"/api/stash-boxes/{answers[0].json()['id']}/test"))
        assert answers[-1].json() == {"ok": True, "message": "Box answers and knows the key as someone's."}
        said = perform(api.run("identify"))
        answers.append(client.get("/api/identify-results"))
        (result,) = answers[-1].json()["results"]
        answers.append(client.post(f"/api/identify-results/{result['id']}/accept", json={"fields": ["title", "image"]}))
        said += perform(api.run("metadata-import"))
    with engine.connect() as conn:
        title, kept = conn.execute(text("SELECT title, custom_thumbnail_path FROM videos")).one()
    assert (title, (tmp_path / "cache" / kept).read_bytes()[:2]) == ("B", b"\xff\xd8")
    answers += [client.get(f"/api/{path}") for path in ("jobs", "stash-boxes", "admin/audit")]
    assert "stash-box-add" in answers[-1].text
    assert all(KEY not in answer.text for answer in answers)
    assert KEY not in said + caplog.text


def test_a_new_key_takes_the_place_of_the_old_one_and_goes_with_its_stash_box(engine, with_prefect):
    client, api = with_prefect
    wanted = {"name": "Box", "endpoint": "http://127.0.0.1:9/graphql", "apiKey": "old"}
    box = client.post("/api/stash-boxes", json=wanted).json()
    where = f"/api/stash-boxes/{box['id']}"
    client.patch(where, json={"apiKey": "new"}).raise_for_status()
    assert list(blocks(api).values()) == ["new"]
    assert error(client.patch(where, json={"endpoint": "http://127.0.0.1:10/graphql"})) == (422, "invalid")
    assert client.patch(where, json={"endpoint": "http://127.0.0.1:9/other"}).json()["hasApiKey"] is True
    assert error(client.post("/api/stash-boxes", json=wanted | {"endpoint": "http://127.0.0.1:9/other"})) == (
        422,
        "invalid",
    )
    assert list(blocks(api).values()) == ["new"]
    assert client.patch(where, json={"apiKey": None}).json()["hasApiKey"] is False
    assert blocks(api) == {}
    client.patch(where, json={"apiKey": "again"}).raise_for_status()
    assert client.delete(where).status_code == 204
    assert blocks(api) == {}
    assert client.get("/api/stash-boxes").json() == {"stashBoxes": []}


def test_without_prefect_no_key_is_taken_but_all_else_works(client):
    wanted = {"name": "Box", "endpoint": "http://127.0.0.1:9/graphql"}
    assert error(client.post("/api/stash-boxes", json=wanted | {"apiKey": KEY})) == (503, "prefect_away")
    assert client.get("/api/stash-boxes").json() == {"stashBoxes": []}
    box = client.post("/api/stash-boxes", json=wanted).json()
    changed = client.patch(f"/api/stash-boxes/{box['id']}", json={"name": " Other ", "enabled": False}).json()
    assert changed == box | {"name": "Other", "enabled": False}
    tested = client.post(f"/api/stash-boxes/{box['id']}/test").json()
    assert (tested["ok"], tested["message"][:7]) == (False, "Other: ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://example.org/graphql"},
        {"endpoint": "https://me:secret@example.org/graphql"},
        {"endpoint": "https://example.org/graphql?apikey=secret"},
        {"endpoint": "stashdb.org"},
        {"name": "  "},
        {"name": "a" * 101},
        {"apiKey": "two\nlines"},
        {"apiKey": "kéy"},
        {"apiKey": ""},
        {"key": "secret"},
    ],
)
def test_a_stash_box_that_cannot_be_is_refused_with_a_sentence_that_repeats_no_secret(visitor, wrong):
    body = {"name": "Box", "endpoint": "https://example.org/graphql"} | wrong
    answer = visitor.post("/api/stash-boxes", json=body)
    assert error(answer) == (422, "invalid")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/api/stash-boxes/99"),
        ("DELETE", "/api/stash-boxes/99"),
        ("POST", "/api/stash-boxes/99/test"),
        ("GET", "/api/identify-results/99"),
        ("POST", "/api/identify-results/99/accept"),
        ("POST", "/api/identify-results/99/reject"),
        ("POST", "/api/identify-results/99/apply"),
        ("POST", "/api/videos/99/identify"),
    ],
)
def test_what_is_not_there_is_not_found(visitor, method, path):
    assert error(visitor.request(method, path, json={} if method == "PATCH" else None)) == (404, "not_found")


def test_run_without_a_stash_box_says_what_to_do(client, video):
    answer = client.post("/api/jobs/queues/identify/run").json()
    assert (answer["enqueued"], answer["message"][:24]) == (0, "No stash-box is enabled:")


def test_one_video_is_looked_up_once_its_hashes_are_there(engine, client, video):
    assert error(client.post(f"/api/videos/{video}/identify")) == (409, "conflict")
    box = client.post("/api/stash-boxes", json={"name": "Box", "endpoint": "http://127.0.0.1:9/"}).json()["id"]
    assert client.post(f"/api/videos/{video}/identify").json()["enqueued"] == 1
    assert client.post(f"/api/videos/{video}/identify", json={"stashBoxId": box}).json()["skipped"] == 1
    with engine.begin() as conn:
        conn.execute(text("UPDATE videos SET revision = 2"))
    answer = client.post(f"/api/videos/{video}/identify")
    assert error(answer) == (409, "conflict")
    assert "run Fingerprint first" in answer.json()["error"]["message"]
    client.patch(f"/api/stash-boxes/{box}", json={"enabled": False})
    with engine.begin() as conn:
        conn.execute(text("UPDATE videos SET revision = 1"))
    assert (
        "disabled" in client.post(f"/api/videos/{video}/identify", json={"stashBoxId": box}).json()["error"]["message"]
    )
    assert jobs(engine) == [("identify", "video", str(video), {})]


def test_a_result_comes_in_and_is_replaced_until_it_is_decided_on(client, video, proposed):
    assert (proposed["status"], proposed["score"], proposed["videoTitle"]) == ("pending", 100, "A film")
    body = {"videoId": video, "source": "tmdb", "remoteId": "603", "proposed": {"title": "  C  "}}
    again = client.post("/api/identify-results", json=body).json()
    assert (again["id"], again["proposed"]["title"]) == (proposed["id"], "C")
    client.post(f"/api/identify-results/{proposed['id']}/reject").raise_for_status()
    assert error(client.post("/api/identify-results", json=body)) == (409, "conflict")
    nameless = {"videoId": video, "proposed": {"title": "D"}}
    assert [client.post("/api/identify-results", json=nameless).status_code for _ in range(2)] == [201, 201]


#: What is wrong with a result, and how it is refused.
REFUSED = [
    ({"videoId": None}, (400, "bad_request")),
    ({"proposed": {}}, (400, "bad_request")),
    ({"videoId": 2**62}, (404, "not_found")),
    ({"videoId": 2**63}, (422, "invalid")),
    ({"source": "https://stashdb.org/graphql"}, (422, "invalid")),
    ({"remoteId": "a\x00b"}, (422, "invalid")),
    ({"proposed": {"title": "x" * 501}}, (422, "invalid")),
    ({"proposed": {"image": "file:///etc/passwd"}}, (422, "invalid")),
    ({"proposed": {"rating": 5}}, (422, "invalid")),
]


def test_a_result_of_no_video_or_beyond_the_bounds_is_refused(client, video):
    for wrong, expected in REFUSED:
        body = {"videoId": video, "proposed": {"title": "A"}} | wrong
        assert error(client.post("/api/identify-results", json=body)) == expected, wrong
    answer = client.post("/api/identify-results", json={"proposed": {"title": "A"}})
    assert "videoId" in answer.json()["error"]["message"]
    assert client.get("/api/identify-results").json()["results"] == []


def test_accepting_enqueues_the_import_and_fields_may_be_chosen_anew(engine, client, proposed):
    where = f"/api/identify-results/{proposed['id']}"
    assert error(client.post(f"{where}/apply")) == (409, "conflict")
    accepted = client.post(f"{where}/accept", json={"fields": ["title"]}).json()
    assert (accepted["enqueued"], accepted["result"]["chosen"]) == (1, ["title"])
    again = client.post(f"{where}/accept").json()
    assert (again["enqueued"], again["skipped"], again["result"]["chosen"]) == (0, 1, ["tags", "title"])
    assert error(client.post(f"{where}/accept", json={"fields": ["studio"]})) == (422, "invalid")
    assert error(client.post(f"{where}/accept", json={"fields": []})) == (422, "invalid")
    assert error(client.post(f"{where}/reject")) == (409, "conflict")
    assert jobs(engine) == [("metadata-import", "identify_result", str(proposed["id"]), {})]


def test_what_was_rejected_is_not_accepted(engine, client, proposed):
    where = f"/api/identify-results/{proposed['id']}"
    assert client.post(f"{where}/reject").json()["result"]["status"] == "rejected"
    assert client.post(f"{where}/reject").status_code == 200
    assert error(client.post(f"{where}/accept")) == (409, "conflict")
    assert error(client.post(f"{where}/apply")) == (409, "conflict")
    assert jobs(engine) == []


def test_of_many_who_accept_at_once_one_enqueues(engine, client, proposed):
    where = f"/api/identify-results/{proposed['id']}"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(f"{where}/accept"), range(8)))
    assert sum(answer.json()["enqueued"] for answer in answers) == 1
    assert len(jobs(engine)) == 1


def test_a_second_apply_is_a_conflict(engine, client, proposed):
    where = f"/api/identify-results/{proposed['id']}"
    client.post(f"{where}/accept")
    assert error(client.post(f"{where}/apply")) == (409, "conflict")
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET status = 'cancelled', finished_at = now()"))
    assert client.post(f"{where}/apply").json()["enqueued"] == 1
    with engine.begin() as conn:
        conn.execute(text("UPDATE identify_results SET applied_at = now()"))
    for path in ("apply", "accept", "reject"):
        assert error(client.post(f"{where}/{path}")) == (409, "conflict")


def test_the_best_come_first_page_by_page(engine, client, video):
    with engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO identify_results (video_id, source, remote_id, score, proposed)"
                " SELECT :video, 'a', n, n % 3, '{\"title\": \"A\"}' FROM generate_series(1, 7) n"
            ),
            {"video": video},
        )
    seen, after = [], None
    while True:
        page = client.get("/api/identify-results", params={"limit": 3, **({"after": after} if after else {})}).json()
        seen += [(each["score"], each["remoteId"]) for each in page["results"]]
        if (after := page["nextAfter"]) is None:
            break
    assert seen == [(2, "5"), (2, "2"), (1, "7"), (1, "4"), (1, "1"), (0, "6"), (0, "3")]
    assert client.get("/api/identify-results?status=accepted").json()["results"] == []
    assert len(client.get(f"/api/identify-results?status=pending&videoId={video}").json()["results"]) == 7
    assert client.get("/api/identify-results?videoId=99").json()["results"] == []
    assert error(client.get("/api/identify-results?after=nonsense")) == (422, "invalid")
    assert error(client.get("/api/identify-results?status=decided")) == (422, "invalid")
