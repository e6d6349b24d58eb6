"""NSFW mode: with it off, nothing that can be asked for names what is NSFW, and every count is of what is listed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import insert, text

from db import ledger, roots
from db.models import (
    Archive,
    AudioLibrary,
    AudioTrack,
    Collection,
    CollectionItem,
    Gallery,
    IdentifyResult,
    Image,
    VideoSubtitle,
)
from tests.rows import add_folder, add_job, add_video
from tests.serve import serving, session

LINK = re.compile(r'(?:href|src|poster|data-[a-z-]+)="(/[^"#]*)')
#: A word that the program itself never says.
SECRET = "clandestine"
STATUSES = ("queued", "running", "completed", "failed", "cancelled")


@pytest.fixture
def browser(engine, served) -> Iterator[httpx.Client]:
    """A browser in which somebody is signed in, on a page of ours."""
    cookie = session(engine)
    with httpx.Client(
        base_url=served[0],
        headers={"Origin": served[0], "Accept": "text/html"},
        cookies={cookie["name"]: cookie["value"]},
        timeout=60,
    ) as browser:
        yield browser


def make(conn, model, **values) -> int:
    return conn.execute(insert(model).values(values).returning(model.id)).scalar_one()


def world(conn, word: str, *, is_nsfw: bool) -> dict[str, Any]:
    """Something of every kind, each named by this word, and a job in every state."""
    mark = {"is_nsfw": is_nsfw}
    root = add_folder(conn, f"/media/{word}", **mark)
    here = {"library_root_id": root, "file_size": 1, "file_mtime_ns": 1, "title": word, **mark}
    video = add_video(
        conn,
        root,
        file_path=f"/media/{word}/a.mkv",
        title=word,
        **mark,
        thumbnail_path=f"videos/1/{word}.jpg",
        overview=word,
    )
    add_video(conn, root, file_path=f"/media/{word}/gone.mkv", missing_since=text("now()"), title=word, **mark)
    make(
        conn,
        VideoSubtitle,
        video_id=video,
        source="sidecar",
        source_key=word,
        label=word,
        source_format="subrip",
        storage_path=f"videos/{video}/{word}.vtt",
    )
    make(conn, IdentifyResult, video_id=video, source=word, remote_id=word, proposed={"title": word})
    archive = conn.execute(
        insert(Archive)
        .values(library_root_id=root, file_path=f"/media/{word}/a.zip", file_size=1, file_mtime_ns=1, **mark)
        .returning(Archive.id)
    ).scalar_one()
    gallery = make(
        conn, Gallery, library_root_id=root, kind="folder", folder_path=f"/media/{word}/g", title=word, **mark
    )
    image = make(conn, Image, file_path=f"/media/{word}/g/1.jpg", gallery_id=gallery, **here)
    shelf = make(conn, AudioLibrary, library_root_id=root, folder_path=f"/media/{word}/b", title=word, **mark)
    track = make(conn, AudioTrack, file_path=f"/media/{word}/b/1.mp3", audio_library_id=shelf, **here)
    collection = make(conn, Collection, name=word, **mark)
    make(conn, CollectionItem, collection_id=collection, video_id=video, source="manual")
    targets = {
        "video": video,
        "library_root": root,
        "archive": archive,
        "gallery": gallery,
        "image": image,
        "audio_library": shelf,
        "track": track,
        "collection": collection,
    }
    jobs = [
        add_job(
            conn,
            status,
            "preview" if kind == "video" and status != "queued" else "media-probe",
            target_type=kind,
            target_id=str(number),
            target_label=f"/media/{word}/{kind}",
            error=f"{word} failed" if status in {"failed", "queued"} else None,
            **mark,
        )
        for kind, number in targets.items()
        for status in (STATUSES if kind == "video" else ("failed",))
    ]
    ledger.add_events(conn, [ledger.Event(job, 1, "info", "preview", f"Looked at {word}.") for job in jobs])
    return {"root": root, "video": video, "collection": collection, "jobs": jobs}


@pytest.fixture
def both(engine):
    """The same twice: what is plain, and what is secret."""
    with engine.begin() as conn:
        plain, secret = world(conn, "plain", is_nsfw=False), world(conn, SECRET, is_nsfw=True)
        # in a collection that is not NSFW lies something that is
        make(conn, CollectionItem, collection_id=plain["collection"], video_id=secret["video"], source="manual")
    return plain, secret


#: Of these one is enough: the logs of each job's target and of each error, and the page of each queue.
MANY = re.compile(r"/queues/|/logs(/jobs[.](csv|ndjson))?[?].*(target|origin|kind|queue)=")


def crawl(browser: httpx.Client, begin: list[str]) -> dict[str, str]:
    """Every page that can be reached, by its address."""
    seen: dict[str, str] = {}
    wanted = list(begin)
    while wanted:
        path = wanted.pop()
        if path in seen or path.startswith(("/static/", "/api/events")) or "browse=" in path or "level=" in path:
            continue
        if path not in begin and MANY.match(path):
            continue
        answer = browser.get(path, follow_redirects=True)
        seen[path] = answer.text
        if answer.headers.get("content-type", "").startswith("text/html"):
            wanted += [html.unescape(found) for found in LINK.findall(answer.text)]
    return seen


def readable(app, ids: list[int]) -> list[str]:
    """Every address that can be read, with each of these ids in it."""
    found = set()
    for route in iter_route_contexts(app.routes):
        if "GET" in (route.methods or ()) and not route.path.startswith(("/api/events", "/api/admin", "/login")):
            for number in ids:
                found.add(re.sub(r"{[^}]*}", str(number), route.path))
    return sorted(found)


def test_with_the_mode_off_nothing_that_can_be_read_names_what_is_nsfw(engine, served, browser, both):
    plain, secret = both
    addresses = readable(served[1], [1, 2, 3, 4, plain["jobs"][0], secret["jobs"][0], secret["jobs"][-1]])
    addresses += [f"/logs/jobs.{form}?span=all" for form in ("csv", "ndjson")]
    addresses += ["/queues/preview", f"/logs?span=all&target=video%3A{secret['video']}"]
    seen = crawl(browser, ["/", *addresses])
    assert [path for path, said in seen.items() if SECRET in said] == []
    assert "plain" in seen["/"] + seen["/logs"] + seen["/settings"]
    assert seen[f"/jobs/{secret['jobs'][0]}"].count(f"There is no job {secret['jobs'][0]}.") == 1
    assert "plain" in seen[f"/jobs/{plain['jobs'][0]}"]
    assert "1 folder is hidden while NSFW mode is off" in seen["/settings"]

    browser.post("/nsfw", data={"nsfw": "show"})
    shown = {path for path, said in crawl(browser, ["/", *addresses]).items() if SECRET in said}
    assert {
        "/",
        "/logs",
        "/settings",
        "/status",
        f"/jobs/{secret['jobs'][0]}",
        f"/jobs/{secret['jobs'][0]}/story",
    } <= shown
    assert {"/library", "/library/galleries", "/library/audio", "/library/missing", "/library/videos/3"} <= shown
    assert {"/api/jobs", "/api/libraries", "/api/collections", f"/api/jobs/{secret['jobs'][0]}/events"} <= shown


def test_every_count_is_of_what_is_listed(engine, client, both):
    everything, plain = (client.get("/api/jobs", params={"nsfw": mode}).json() for mode in ("show", "off"))
    twice = ("running", "backlog", "ready", "failures", "cancelled", "retainedDone")
    assert {name: everything["stats"][name] for name in twice} == {name: 2 * plain["stats"][name] for name in twice}
    assert plain["stats"]["failures"] == sum(job["status"] == "failed" for job in plain["failedJobs"]) == 8
    assert plain["stats"]["failureKinds"] == len(plain["failureGroups"])
    for whole, part in zip(everything["queues"], plain["queues"], strict=True):
        for name in ("running", "queued", "failed", "cancelled", "completed", "slotsInUse", "lacking"):
            assert whole[name] == 2 * part[name], (whole["queueName"], name)
    assert everything["roots"] == plain["roots"] == 2
    assert not any(job["isNsfw"] for name in ("activeJobs", "failedJobs", "completedJobs") for job in plain[name])


def test_what_is_hidden_fills_no_place_of_a_list(engine, client):
    with engine.begin() as conn:
        shown = [add_job(conn, "completed", "preview") for _ in range(3)]
        for _ in range(60):
            add_job(conn, "completed", "preview", is_nsfw=True)
    answer = client.get("/api/jobs", headers={"X-Darkroom-NSFW": "off"}).json()
    assert sorted(job["id"] for job in answer["completedJobs"]) == shown
    found = client.get("/api/jobs/search?nsfw=off&limit=3").json()
    assert [job["id"] for job in found["jobs"]] == shown[::-1]


@pytest.mark.parametrize(
    ("verb", "fields", "status", "told"),
    [
        ("cancel-queue", {"queue": "preview"}, "queued", "Cancelled 2 jobs"),
        ("cancel-running", {}, "running", "1 running job is being stopped"),
        ("retry", {"status": "failed"}, "failed", "Put 2 jobs back"),
        ("clear", {}, "failed", "Cleared 2 jobs"),
        ("clear", {"kind": "It failed."}, "failed", "Cleared 2 jobs"),
    ],
)
def test_what_is_done_to_all_is_done_to_what_was_counted(engine, browser, verb, fields, status, told):
    number = 1 if status == "running" else 2
    with engine.begin() as conn:
        jobs = {mark: [add_job(conn, status, "preview", is_nsfw=mark) for _ in range(number)] for mark in (False, True)}
    said = browser.post(f"/do/{verb}", data=fields, headers={"Accept": "application/json"})
    assert told in said.json()["message"]
    with engine.connect() as conn:
        changed = conn.scalars(
            text(
                "SELECT id FROM job_runs WHERE status <> :status OR cleared_at IS NOT NULL"
                " OR cancel_requested_at IS NOT NULL ORDER BY id"
            ),
            {"status": status},
        )
        assert list(changed) == jobs[False]


def test_a_job_that_is_hidden_cannot_be_touched_by_its_number(engine, browser):
    with engine.begin() as conn:
        job = add_job(conn, "failed", is_nsfw=True)
    said = browser.post("/do/retry-job", data={"job": job}, headers={"Accept": "application/json"})
    assert said.status_code == 404
    assert said.json()["error"]["message"] == f"There is no job {job}."


def test_run_enqueues_what_its_card_said_was_lacking(engine, browser, client, both):
    lacking = next(
        q["lacking"] for q in client.get("/api/jobs?nsfw=off").json()["queues"] if q["queueName"] == "fingerprint"
    )
    said = browser.post("/do/run", data={"queue": "fingerprint"}, headers={"Accept": "application/json"}).json()
    assert (said["enqueued"], lacking) == (1, 1)
    assert client.post("/api/jobs/queues/fingerprint/run").json()["enqueued"] == 1


@pytest.mark.parametrize(
    ("who", "path", "query", "cookie", "sees"),
    [
        ("session", "/logs", "", None, False),
        ("session", "/logs", "", "show", True),
        ("session", "/logs", "?nsfw=show", None, False),
        ("session", "/api/jobs", "", None, False),
        ("session", "/api/jobs", "", "show", True),
        ("session", "/api/jobs", "?nsfw=off", "show", False),
        ("token", "/api/jobs", "", None, True),
        ("token", "/api/jobs", "?nsfw=off", None, False),
        ("token", "/logs", "", None, True),
        ("nobody", "/api/jobs", "", None, True),
        ("nobody", "/logs", "", None, False),
        ("nobody", "/logs", "", "show", True),
    ],
)
def test_who_sees_what_is_nsfw(engine, client, browser, who, path, query, cookie, sees):
    with engine.begin() as conn:
        add_job(conn, "failed", target_label=f"/{SECRET}", is_nsfw=True)
    cookies = {"darkroom_nsfw": cookie} if cookie else {}
    if who == "nobody":
        with serving(engine, login=False) as (url, _):
            said = httpx.get(f"{url}{path}{query}", cookies=cookies)
    else:
        asking = client if who == "token" else browser
        asking.cookies.update(cookies)
        said = asking.get(f"{path}{query}")
    assert said.status_code == 200
    assert (f"/{SECRET}" in said.text) is sees


@pytest.mark.parametrize(
    ("headers", "sees"),
    [
        ({}, True),
        ({"Cookie": "darkroom_nsfw=off"}, False),
        ({"X-Forwarded-For": "9.9.9.9"}, False),
        ({"Forwarded": "for=9.9.9.9"}, False),
    ],
)
def test_where_the_settings_say_so_browsers_on_this_network_see_it_at_first(engine, client, browser, headers, sees):
    with engine.begin() as conn:
        add_job(conn, "failed", target_label=f"/{SECRET}", is_nsfw=True)
    if "Cookie" in headers:
        headers = headers | {"Cookie": f"{headers['Cookie']}; darkroom_session={browser.cookies['darkroom_session']}"}
    assert SECRET not in browser.get("/logs", headers=headers).text
    client.put("/api/settings/library", json={"nsfwLanAutoEnable": True})
    said = browser.get("/logs", headers=headers).text
    assert "Sign out" in said
    assert (SECRET in said) is sees


def test_a_mode_that_does_not_exist_is_refused(client):
    assert client.get("/api/jobs?nsfw=blur").status_code == 422
    assert client.post("/nsfw", data={"nsfw": "blur"}).status_code == 422


def test_a_folder_around_a_hidden_one_is_refused_without_naming_it(engine, browser, tmp_path):
    hidden = tmp_path / SECRET
    hidden.mkdir()
    with engine.begin() as conn:
        roots.add_root(conn, str(hidden), is_nsfw=True)
    answer = browser.post("/settings/folders", data={"path": str(tmp_path)}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "lies a folder that is hidden" in answer.text
    assert SECRET not in answer.text


def test_what_becomes_nsfw_is_gone_from_its_page_and_all_that_belongs_to_it_with_it(engine, browser, both):
    plain, _ = both
    said = browser.post(f"/settings/folders/{plain['root']}", data={"label": "plain", "is_nsfw": "on"})
    assert said.status_code == 303
    browser.cookies.delete("darkroom_said")
    for path in ("/", "/logs", "/settings"):
        assert "/media/plain/video" not in browser.get(path).text
    browser.post(f"/settings/folders/{plain['root']}", data={"label": "plain"})
    with engine.connect() as conn:
        assert conn.scalar(text("SELECT is_nsfw FROM library_roots WHERE id = :id"), {"id": plain["root"]}) is True
