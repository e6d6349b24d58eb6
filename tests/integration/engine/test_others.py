"""The queues that a flow gives work to go along with it in its process, or get flow runs of their own."""

from __future__ import annotations

import threading

import pytest

from db import ledger
from db.ledger.notify import notify
from flows import engine as engines
from flows import others
from flows.engine import QueueRun, ToldToEndError
from flows.others import Along
from flows.queues import BY_NAME
from tests.integration.engine.runs import InThread, Kernel, rows, run, want
from tests.integration.engine.test_stopping import waits_to_be_killed
from tests.threads import Threads
from tests.waiting import until


class Together(Threads):
    """Runs what goes along in a thread; remembers what was asked for instead, and what ended each."""

    def __init__(self, engine, kernel):
        super().__init__()
        self.engine, self.kernel, self.here, self.left, self.ended_by = engine, kernel, [], [], []

    def take_along(self, name, ended):
        beside = run(self.engine, self.kernel, queue=BY_NAME[name])
        along = Along(beside.flow_run)
        self.here.append(name)
        threading.Thread(target=self._go_along, args=(beside, along, ended), daemon=True).start()
        return along

    def _go_along(self, beside, along, ended):
        along.begins(beside.end)
        try:
            beside.work_off()
        except BaseException as error:
            self.ended_by.append(error)
        finally:
            self.left.append(beside.queue.name)
            along.over.set()
            ended()


def gives_work_to(*names):
    work = Kernel(lambda label, control: None)
    work.calls_for = names
    return work


def of(engine, queue):
    return [row.status for row in rows(engine, "queue_name, status") if row.queue_name == queue]


def test_a_queue_with_little_to_do_goes_along_and_its_flow_waits_for_it(engine):
    finish = threading.Event()
    runner = Together(engine, lambda label, control: finish.wait(60))
    want(engine, "a")
    want(engine, "b", "c", queue="extract-subtitles")
    flow = InThread(run(engine, None, work=gives_work_to("extract-subtitles"), runner=runner))
    until(lambda: of(engine, "extract-subtitles").count("running") == 1)
    assert flow.is_alive()
    finish.set()
    flow.join(60)
    assert (flow.error, runner.here, runner.started) == (None, ["extract-subtitles"], [])
    assert of(engine, "preview") + of(engine, "extract-subtitles") == ["completed"] * 3


def test_a_queue_with_much_to_do_gets_a_flow_run_of_its_own(engine, monkeypatch):
    monkeypatch.setattr(others, "MANY", 1)
    runner = Together(engine, None)
    want(engine, "b", "c", queue="extract-subtitles")
    run(engine, None, work=gives_work_to("extract-subtitles"), runner=runner).work_off()
    assert (runner.here, runner.started) == ([], ["extract-subtitles"])


def test_a_flow_that_stays_at_its_own_work_has_others_started_meanwhile(engine, monkeypatch):
    monkeypatch.setattr(others, "SOON", 0)
    monkeypatch.setattr(others, "SOME", 0)
    runner = Together(engine, None)
    work = gives_work_to("extract-subtitles")
    work.function = lambda label, control: until(lambda: runner.started)
    want(engine, "a")
    want(engine, "b", queue="extract-subtitles")
    run(engine, None, work=work, runner=runner).work_off()
    assert (runner.here, runner.started) == ([], ["extract-subtitles"])


def test_a_flow_that_gives_others_little_at_a_time_has_none_started_before_its_end(engine, monkeypatch):
    monkeypatch.setattr(others, "SOON", 0)
    runner = Together(engine, lambda label, control: None)
    want(engine, "a", "b", "c")
    want(engine, "d", queue="extract-subtitles")
    run(engine, None, work=gives_work_to("extract-subtitles"), runner=runner).work_off()
    assert (runner.here, runner.started) == (["extract-subtitles"], [])


def test_a_queue_that_is_given_a_little_again_waits_until_nothing_here_gives_it_more(engine, monkeypatch):
    given, finish = threading.Event(), threading.Event()

    def kernel(label, control):
        if label == "gives":
            want(engine, "first", queue="image-fingerprint")
            until(lambda: runner.left == ["image-fingerprint"])
            want(engine, "second", "third", queue="image-fingerprint")
            given.set()
            assert finish.wait(60)

    runner = Together(engine, kernel)
    want(engine, "gives", queue="image-thumbnail")
    work = gives_work_to("image-thumbnail", "image-fingerprint")
    flow = InThread(run(engine, None, work=work, runner=runner))
    assert given.wait(60)
    looked = threading.Event()
    look, asked = flow.queue_run._others.start, runner.asked
    monkeypatch.setattr(flow.queue_run._others, "start", lambda **given: (look(**given), looked.set()))
    flow.queue_run._wake.set()
    assert looked.wait(60)
    assert of(engine, "image-fingerprint").count("queued") == 2
    # nor is Prefect asked at each look whether it would answer
    assert runner.asked == asked
    finish.set()
    flow.join(60)
    assert (flow.error, runner.here) == (None, ["image-thumbnail", *["image-fingerprint"] * 2])


def test_news_of_the_others_are_no_reason_to_ask_for_more_of_ones_own(engine, monkeypatch):
    claims, finish = [], threading.Event()
    claim = ledger.claim
    monkeypatch.setattr(ledger, "claim", lambda *given: claims.append(given[1].name) or claim(*given))
    work = gives_work_to("extract-subtitles")
    work.function = lambda label, control: finish.wait(60)
    want(engine, "a")
    flow = InThread(run(engine, None, work=work))
    until(lambda: of(engine, "preview") == ["running"] and claims[-1:] == ["preview"])
    before = len(claims)
    looks = []
    monkeypatch.setattr(flow.queue_run._others, "start", lambda **given: looks.append(given))
    for number in range(20):
        with engine.begin() as conn:
            notify(conn, "enqueued", queues=["extract-subtitles"])
        until(lambda number=number: len(looks) > number)
    assert len(claims) - before <= 1
    finish.set()
    flow.join(60)
    assert flow.error is None


@pytest.mark.parametrize(("cancel", "status"), [(False, "queued"), (True, "cancelled")])
def test_what_goes_along_ends_with_its_flow(engine, cancel, status):
    begun, killed = threading.Event(), threading.Event()
    runner = Together(engine, waits_to_be_killed(begun, killed))
    want(engine, "a", queue="extract-subtitles")
    flow: QueueRun = run(engine, None, work=gives_work_to("extract-subtitles"), runner=runner)
    beside = InThread(flow)
    assert begun.wait(60)
    flow.end(cancel)
    beside.join(60)
    assert killed.is_set()
    assert [type(error) for error in (beside.error, *runner.ended_by)] == [ToldToEndError] * 2
    assert of(engine, "extract-subtitles") == [status]


def test_only_one_of_two_that_look_at_the_same_moment_starts_a_queue(engine):
    want(engine, "a")
    with engine.begin() as one, engine.begin() as other:
        assert ledger.may_start(one, "preview")
        assert not ledger.may_start(other, "preview")


def test_a_scan_that_is_at_work_is_left_to_start_the_scans_that_it_fills(engine):
    want(engine, "a", queue="gallery-scan")
    with engine.begin() as conn:
        assert ledger.queues_to_start(conn) == ["gallery-scan"]
        ledger.flow_asked(conn, "library-scan", "8f14e45f-ceea-467f-9d9b-6a1c1f6a3a41")
        assert ledger.queues_to_start(conn) == []
        assert ledger.queues_to_start(conn, ["gallery-scan"]) == ["gallery-scan"]


def test_others_are_not_asked_for_before_that_can_be_answered(engine, monkeypatch):
    monkeypatch.setattr(engines, "LOOK", 0.05)
    runner = Together(engine, lambda label, control: None)
    runner.answers = False
    want(engine, "a", queue="extract-subtitles")
    flow = InThread(run(engine, None, work=gives_work_to("extract-subtitles"), runner=runner))
    until(lambda: runner.asked > 3)
    assert (runner.here, runner.started) == ([], [])
    runner.answers = True
    flow.join(60)
    assert (flow.error, runner.here) == (None, ["extract-subtitles"])
    assert of(engine, "extract-subtitles") == ["completed"]
