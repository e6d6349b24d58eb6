from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deployments.errors import StartError
from deployments.up import supervisor as supervisor_module
from deployments.up.child import Child
from deployments.up.programs import Step
from deployments.up.supervisor import Supervisor
from tests.waiting import until

FOREVER = "import time; time.sleep(1000)"


@pytest.fixture
def child(tmp_path: Path) -> Callable[..., Child]:
    def make(name: str, program: str, **more: object) -> Child:
        return Child(
            name=name,
            argv=[sys.executable, "-c", program],
            env=dict(os.environ),
            cwd=tmp_path,
            log=tmp_path / f"{name}.log",
            **more,
        )

    return make


@contextmanager
def watching(supervisor: Supervisor) -> Iterator[list[BaseException]]:
    """A supervisor that starts and watches in a thread; ends with everything stopped."""
    errors: list[BaseException] = []

    def watch() -> None:
        try:
            supervisor.watch()
        except StartError as error:
            errors.append(error)

    thread = threading.Thread(target=watch)
    try:
        supervisor.start()
        thread.start()
        yield errors
    finally:
        supervisor.stop(lambda: None)
        if thread.ident:
            thread.join()


def _pid(supervisor: Supervisor) -> int:
    process = supervisor.running[0].child.process
    assert process
    return process.pid


def test_a_program_is_started_only_when_what_it_needs_is_ready(child: Callable[..., Child], tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    seen: list[bool] = []

    def second() -> Child:
        seen.append(ready.exists())
        return child("second", FOREVER)

    first = child(
        "first", f"import time, pathlib; time.sleep(0.3); pathlib.Path({str(ready)!r}).touch(); time.sleep(99)"
    )
    first.ready = ready.exists
    steps = [Step("first", (), lambda: first), Step("second", ("first",), second)]

    with watching(Supervisor(steps, lambda _line: None)):
        assert seen == [True]


def test_a_step_that_fails_is_told_with_its_words_and_stops_what_waits_for_it(child: Callable[..., Child]) -> None:
    said: list[str] = []
    steps = [
        Step("other", (), lambda: child("other", FOREVER, ready=lambda: False)),
        Step("broken", (), lambda: child("broken", "raise SystemExit('no such table')"), stays=False),
        Step("after", ("broken",), lambda: pytest.fail("started after a failure")),
    ]
    supervisor = Supervisor(steps, said.append)

    with pytest.raises(StartError, match="broken failed with exit code 1:\nno such table"):
        supervisor.start()
    supervisor.stop(lambda: None)

    assert supervisor.running[0].child.exit_code() is not None
    assert said == []


def test_words_of_an_earlier_start_are_not_given_for_those_of_this_one(child: Callable[..., Child]) -> None:
    for words in ("yesterday", "today"):
        program = child("program", f"raise SystemExit({words!r})", ready=lambda: False)
        program.start()
        with pytest.raises(StartError) as failure:
            program.wait_ready()
    assert failure.value.details == "today"


def test_a_program_that_dies_is_started_again(child: Callable[..., Child], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "BACKOFF", (0.05,))
    supervisor = Supervisor([Step("program", (), lambda: child("program", FOREVER))], lambda _line: None)

    with watching(supervisor) as errors:
        first = _pid(supervisor)
        os.kill(first, signal.SIGKILL)
        until(lambda: _pid(supervisor) != first)
        assert psutil.pid_exists(_pid(supervisor))
        assert errors == []


def test_a_program_that_dies_time_and_again_is_given_up_with_its_words(
    child: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "BACKOFF", (0.05, 0.05))
    step = Step("program", (), lambda: child("program", "raise SystemExit('the disk is full')"))
    supervisor = Supervisor([step], lambda _line: None)

    with watching(supervisor) as errors:
        until(lambda: errors)

    assert "program ended 3 times within 30 seconds of its start and was given up:\n" in str(errors[0])
    assert str(errors[0]).endswith("the disk is full")


def test_what_a_program_started_goes_with_it(child: Callable[..., Child], tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    program = f"""
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
other = subprocess.Popen([sys.executable, "-c", {FOREVER!r}], start_new_session=True)
pathlib.Path({str(note)!r}).write_text(str(other.pid))
time.sleep(1000)
"""
    stubborn = child("stubborn", program, ready=lambda: note.exists() and bool(note.read_text()), stop_seconds=0.3)
    stubborn.start()
    stubborn.wait_ready()
    grandchild = int(note.read_text())
    assert psutil.pid_exists(grandchild)

    stubborn.stop()

    assert stubborn.exit_code() == -signal.SIGKILL
    until(lambda: not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE)


def test_a_second_signal_does_not_wait_for_a_stubborn_program(child: Callable[..., Child]) -> None:
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(1000)"
    stubborn = child("stubborn", program, stop_seconds=1000)
    stubborn.ready = lambda: stubborn.log.stat().st_size > 0
    stubborn.start()
    stubborn.wait_ready()

    stubborn.stop(lambda: True)

    assert stubborn.exit_code() == -signal.SIGKILL
