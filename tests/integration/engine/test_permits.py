"""The bound for all of a machine: who goes before whom of those that wait for a processor, in and between processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from flows import locks, permits
from tests.waiting import until

#: Another process, which holds a permit and lets go of it as it is told to.
OTHER = """
import sys
from flows.permits import permit

for line in sys.stdin:
    with permit(lambda: bool(print("waits", flush=True)), int(line)):
        print("holds", flush=True)
        sys.stdin.readline()
    print("let go", flush=True)
"""


@pytest.fixture(autouse=True)
def one_permit(monkeypatch, tmp_path):
    monkeypatch.setattr(permits, "permits", lambda: 1)
    monkeypatch.setattr(locks, "folder", lambda: _made(tmp_path / f"darkroom-{os.getuid()}"))


def _made(folder):
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def other_process(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "DARKROOM_HEAVY_JOBS": "1"}
    program = [sys.executable, "-c", OTHER]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as other:
        try:
            yield other
        finally:
            other.kill()


def tell(other, what):
    other.stdin.write(f"{what}\n")
    other.stdin.flush()


def hears(other, what):
    for line in other.stdout:
        if line.strip() == what:
            return
    raise AssertionError(f"the other process ended and never said: {what}")


def the_next_has_looked():
    with permits.LINE._lock:
        return permits.LINE._word is not None


class Waiting(threading.Thread):
    """One that waits for a permit, and holds it until it may let go."""

    def __init__(self, order, priority=1):
        super().__init__(daemon=True)
        self.order, self.priority = order, priority
        self.in_line, self.gives_up, self.may_let_go = threading.Event(), threading.Event(), threading.Event()
        self.start()
        assert self.in_line.wait(60)

    def run(self):
        with permits.permit(self._given_up, self.priority) as mine:
            self.order.append((self, mine))
            assert self.may_let_go.wait(60)

    def _given_up(self):
        self.in_line.set()
        return self.gives_up.is_set()


def test_a_permit_goes_from_hand_to_hand_in_line_without_a_look(monkeypatch):
    monkeypatch.setattr(permits, "LOOK", 3600)
    order = []
    with permits.permit(lambda: False):
        waiting = [Waiting(order, priority) for priority in (1, 1, 5, 1)]
    for thread in waiting:
        thread.may_let_go.set()
    for thread in waiting:
        thread.join(60)
    first, second, urgent, last = waiting
    assert order == [(urgent, True), (first, True), (second, True), (last, True)]


def test_whoever_gives_up_leaves_the_line_though_those_before_it_wait_on():
    order = []
    with permits.permit(lambda: False):
        before, one = Waiting(order), Waiting(order)
        one.may_let_go.set()
        one.gives_up.set()
        one.join(60)
        assert order == [(one, False)]
    before.may_let_go.set()
    before.join(60)
    assert order == [(one, False), (before, True)]


def test_a_line_that_never_empties_leaves_another_process_its_turn(tmp_path):
    over = threading.Event()

    def work():
        while not over.is_set():
            with permits.permit(over.is_set):
                until(lambda: over.is_set() or the_next_has_looked())

    slots = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for slot in slots:
        slot.start()
    with other_process(tmp_path) as other:
        for _ in range(3):
            tell(other, 1)
            hears(other, "holds")
            tell(other, "let go")
            hears(other, "let go")
    over.set()
    for slot in slots:
        slot.join(60)


def test_a_more_urgent_job_of_another_process_goes_first_and_what_it_held_is_free_when_it_is_killed(tmp_path):
    order = []
    with other_process(tmp_path) as other:
        with permits.permit(lambda: False):
            waiting = [Waiting(order), Waiting(order)]
            tell(other, 10)
            hears(other, "waits")
            hears(other, "waits")  # it has said how urgent it is since the first
        hears(other, "holds")
        assert order == []
        other.kill()
        until(lambda: order)
    for thread in waiting:
        thread.may_let_go.set()
    for thread in waiting:
        thread.join(60)
    assert order == [(waiting[0], True), (waiting[1], True)]
