"""The loop that all queues share, on a real ledger, with plain threads in Prefect's place."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db import ledger
from db.ledger import FollowUp
from flows import batch as batches
from flows import engine as engines
from flows import permits
from flows import shift as shifts_of_slots
from flows.by_target import ByTarget
from flows.engine import QueueRun
from flows.queues import BY_NAME, Retry
from flows.work import Snooze
from tasks.errors import CancelledError, PermanentError, TransientError
from tests.rows import add_folder, add_settings
from tests.threads import Threads

PREVIEW = replace(BY_NAME["preview"], retry=Retry(attempts=3, first_delay=0.05, longest_delay=1), heavy=False)
PROBE = BY_NAME["media-probe"]


class Kernel:
    """A queue's work whose kernel is a function of the job's label and its control."""

    calls_for = ()

    def __init__(self, function):
        self.function, self.saved, self.opened = function, [], 0

    def open(self):
        self.opened += 1
        return nullcontext(self)

    def load(self, conn, jobs):
        return {job.id: job.target_label for job in jobs if job.target_label != "gone"}

    def run(self, tools, job, target, control):
        return self.function(target, control)

    def save(self, conn, done):
        self.saved += [each.target for each in done]
        return []

    def summary(self, result):
        return {"said": result}


def want(engine, *labels, queue="preview"):
    with engine.begin() as conn:
        jobs = [FollowUp(queue, str(n), label) for n, label in enumerate(labels)]
        made = ledger.enqueue(conn, jobs, trigger="manual", priority=1).job_ids
        conn.execute(text("UPDATE job_runs SET max_attempts = 3"))
        return made


def rows(engine, columns="status"):
    with engine.begin() as conn:
        return conn.execute(text(f"SELECT target_label, {columns} FROM job_runs ORDER BY id")).all()


def statuses(engine):
    return dict(tuple(row) for row in rows(engine))


def run(engine, function, queue=PREVIEW, runner=None, work=None):
    return QueueRun(engine, queue, work or Kernel(function), runner or Threads(), str(uuid.uuid4()))


def until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return value


class InThread(threading.Thread):
    """A flow beside the test, and what ended it."""

    def __init__(self, queue_run):
        super().__init__(daemon=True)
        self.queue_run, self.error = queue_run, None
        self.start()

    def run(self):
        try:
            self.queue_run.work_off()
        except BaseException as error:
            self.error = error


def test_a_queue_is_worked_off_and_then_the_flow_leaves(engine):
    want(engine, "a", "b", "c")
    flow = run(engine, lambda label, control: label.upper())
    flow.work_off()
    assert statuses(engine) == {"a": "completed", "b": "completed", "c": "completed"}
    assert [row.result for row in rows(engine, "result")] == [{"said": "A"}, {"said": "B"}, {"said": "C"}]
    assert flow.settled == {"completed": 3}
    with engine.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM queue_flows")).scalar() == 0


class Hearing(Kernel):
    """A kernel that hears of jobs that end without a result."""

    def __init__(self, function):
        super().__init__(function)
        self.heard = []

    def save(self, conn, done):
        self.saved += [(each.target, each.result, each.snoozed) for each in done]
        return []

    def give_up(self, conn, jobs):
        self.heard += [(each.job.target_label, each.error, each.cancelled) for each in jobs]


@pytest.mark.parametrize("queue", [PREVIEW, PROBE], ids=["one", "batch"])
def test_a_job_that_snoozes_comes_back_on_its_row_and_what_it_saw_is_saved_each_time(engine, queue):
    (job,) = want(engine, "download", queue=queue.name)
    looks = iter([1, 2, 3])

    def kernel(label, control):
        look = next(looks)
        control.progress(look / 4)
        return look if look == 3 else Snooze(look, seconds=0.02)

    work = Hearing(kernel)
    flow = run(engine, None, queue=queue, work=work)
    flow.work_off()
    assert work.saved == [("download", 1, True), ("download", 2, True), ("download", 3, False)]
    assert rows(engine, "id, status, attempts") == [("download", job, "completed", 1)]
    assert flow.settled == {"snoozed": 2, "completed": 1}
    assert work.heard == []


def test_work_hears_of_jobs_that_fail_for_good_and_not_of_those_that_are_tried_again(engine):
    tried = []

    def kernel(label, control):
        tried.append(label)
        if label == "permanent":
            raise PermanentError("no codec")
        if label == "exhausted" or len(tried) < 3:
            raise TransientError("away")
        return "fine"

    want(engine, "passing", "permanent", "exhausted")
    work = Hearing(kernel)
    run(engine, None, work=work).work_off()
    assert sorted(work.heard) == [("exhausted", "away", False), ("permanent", "no codec", False)]
    assert statuses(engine) == {"passing": "completed", "permanent": "failed", "exhausted": "failed"}


def test_each_kind_of_error_ends_as_the_design_says(engine):
    def kernel(label, control):
        if label == "bug":
            raise KeyError("x")
        if label in {"corrupt", "busy"}:
            raise {"corrupt": PermanentError, "busy": TransientError}[label](f"{label}: moov atom not found")
        return label

    want(engine, "good", "corrupt", "busy", "bug", "gone")
    run(engine, kernel).work_off()
    after = {row.target_label: row for row in rows(engine, "status, error, attempts")}
    assert {label: row.status for label, row in after.items()} == {
        "good": "completed", "corrupt": "failed", "busy": "failed", "bug": "failed", "gone": "failed"
    }  # fmt: skip
    assert {label: row.attempts for label, row in after.items()} == {
        "good": 1, "corrupt": 1, "busy": 3, "bug": 3, "gone": 1
    }  # fmt: skip
    assert after["corrupt"].error == "corrupt: moov atom not found"
    assert after["bug"].error == "KeyError: 'x'"
    assert after["gone"].error == batches.GONE


def test_a_retry_of_seconds_is_waited_for_and_one_of_hours_is_not(engine):
    tried = []

    def kernel(label, control):
        tried.append(label)
        if tried.count(label) == 1:
            raise TransientError("busy")

    want(engine, "a")
    run(engine, kernel).work_off()
    assert statuses(engine) == {"a": "completed"}
    want(engine, "b")
    later = replace(PREVIEW, retry=Retry(attempts=3, first_delay=7200, longest_delay=7200))
    run(engine, kernel, queue=later).work_off()
    assert statuses(engine)["b"] == "queued"


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
    assert all(0.001 < (row.finished_at - row.started_at).total_seconds() < 0.2
               for row in rows(engine, "started_at, finished_at"))  # fmt: skip


def test_slots_run_side_by_side_up_to_the_settings_number(engine):
    with engine.begin() as conn:
        conn.execute(text("UPDATE library_settings SET background_worker_concurrency = 3"))
    live, most, lock, three = 0, 0, threading.Lock(), threading.Barrier(3)

    def kernel(label, control):
        nonlocal live, most
        with lock:
            live, most = live + 1, max(most, live + 1)
        three.wait(30)
        with lock:
            live -= 1

    want(engine, *"abcdefghi")
    run(engine, kernel).work_off()
    assert most == 3
    assert set(statuses(engine).values()) == {"completed"}


def waits_to_be_killed(begun, killed):
    def kernel(label, control):
        begun.set()
        with control.on_cancel(killed.set):
            killed.wait(10)
            control.check()

    return kernel


def test_a_cancel_reaches_the_kernel_at_once_and_the_row_says_cancelled(engine):
    begun, killed = threading.Event(), threading.Event()
    [job_id] = want(engine, "a")
    flow = InThread(run(engine, waits_to_be_killed(begun, killed)))
    assert begun.wait(10)
    with engine.begin() as conn:
        ledger.cancel_job(conn, job_id)
    clicked = time.monotonic()
    assert killed.wait(5)
    assert time.monotonic() - clicked < 1
    flow.join(10)
    assert statuses(engine) == {"a": "cancelled"}


def test_progress_and_events_are_seen_while_the_job_runs(engine):
    finish = threading.Event()

    def kernel(label, control):
        control.progress(0.42)
        control.log("info", "half way", cell=3)
        finish.wait(10)

    want(engine, "a")
    flow = InThread(run(engine, kernel))
    until(lambda: rows(engine, "progress")[0].progress == 42)
    with engine.begin() as conn:
        seen = until(lambda: conn.execute(text("SELECT message, metadata FROM job_events")).all())
    assert [tuple(row) for row in seen] == [("half way", {"cell": 3})]
    finish.set()
    flow.join(10)
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
    assert followed[0].size == PROBE.grain
    found = Counter(tuple(row)[1:] for row in rows(engine, "status, attempts, lease_owner"))
    assert set(found) == {("completed", 1, None), ("queued", 0, None)}


def test_a_lost_lease_kills_the_kernel_and_its_result_is_not_written(engine):
    begun, killed = threading.Event(), threading.Event()
    want(engine, "a")
    work = Kernel(waits_to_be_killed(begun, killed))
    flow = InThread(run(engine, None, work=work))
    assert begun.wait(10)
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
    flow.join(10)


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
        until(all_completed, 60)
    finally:
        stop.set()
        cutter.join()
    flow.join(30)
    assert flow.error is None
    assert {row.attempts for row in rows(engine, "attempts")} == {1}


def test_queues_that_got_work_are_started_once(engine):
    runner, work = Threads(), Kernel(lambda label, control: None)
    work.calls_for = ("fingerprint", "media-probe")
    want(engine, "a")
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("fingerprint", "1", "a")], trigger="library-scan", priority=1)
    run(engine, None, runner=runner, work=work).work_off()
    assert runner.started == ["fingerprint"]


def test_a_library_scans_run_fills_and_starts_the_other_scans_too(engine):
    with engine.begin() as conn:
        add_folder(conn, "/media/everything")
        add_folder(conn, "/media/music", scan_movies=False, scan_series=False, scan_images=False)
        add_folder(conn, "/media/off", enabled=False)
    others = run(engine, lambda label, _: label, queue=BY_NAME["library-scan"])
    made = others.enqueue(trigger="manual", everything=False)
    assert (made.enqueued, made.skipped) == (4, 0)
    others.work_off()
    assert rows(engine, "queue_name, status") == [
        ("/media/everything", "library-scan", "completed"),
        ("/media/everything", "gallery-scan", "queued"),
        ("/media/everything", "audio-scan", "queued"),
        ("/media/music", "audio-scan", "queued"),
    ]
    assert set(others.runner.started) == {"gallery-scan", "audio-scan"}


def test_a_queue_hands_each_type_of_target_to_its_own_work_and_tools(engine):
    works = {"loud": Kernel(lambda label, _: label.upper()), "long": Kernel(lambda label, _: label * 2)}
    unused = Kernel(None)
    with engine.begin() as conn:
        named = enumerate(zip("abcd", [*works] * 2, strict=True))
        jobs = [FollowUp("preview", str(n), name, kind) for n, (name, kind) in named]
        ledger.enqueue(conn, jobs, trigger="manual", priority=1)
    run(engine, None, work=ByTarget({**works, "other": unused})).work_off()
    said = {row.target_label: row.result["said"] for row in rows(engine, "result")}
    assert said == {"a": "A", "b": "bb", "c": "C", "d": "dd"}
    assert [work.saved for work in works.values()] == [["a", "c"], ["b", "d"]]
    assert [work.opened for work in (*works.values(), unused)] == [1, 1, 0]


def test_work_that_comes_as_the_flow_leaves_is_done_by_it(engine, monkeypatch):
    late, original = [], engines.ledger.flow_left

    def left(conn, flow_run):
        original(conn, flow_run)
        if not late:
            late.append(want(engine, "late"))

    monkeypatch.setattr(engines.ledger, "flow_left", left)
    run(engine, lambda label, control: label).work_off()
    assert statuses(engine) == {"late": "completed"}


def test_a_kernel_that_reports_its_own_cancel_without_being_asked_is_cancelled(engine):
    def kernel(label, control):
        raise CancelledError("Cancelled.")

    want(engine, "a")
    run(engine, kernel).work_off()
    assert statuses(engine) == {"a": "cancelled"}


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
    beside.join(20)
    assert statuses(engine)["a"] in ("queued", "completed")


def test_of_those_that_wait_for_a_processor_the_more_urgent_gets_it(monkeypatch, tmp_path):
    monkeypatch.setattr(permits, "permits", lambda: 1)
    monkeypatch.setattr(permits, "_folder", lambda: tmp_path)
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
        thread.join(20)
    assert order == [20, 10, 5, 1]


def test_a_job_that_takes_longer_than_it_may_is_stopped_and_says_so(engine):
    want(engine, "slow")
    stopped = threading.Event()

    def kernel(label, control):
        with control.on_cancel(stopped.set):
            stopped.wait(20)
        control.check()

    run(engine, kernel, replace(PREVIEW, time_limit=0.5)).work_off()
    [ended] = rows(engine, "status, error")
    assert (ended.status, "longer than the 0.5 s" in ended.error) == ("failed", True)
    assert stopped.is_set()
