"""A job that has ended is run again in another way: as a new job, with arguments that a person chose."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db import library_settings
from db.identify import add_box
from db.ledger import Claimed
from db.models import JobRun
from flows.media import MediaWork
from flows.queues import QUEUES
from tests.rows import add_folder, add_job, add_video


@pytest.fixture
def video(engine):
    with engine.begin() as conn:
        return add_video(conn, add_folder(conn))


@pytest.fixture
def ended(engine, video):
    with engine.begin() as conn:
        return add_job(conn, "failed", "preview", target_id=str(video), target_label="/media/a.mkv", origin_id=7)


def again(client, job, **arguments):
    return client.post(f"/api/jobs/{job}/again", json={"arguments": arguments})


def refusal(answer):
    return answer.status_code, answer.json()["error"]["message"]


def test_a_preview_is_made_again_with_another_clip_and_the_old_job_stays(engine, client, ended, video):
    made = again(client, ended, clipSeconds=20, trickplay=False)
    assert made.status_code == 201
    assert made.json()["message"].startswith(f"Enqueued the work of job {ended} again, as job {made.json()['id']}.")
    old, new = (client.get(f"/api/jobs/{job}").json() for job in (ended, made.json()["id"]))
    assert (old["status"], old["error"]) == ("failed", "It failed.")
    assert (new["payload"], new["targetId"]) == ({"clipSeconds": 20, "trickplay": False}, str(video))
    assert (new["parentId"], new["originId"], new["trigger"], new["priority"]) == (ended, 7, "retry", 10)
    (told,) = client.get(f"/api/jobs/{new['id']}/events").json()["events"]
    assert told["metadata"] == {"before": {}, "now": {"clipSeconds": 20, "trickplay": False}}
    with engine.begin() as conn:
        row = conn.execute(select(JobRun).where(JobRun.id == new["id"])).one()
        job = Claimed(**{name: getattr(row, name) for name in Claimed.__annotations__})
        (media,) = MediaWork("preview", None).load(conn, [job]).values()
        usual = library_settings.read(conn)
    assert (media.settings.preview_clip_duration_seconds, media.settings.generate_trickplay) == (20, False)
    assert media.settings.trickplay_interval_seconds == usual.trickplay_interval_seconds


def test_what_may_be_changed_is_listed_with_what_holds_without(engine, client, ended):
    listed = {each["name"]: each for each in client.get(f"/api/jobs/{ended}/again").json()["arguments"]}
    assert (listed["clipSeconds"]["default"], listed["clipSeconds"]["bounds"]) == (8, [2, 60])
    assert (listed["trickplay"]["default"], listed["trickplay"]["value"]) == (True, None)


def test_a_stash_box_is_chosen_from_those_that_are_enabled(engine, client, video):
    with engine.begin() as conn:
        box = add_box(conn, name="A box", endpoint="http://127.0.0.1:9/graphql", enabled=True, secret_block=None).id
        job = add_job(conn, "completed", "identify", target_id=str(video), payload={"stashBoxes": [box + 1]})
    (listed,) = client.get(f"/api/jobs/{job}/again").json()["arguments"]
    assert (listed["value"], listed["choices"]) == ([box + 1], {str(box): "A box"})
    assert refusal(again(client, job, stashBoxes=[box + 1])) == (422, "Ask only: choose from those that are listed.")
    made = again(client, job, stashBoxes=[box]).json()["id"]
    assert client.get(f"/api/jobs/{made}").json()["payload"] == {"stashBoxes": [box]}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"clipSeconds": 1}, "Length of the clip must be a whole number from 2 to 60."),
        ({"clipSeconds": True}, "Length of the clip must be a whole number from 2 to 60."),
        ({"trickplay": 1}, "Scrubbing sprite must be true or false."),
        ({"colour": True}, "There is no argument 'colour'."),
    ],
)
def test_an_argument_that_cannot_be_is_refused_and_nothing_is_enqueued(engine, client, ended, arguments, sentence):
    assert refusal(again(client, ended, **arguments)) == (422, sentence)
    assert client.get("/api/jobs").json()["stats"]["backlog"] == 0


def test_a_job_without_arguments_one_that_runs_and_one_whose_target_waits_are_refused(engine, client, video):
    with engine.begin() as conn:
        bare, runs = add_job(conn, "failed", "media-probe"), add_job(conn, "running", "preview")
        twice, _ = (add_job(conn, status, "preview", target_id=str(video)) for status in ("failed", "queued"))
    words = "A job of Media probe has no arguments that can be changed; Retry does the same again."
    assert refusal(again(client, bare)) == (422, words)
    assert refusal(again(client, runs)) == (409, f"Job {runs} has not ended yet; cancel it, or wait for its end.")
    assert refusal(again(client, twice)) == (409, f"The target of job {twice} is already waiting again.")
    assert again(client, 4711).status_code == 404


def test_what_was_typed_wrongly_is_shown_again_with_what_is_wrong_beside_it(client, ended):
    answer = client.post(f"/jobs/{ended}/again", data={"clipSeconds": "61", "thumbnailQuality": "x"})
    assert answer.status_code == 422
    assert "Size of the thumbnail must be a whole number." in answer.text
    answer = client.post(f"/jobs/{ended}/again", data={"clipSeconds": "61"})
    assert answer.status_code == 422
    assert "Length of the clip must be a whole number from 2 to 60." in answer.text
    assert 'value="61"' in answer.text


def test_an_argument_that_stands_for_a_setting_names_one_that_there_is():
    named = [each for queue in QUEUES for each in queue.arguments if each.setting]
    assert named
    for each in named:
        assert hasattr(library_settings.Settings(), each.setting)
        assert (each.setting in library_settings.RANGES) == (each.kind == "number")
