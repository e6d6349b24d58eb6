"""What has ended here, or never begun, ends in Prefect, and its queue waits for it no longer."""

from __future__ import annotations

import os

from darkroom.worker import flow_runs_here
from db import ledger
from ops_api import agreement as agreements
from tests.integration.api.agreement.flow_runs import (
    agreements_patience,
    began,
    ended,
    gone,
    has,
    process_of,
    starting,
)
from tests.waiting import until


def test_a_run_whose_process_is_gone_ends_in_prefect_and_one_that_lives_goes_on(api, agreement, noted):
    dead = began(api, pid=gone())
    replaced = began(api, "image-thumbnail", pid=os.getpid())
    cancelling = began(api, "media-probe", "CANCELLING", pid=gone())
    alive = began(api, "fingerprint")
    with process_of(alive) as pid:
        has(api, alive, pid)
        agreement.look()
        assert api.state(dead) == "RUNNING"
        agreement.look()
        assert [api.state(run) for run in (dead, replaced, cancelling, alive)] == [
            "CRASHED",
            "CRASHED",
            "CANCELLED",
            "RUNNING",
        ]
        agreements_patience(agreement)
        assert api.state(alive) == "RUNNING"
    assert noted() == ["This run was at work for Prefect, and its process is gone."] * 3


def test_a_queue_waits_no_longer_for_a_run_whose_process_died_while_it_was_starting(
    engine, api, agreement, noted, freed
):
    died, unreported = began(api, pid=gone()), began(api, "library-scan")
    alive = began(api, "media-probe")
    # a worker takes it again
    pending = began(api, "audio-scan", "PENDING", pid=gone())
    there = began(api, "fingerprint", pid=gone(), worker="elsewhere")
    runs = {
        "preview": died,
        "library-scan": unreported,
        "media-probe": alive,
        "audio-scan": pending,
        "fingerprint": there,
    }
    with engine.begin() as conn:
        for queue, run in runs.items():
            ledger.flow_asked(conn, queue, run)
    with process_of(alive):
        until(lambda: alive in flow_runs_here(), "its process shows which run it is for")
        agreement.look()
        assert starting(engine) == {alive, pending, there}
        assert sorted(says.split(" before ")[0] for says in noted()) == [
            "This run of library-scan lost its process",
            "This run of preview lost its process",
        ]
        assert freed == [True]
        agreement.look()
        assert [api.state(run) for run in runs.values()] == ["CRASHED", "CRASHED", "RUNNING", "PENDING", "RUNNING"]


def test_a_queue_waits_for_a_run_that_no_worker_has_put_its_name_to_as_long_as_that_may_be_on_its_way(
    engine, api, agreement, freed
):
    nobodys, there = api.run("preview"), began(api, "fingerprint", pid=7, worker="elsewhere")
    ended(api, nobodys, "RUNNING")
    with engine.begin() as conn:
        for queue, run in (("preview", nobodys), ("fingerprint", there)):
            ledger.flow_asked(conn, queue, run)
    agreement.look()
    agreement.look()
    assert starting(engine) == {nobodys, there}
    agreements_patience(agreement)
    assert (api.state(nobodys), api.state(there)) == ("CRASHED", "RUNNING")
    assert (starting(engine), freed) == ({there}, [True])


def test_a_run_of_another_machine_ends_in_prefect_when_it_was_silent_for_long_and_not_before(engine, api, agreement):
    silent, beats = began(api, pid=7, worker="elsewhere"), began(api, "fingerprint", pid=8, worker="elsewhere")
    with engine.begin() as conn:
        ledger.flow_works(conn, "fingerprint", beats, host="elsewhere", pid=8)
    agreement.look()
    agreement.look()
    assert api.state(silent) == "RUNNING"
    agreements_patience(agreement)
    assert (api.state(silent), api.state(beats)) == ("CRASHED", "RUNNING")


def test_a_run_that_a_lost_worker_never_began_waits_for_a_worker_again(engine, api, agreement, monkeypatch):
    run = began(api, state="PENDING")
    agreement.look()
    assert api.state(run) == "PENDING"
    monkeypatch.setattr(agreements, "NEVER_BEGUN", 0.0)
    agreement.look()
    assert api.state(run) == "SCHEDULED"


def test_runs_of_other_peoples_deployments_are_not_ours_to_judge(engine, api, agreement):
    flow = api.post("flows/", name="of somebody")
    api.post("deployments/", name="of somebody", flow_id=flow["id"], work_pool_name="darkroom")
    run = api.run("of somebody")
    ended(api, run, "RUNNING")
    agreements_patience(agreement)
    assert api.state(run) == "RUNNING"
