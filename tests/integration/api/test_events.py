"""The event stream tells what happens in the ledger, and what happened while a reader was away."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from db import ledger
from db.ledger import FollowUp
from flows.queues import BY_NAME


@pytest.fixture
def stream(client):
    """Follow the stream from behind an id: pairs of id and what is told."""
    opened = []

    def follow(last: str | None = None) -> Iterator[tuple[str, dict]]:
        headers = {"Last-Event-ID": last} if last else {}
        context = client.stream("GET", "/api/events", headers=headers, timeout=60)
        answer = context.__enter__()
        opened.append(context)
        assert answer.headers["content-type"].startswith("text/event-stream")
        return _events(answer)

    yield follow
    for context in opened:
        context.__exit__(None, None, None)


def _events(answer: httpx.Response) -> Iterator[tuple[str, dict]]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        fields[name] = value
        if not line and "data" in fields:
            yield fields["id"], json.loads(fields["data"])
            fields = {}


def _want(engine, target: str) -> None:
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("preview", target, f"/{target}.mkv")], trigger="manual", priority=1)


def _until(events, wanted: str) -> tuple[str, dict]:
    return next((name, told) for name, told in events if wanted in told["events"])


def test_a_new_reader_is_told_to_read_everything_and_then_what_happens(engine, stream):
    events = stream()
    _, first = next(events)
    assert first["events"] == ["reset"]
    _want(engine, "1")
    _, told = _until(events, "enqueued")
    assert told["queues"] == ["preview"]


def test_a_reader_that_comes_back_is_told_what_it_missed(engine, stream):
    name, _ = _until(stream(), "reset")
    _want(engine, "1")
    _until(stream(name), "enqueued")
    _, missed = _until(stream(name), "enqueued")
    assert missed["queues"] == ["preview"]


def test_an_id_of_another_life_means_that_everything_is_to_be_read_again(stream):
    _, told = next(stream("someoneelse-7"))
    assert told["events"] == ["reset"]


def test_a_start_and_its_progress_are_told_by_job(engine, stream):
    events = stream()
    next(events)
    _want(engine, "1")
    with engine.begin() as conn:
        [job] = ledger.claim(conn, BY_NAME["preview"], "me")
        ledger.start(conn, job.id, "me")
    _, told = _until(events, "started")
    assert told["jobs"] == [job.id]
    with engine.begin() as conn:
        ledger.renew(conn, ["me"], {job.id: 40})
    _, told = _until(events, "progress")
    assert told["jobs"] == [job.id]
