"""How many jobs run side by side, with which tools, and within which bounds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from db import ledger
from db.ledger import FollowUp
from flows import batch as batches
from flows import permits
from flows import shift as shifts_of_slots
from flows.engine import QueueRun
from tests.integration.engine.runs import PREVIEW, PROBE, InThread, Kernel, rows, run, statuses, want
from tests.rows import add_settings
from tests.threads import Threads
from tests.waiting import until


def test_slots_that_wait_for_a_processor_share_the_tools_of_those_that_have_one(engine, monkeypatch):
    @contextmanager
    def one_at_a_time(*_):
        with processor:
            yield True

    processor = threading.Lock()
    monkeypatch.setattr(batches, "permit", one_at_a_time)
    want(engine, *map(str, range(6)))
    work = Kernel(lambda label, control: time.sleep(0.01))
    run(engine, None, queue=replace(PREVIEW, heavy=True, slots=4, scales=False), work=work).work_off()
    assert set(statuses(engine).values()) == {"completed"}
    assert work.opened == 1


def test_a_batch_shares_one_tool_and_settles_with_true_times(engine):
    labels = [str(n) for n in range(60)]
    want(engine, *labels, queue="media-probe")
    work = Kernel(lambda label, control: time.sleep(0.002))
    run(engine, None, queue=PROBE, work=work).work_off()
    assert set(statuses(engine).values()) == {"completed"}
    assert work.opened == 1
    assert work.saved == labels
    times = rows(engine, "started_at, finished_at")
    took = [(row.finished_at - row.started_at).total_seconds() for row in times]
    together = max(row.finished_at for row in times) - min(row.started_at for row in times)
    assert min(took) > 0.001
    assert sum(took) <= 1.1 * together.total_seconds(), "one after the other: none took as long as its batch"


def test_slots_run_side_by_side_up_to_the_settings_number(engine):
    with engine.begin() as conn:
        conn.execute(text("UPDATE library_settings SET background_worker_concurrency = 3"))
    live, most, lock, three = 0, 0, threading.Lock(), threading.Barrier(3)

    def kernel(label, control):
        nonlocal live, most
        with lock:
            live, most = live + 1, max(most, live + 1)
        three.wait(60)
        with lock:
            live -= 1

    want(engine, *"abcdefghi")
    run(engine, kernel).work_off()
    assert most == 3
    assert set(statuses(engine).values()) == {"completed"}


def test_what_short_jobs_wait_for_a_processor_does_not_split_the_task_run_that_they_share(engine, monkeypatch):
    now = [0.0]

    @contextmanager
    def after_a_while(*_):
        now[0] += 60
        yield True

    def kernel(label, control):
        now[0] += shifts_of_slots.LENGTH_OF_SINGLES / 2

    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(batches, "time", clock)
    monkeypatch.setattr(shifts_of_slots, "time", clock)
    monkeypatch.setattr(batches, "permit", after_a_while)
    want(engine, *map(str, range(6)))
    runner, shifts = Threads(), []
    # one after another: nobody else takes the slot between two claims
    runner.submit = lambda shift, ended: (shifts.append(shift), shift.run(), ended())
    run(engine, kernel, replace(PREVIEW, heavy=True, slots=1, scales=False), runner).work_off()
    assert [shift.settled["completed"] for shift in shifts] == [2, 2, 2]


def test_a_slot_goes_on_claiming_short_jobs_in_one_task_run_and_leaves_room_for_more_urgent_ones(engine, monkeypatch):
    monkeypatch.setattr(shifts_of_slots, "LENGTH", 60)
    labels = [str(n) for n in range(300)]
    want(engine, *labels, queue="media-probe")
    done, runner, shifts = [], Threads(), []
    submit = runner.submit
    runner.submit = lambda shift, ended: (shifts.append(shift), submit(shift, ended))

    def kernel(label, control):
        if label == "7":
            with engine.begin() as conn:
                ledger.enqueue(conn, [FollowUp("media-probe", "u", "urgent")], trigger="manual", priority=10)
        done.append(label)

    run(engine, kernel, queue=PROBE, runner=runner).work_off()
    assert done == [*labels[:25], "urgent", *labels[25:]]
    assert sum(shift.settled["completed"] for shift in shifts) == 301
    assert max(shift.settled["completed"] for shift in shifts) > PROBE.grain
    assert str(shifts[0]) == "0 and more"


def test_a_flow_that_is_told_to_stop_while_a_slot_claims_on_leaves_nothing_leased(engine, monkeypatch):
    monkeypatch.setattr(shifts_of_slots, "LENGTH", 60)
    want(engine, *map(str, range(400)), queue="media-probe")
    flow = run(engine, lambda label, control: None, queue=PROBE)
    lease, look, followed = QueueRun._lease, QueueRun._next_wait, []

    class Signal(BaseException):
        pass

    def lease_and_dither(self):
        batch = lease(self)
        if batch and threading.current_thread() is not threading.main_thread():
            followed.append(batch)
            self._wake.set()
            until(self._stopping.is_set)
        return batch

    def told_to_stop(self):
        if followed:
            raise Signal
        return look(self)

    monkeypatch.setattr(QueueRun, "_lease", lease_and_dither)
    monkeypatch.setattr(QueueRun, "_next_wait", told_to_stop)
    with pytest.raises(Signal):
        flow.work_off()
    assert followed[0].size >= PROBE.grain
    found = Counter(tuple(row)[1:] for row in rows(engine, "status, attempts, lease_owner"))
    assert set(found) == {("completed", 1, None), ("queued", 0, None)}


def test_heavy_jobs_are_bounded_for_the_machine_whatever_the_slots(engine, monkeypatch):
    monkeypatch.setattr(permits, "permits", lambda: 1)
    with engine.begin() as conn:
        add_settings(conn, background_worker_concurrency=4)
    want(engine, "a", "b", "c", "d")
    at_once, most, lock = [], [0], threading.Lock()

    def kernel(label, control):
        with lock:
            at_once.append(label)
            most[0] = max(most[0], len(at_once))
            running = [row.target_label for row in rows(engine) if row.status == "running"]
        assert running == [label]
        time.sleep(0.05)
        with lock:
            at_once.remove(label)

    run(engine, kernel, replace(PREVIEW, heavy=True)).work_off()
    assert most == [1]
    assert set(statuses(engine).values()) == {"completed"}


def test_a_heavy_job_that_waits_for_the_machine_is_given_back_when_its_flow_stops(engine, monkeypatch):
    monkeypatch.setattr(permits, "permits", lambda: 1)
    want(engine, "a")
    flow = run(engine, lambda label, control: label, replace(PREVIEW, heavy=True))
    with permits.permit(lambda: False) as mine:
        assert mine
        beside = InThread(flow)
        until(lambda: rows(engine, "lease_owner")[0].lease_owner)
        flow.stop(cancel=False)
        until(lambda: rows(engine, "lease_owner")[0].lease_owner is None)
    beside.join(60)
    assert statuses(engine)["a"] in ("queued", "completed")


def test_of_those_that_wait_for_a_processor_the_more_urgent_gets_it(monkeypatch):
    monkeypatch.setattr(permits, "permits", lambda: 1)
    looked, order = set(), []

    def wait(priority):
        with permits.permit(lambda: looked.add(priority), priority) as mine:
            assert mine
            order.append(priority)

    threads = [threading.Thread(target=wait, args=(priority,)) for priority in (1, 5, 20, 10)]
    with permits.permit(lambda: False):
        for thread in threads:
            thread.start()
        until(lambda: len(looked) == 4)
    for thread in threads:
        thread.join(60)
    assert order == [20, 10, 5, 1]
