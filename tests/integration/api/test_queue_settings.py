"""What a person sets for one queue holds there, is shown wherever the queue is, and can be taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db import ledger
from db.ledger import FollowUp
from db.models import AuditEntry, JobRun
from flows.queues import BY_NAME
from tests.rows import add_job, add_settings, ago

SETTINGS = "/api/jobs/queues/{}/settings".format


def card(client, queue="preview"):
    return next(each for each in client.get("/api/jobs").json()["queues"] if each["queueName"] == queue)


def test_slots_and_priority_of_one_queue_are_set_shown_and_taken_back(engine, client):
    with engine.begin() as conn:
        add_settings(conn, background_worker_concurrency=2)
    made = client.put(SETTINGS("preview"), json={"slots": 5, "priority": 10}).json()
    assert (made["slots"], made["defaultSlots"], made["priority"], made["defaultPriority"]) == (5, 2, 10, 1)
    assert made["changedBy"].startswith("token test ")
    assert card(client)["slots"] == 5
    assert (card(client)["own"]["slots"], card(client, "fingerprint")["own"]) == (5, None)
    made = client.put(SETTINGS("preview"), json={"slots": None}).json()
    assert (made["slots"], made["ownSlots"], made["ownPriority"]) == (2, None, 10)
    client.put(SETTINGS("preview"), json={"priority": None})
    assert client.get(SETTINGS("preview")).json() | {"label": ""} == {
        "queueName": "preview", "label": "", "slots": 2, "defaultSlots": 2, "ownSlots": None,
        "priority": 1, "defaultPriority": 1, "ownPriority": None, "changedBy": None, "changedAt": None,
    }  # fmt: skip
    assert card(client)["own"] is None
    with engine.connect() as conn:
        written = conn.scalars(select(AuditEntry.details).where(AuditEntry.action == "queue-settings")).all()
    assert written[0] == {"queue": "preview", "slots": 5, "priority": 10}


def test_a_job_that_waits_for_a_slot_says_how_many_there_are(engine, client):
    client.put(SETTINGS("preview"), json={"slots": 3})
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("preview", str(n), f"/{n}") for n in range(5)], trigger="manual", priority=1)
        for owner in "abc":
            ledger.claim(conn, BY_NAME["preview"], owner)
        last = conn.scalar(select(JobRun.id).order_by(JobRun.id.desc()))
    assert "1 job of its queue comes first; 3 of 3 slots are at work." in client.get(f"/jobs/{last}").text


def test_a_job_that_a_slot_holds_says_that_it_waits_for_a_processor_and_cannot_be_put_first(engine, client):
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("preview", "1", "/1")], trigger="manual", priority=1)
        (held,) = ledger.claim(conn, BY_NAME["preview"], "a")
    page = client.get(f"/jobs/{held.id}").text
    assert "it begins when one of the machine&#39;s processors is free" in page.replace("machine's", "machine&#39;s")
    assert "Put first" not in page
    refused = client.post(f"/api/jobs/{held.id}/first").json()["error"]["message"]
    assert refused == f"Job {held.id} does not wait: a slot has taken it up."


@pytest.mark.parametrize(
    ("queue", "body", "status"),
    [
        ("preview", {"slots": 0}, 422),
        ("preview", {"slots": 17}, 422),
        ("preview", {"slots": "many"}, 422),
        ("preview", {"priority": 7}, 422),
        ("preview", {"colour": "red"}, 422),
        ("nonsense", {"slots": 2}, 404),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(visitor, queue, body, status):
    answer = visitor.put(SETTINGS(queue), json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"].endswith(".")


@pytest.mark.parametrize(("verb", "fields"), [("queue-slots", {"slots": 17}), ("queue-priority", {"priority": 7})])
def test_a_forms_bad_number_is_refused_too(visitor, verb, fields):
    answer = visitor.post(f"/do/{verb}", data={"queue": "preview", **fields}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def test_a_job_is_put_first_and_one_that_runs_is_a_conflict(engine, client):
    with engine.begin() as conn:
        add_job(conn, "queued", "preview", priority=10)
        later, running = add_job(conn, "queued", "preview", run_at=ago(-3600)), add_job(conn, "running", "preview")
    assert client.post(f"/api/jobs/{later}/first").json()["message"].startswith("The job is the next of its queue.")
    assert client.get(f"/api/jobs/{later}").json()["state"] == "queued"
    refused = client.post(f"/api/jobs/{running}/first")
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        409,
        f"Job {running} does not wait: it is running.",
    )
    told = client.get(f"/api/jobs/{later}/events").json()["events"]
    assert [event["message"] for event in told] == ["Put first in its queue by hand."]
