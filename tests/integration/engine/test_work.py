"""A flow works its queue off, whatever becomes of each job, and leaves."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from sqlalchemy import text

from db import ledger
from db.ledger import FollowUp
from flows import batch as batches
from flows import engine as engines
from flows.by_target import ByTarget
from flows.queues import BY_NAME, Retry
from flows.work import Snooze
from tasks.control import Usage
from tasks.errors import PermanentError, TransientError
from tests.integration.engine.runs import PREVIEW, PROBE, InThread, Kernel, rows, run, statuses, want
from tests.rows import add_folder
from tests.threads import Threads
from tests.waiting import until


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


def test_while_no_other_flow_could_be_started_one_stays_and_does_what_comes(engine, monkeypatch):
    monkeypatch.setattr(engines, "LOOK", 0.05)
    runner = Threads()
    runner.answers = False
    flow = InThread(run(engine, lambda label, control: None, runner=runner))
    until(lambda: runner.asked > 1)
    with engine.begin() as conn:
        assert ledger.queues_to_start(conn, ["preview"]) == []
    want(engine, "a")
    until(lambda: statuses(engine) == {"a": "completed"})
    assert flow.is_alive()
    runner.answers = True
    flow.join(60)
    assert flow.error is None
    assert not flow.is_alive()


def test_what_an_attempts_children_have_used_is_kept_with_its_row_and_told_where_it_went_wrong(engine):
    ends = iter((TransientError("busy"), None))

    def kernel(label, control):
        control.used(Usage(cpu=1.5, memory=3000))
        control.used(Usage(cpu=0.25, memory=9000, ended="ffmpeg: exit code 1"))
        if error := next(ends):
            raise error

    (job,) = want(engine, "a")
    run(engine, kernel).work_off()
    assert rows(engine, "status, cpu_seconds, peak_memory") == [("a", "completed", 1.75, 9000)]
    with engine.begin() as conn:
        ((attempt, told),) = conn.execute(
            text("SELECT attempt, metadata FROM job_events WHERE job_id = :id"), {"id": job}
        )
    assert attempt == 1
    assert told["used"] == {"cpuSeconds": 1.75, "peakMemory": 9000, "ended": "ffmpeg: exit code 1"}
    assert told["process"].endswith(f":{os.getpid()}")


def test_a_job_without_children_has_used_nothing_that_is_known(engine):
    want(engine, "a")
    run(engine, lambda label, control: label).work_off()
    assert rows(engine, "cpu_seconds, peak_memory") == [("a", None, None)]
