"""A flow run that a worker took and never began waits for a worker again, as soon as that can be known."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import httpx
import pytest
from prefect.client.orchestration import get_client

from darkroom.worker import POOL, RUN, TAKEN_BY, flow_runs_here
from deployments.warm import left
from tests.waiting import until

ME = "darkroom-here"


@pytest.fixture
def api(api):
    yield api
    api.delete_runs()
    for worker in api.post(f"work_pools/{POOL}/workers/filter"):
        api.client.delete(f"work_pools/{POOL}/workers/{worker['name']}")


def taken(api, by):
    """A flow run that a worker of this name, or none that is known, has taken."""
    run = api.run("preview")
    api.post(f"flow_runs/{run}/set_state", state={"type": "PENDING"}, force=True)
    if by:
        api.client.patch(f"flow_runs/{run}/labels", json={TAKEN_BY: by}).raise_for_status()
    return run


def alive(api, worker):
    api.client.post(f"work_pools/{POOL}/workers/heartbeat", json={"name": worker}).raise_for_status()


def look(seconds=0.0):
    async def look():
        async with get_client() as client:
            return {str(run) for run in await left.put_back(client, POOL, ME, seconds=seconds)}

    return asyncio.run(look())


def test_what_this_machines_last_worker_took_waits_again_and_what_another_machines_took_does_not(api):
    alive(api, ME)
    alive(api, "elsewhere")
    mine, theirs, somebodys = taken(api, ME), taken(api, "elsewhere"), taken(api, None)
    assert look() == {mine}
    assert [api.state(run) for run in (mine, theirs, somebodys)] == ["SCHEDULED", "PENDING", "PENDING"]


def test_what_no_worker_has_put_its_name_to_waits_again_where_there_is_but_one(api):
    alive(api, ME)
    run = taken(api, None)
    assert look() == {run}


def test_a_run_whose_process_is_just_starting_is_left_to_it(api):
    run = taken(api, ME)
    starting = [sys.executable, "-c", "input()"]
    with subprocess.Popen(starting, stdin=subprocess.PIPE, env=os.environ | {RUN: run}) as process:
        until(lambda: run in flow_runs_here(), "its process shows which run it is for")
        assert look() == set()
        process.communicate()
    assert look() == {run}


def test_a_worker_that_lives_has_time_to_start_what_it_has_just_taken(api):
    run = taken(api, ME)
    assert look(left.STARTING) == set()
    assert api.state(run) == "PENDING"


def test_a_worker_takes_nothing_before_what_the_last_one_left_waits_again(api, monkeypatch):
    run = taken(api, ME)
    put_back, asked = left.put_back, []

    async def answers_later(*arguments, **named):
        asked.append(True)
        if len(asked) < 3:
            raise httpx.ConnectError("Prefect is not there yet")
        return await put_back(*arguments, **named)

    monkeypatch.setattr(left, "AGAIN", 0.01)
    monkeypatch.setattr(left, "put_back", answers_later)
    asyncio.run(left.begin(POOL, ME))
    assert (len(asked), api.state(run)) == (3, "SCHEDULED")
