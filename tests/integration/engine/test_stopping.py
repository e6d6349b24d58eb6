"""What is cancelled, stopped, overdue or lost ends at once, and its result is not written."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db import ledger
from flows import engine as engines
from flows.engine import QueueRun
from tasks.errors import CancelledError
from tests.integration.engine.runs import PREVIEW, PROBE, InThread, Kernel, rows, run, statuses, want
from tests.threads import Threads
from tests.waiting import until


def waits_to_be_killed(begun, killed):
    def kernel(label, control):
        begun.set()
        with control.on_cancel(killed.set):
            killed.wait(60)
            control.check()

    return kernel


def test_a_cancel_reaches_the_kernel_at_once_and_the_row_says_cancelled(engine):
    begun, killed = threading.Event(), threading.Event()
    [job_id] = want(engine, "a")
    flow = InThread(run(engine, waits_to_be_killed(begun, killed)))
    assert begun.wait(60)
    with engine.begin() as conn:
        ledger.cancel_job(conn, job_id)
    assert killed.wait(5)
    flow.join(60)
    assert statuses(engine) == {"a": "cancelled"}


def test_progress_and_events_are_seen_while_the_job_runs(engine):
    finish = threading.Event()

    def kernel(label, control):
        control.progress(0.42)
        control.log("info", "half way", cell=3)
        finish.wait(60)

    want(engine, "a")
    flow = InThread(run(engine, kernel))
    until(lambda: rows(engine, "progress")[0].progress == 42)
    with engine.begin() as conn:
        seen = until(lambda: conn.execute(text("SELECT message, metadata FROM job_events")).all())
    assert [tuple(row) for row in seen] == [("half way", {"cell": 3})]
    finish.set()
    flow.join(60)
    assert rows(engine, "progress")[0].progress == 100


@pytest.mark.parametrize(("cancelled", "status"), [(False, "queued"), (True, "cancelled")])
def test_a_flow_that_is_told_to_stop_ends_its_work_and_gives_it_back_or_cancels_it(
    engine, monkeypatch, cancelled, status
):
    begun, killed = threading.Event(), threading.Event()
    want(engine, "a", "b")
    flow = run(engine, waits_to_be_killed(begun, killed), runner=Threads(cancelled))

    class Signal(BaseException):
        pass

    original = QueueRun._next_wait

    def told_to_stop(self):
        if begun.is_set():
            raise Signal
        original(self)
        return 0.01

    monkeypatch.setattr(QueueRun, "_next_wait", told_to_stop)
    with pytest.raises(Signal):
        flow.work_off()
    assert killed.is_set()
    after = {row.target_label: row for row in rows(engine, "status, attempts, lease_owner")}
    assert (after["a"].status, after["b"].status) == (status, "queued")
    assert (after["a"].attempts, after["a"].lease_owner) == (int(cancelled), None)
    with engine.begin() as conn:
        said = conn.execute(text("SELECT message FROM job_events")).scalars().all()
    assert said == ([engines.CANCELLED_IN_PREFECT] if cancelled else [])


def test_a_lost_lease_kills_the_kernel_and_its_result_is_not_written(engine):
    begun, killed = threading.Event(), threading.Event()
    want(engine, "a")
    work = Kernel(waits_to_be_killed(begun, killed))
    flow = InThread(run(engine, None, work=work))
    assert begun.wait(60)
    with engine.begin() as conn:
        conn.execute(text("UPDATE job_runs SET lease_owner = 'another', lease_expires_at = now() + interval '1 hour'"))
    assert killed.wait(10)
    until(lambda: not flow.queue_run._batches)
    assert [tuple(row) for row in rows(engine, "status, lease_owner")] == [("a", "running", "another")]
    assert work.saved == []
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE job_runs SET status='cancelled', lease_owner=NULL, lease_expires_at=NULL, finished_at=now()")
        )
    flow.join(60)


def test_what_a_process_says_late_of_a_job_that_another_has_taken_over_is_no_part_of_its_story(engine):
    begun, over = threading.Event(), threading.Event()

    def kernel(label, control):
        begun.set()
        assert over.wait(60)
        control.log("info", "Said too late.")

    job = want(engine, "a")[0]
    flow = InThread(run(engine, kernel))
    assert begun.wait(60)
    overtaken = (
        "UPDATE job_runs SET lease_owner = 'another', attempts = 2, lease_expires_at = now() + interval '1 hour'"
    )
    with engine.begin() as conn:
        conn.execute(text(overtaken))
        ledger.add_events(conn, [ledger.Event(job, 2, "info", "preview", "Said in time.")])
    over.set()
    until(lambda: not flow.queue_run._batches)
    with engine.begin() as conn:
        assert conn.scalars(text("SELECT message FROM job_events WHERE attempt > 0")).all() == ["Said in time."]
        conn.execute(
            text("UPDATE job_runs SET status='cancelled', lease_owner=NULL, lease_expires_at=NULL, finished_at=now()")
        )
    flow.join(60)


def test_what_a_dead_process_held_is_taken_over_when_its_lease_ends(engine):
    want(engine, "a", "b")
    with engine.begin() as conn:
        [job] = ledger.claim(conn, PREVIEW, "dead")
        ledger.start(conn, job.id, "dead")
        conn.execute(
            text("UPDATE job_runs SET lease_expires_at = now() + interval '1 second' WHERE lease_owner = 'dead'")
        )
    run(engine, lambda label, control: label).work_off()
    assert [tuple(row) for row in rows(engine, "status, attempts, crashes")] == [
        ("a", "completed", 2, 1),
        ("b", "completed", 1, 0),
    ]


def test_connections_cut_again_and_again_lose_nothing_and_repeat_no_result(engine):
    labels = [str(n) for n in range(200)]
    want(engine, *labels, queue="media-probe")
    stop = threading.Event()

    def cut():
        while not stop.wait(0.2):
            with engine.begin() as conn:
                conn.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                  "WHERE datname = current_database() AND pid <> pg_backend_pid()"))  # fmt: skip

    def all_completed():
        with suppress(OperationalError):
            return set(statuses(engine).values()) == {"completed"}

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        flow = InThread(run(engine, lambda label, control: time.sleep(0.005), queue=PROBE))
        until(all_completed, seconds=60)
    finally:
        stop.set()
        cutter.join()
    flow.join(60)
    assert flow.error is None
    assert {row.attempts for row in rows(engine, "attempts")} == {1}


def test_a_kernel_that_reports_its_own_cancel_without_being_asked_is_cancelled(engine):
    def kernel(label, control):
        raise CancelledError("Cancelled.")

    want(engine, "a")
    run(engine, kernel).work_off()
    assert statuses(engine) == {"a": "cancelled"}


def test_a_job_that_takes_longer_than_it_may_is_stopped_and_says_so(engine):
    want(engine, "slow")
    stopped = threading.Event()

    def kernel(label, control):
        with control.on_cancel(stopped.set):
            stopped.wait(60)
        control.check()

    run(engine, kernel, replace(PREVIEW, time_limit=0.5)).work_off()
    [ended] = rows(engine, "status, error")
    assert (ended.status, "longer than the 0.5 s" in ended.error) == ("failed", True)
    assert stopped.is_set()
