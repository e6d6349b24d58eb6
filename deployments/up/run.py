"""`darkroom up` in the foreground: one home, from its lock to the last process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from darkroom import __version__
from darkroom.settings import Settings
from db.engine import make_engine
from deployments.join import marker
from deployments.prefect_env import MARK, check_prefect, prefect_url
from deployments.up.access import Keys, check_login, make_keys
from deployments.up.leftovers import stop_leftovers, sweep
from deployments.up.lock import PATIENCE, HomeLock
from deployments.up.programs import Programs, page_url
from deployments.up.supervisor import Supervisor
from deployments.warm.service import CODE

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


#: Is told the page's address, and at the first start what that hands out.
OnReady = Callable[[str, Keys | None], object]


def run(settings: Settings, say: Callable[[str], None], on_ready: OnReady) -> None:
    """Start everything, call `on_ready`, and stay until a signal; then stop everything.

    Raises HeldError, StartError or StartError, everything that was started being stopped again.
    """
    check_login(settings)
    check_prefect(settings)
    with HomeLock(settings.home) as lock:
        lock.take(patience=PATIENCE)
        stop_leftovers(settings)
        programs = Programs(settings)
        programs.check_ports()
        supervisor = Supervisor(programs.steps(), say)
        with watchdog(settings), signals(supervisor):
            try:
                _start_and_stay(supervisor, programs, on_ready)
            finally:
                lock.note(stopping=True)
                _state(settings).unlink(missing_ok=True)
                supervisor.stop(lambda: sweep(settings.home))


def _start_and_stay(supervisor: Supervisor, programs: Programs, on_ready: OnReady) -> None:
    supervisor.start()
    if supervisor.stopping.is_set():
        return
    keys = make_keys(programs.settings, programs.urls.darkroom)
    _say_what_runs(programs, supervisor.say)
    _announce(programs.settings)
    told = (page_url(programs.settings, local=True), keys)
    threading.Thread(target=_call, args=(supervisor.say, on_ready, *told), daemon=True).start()
    supervisor.watch()


@contextmanager
def watchdog(settings: Settings) -> Iterator[None]:
    """A process that stops everything when this one is killed: it holds the other end of a pipe."""
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    process = subprocess.Popen(
        [sys.executable, "-m", "deployments.up.watchdog"],
        env={**environment, "DARKROOM_HOME": str(settings.home.absolute())},
        cwd=CODE,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(OSError):
            process.communicate()


@contextmanager
def signals(supervisor: Supervisor) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM stops, the second hurries."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        (supervisor.hurrying if supervisor.stopping.is_set() else supervisor.stopping).set()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_what_runs(programs: Programs, say: Callable[[str], None]) -> None:
    """Write down for other machines what they must have in common with this one."""
    engine = make_engine(programs.urls.darkroom)
    try:
        with engine.begin() as conn:
            marker.register(conn, programs.settings.cache)
    except OSError as error:
        say(f"Generated files cannot be written to {programs.settings.cache}: {error.strerror}.")
    finally:
        engine.dispose()


def _announce(settings: Settings) -> None:
    """Write down for other commands what runs where."""
    state = {
        "pid": os.getpid(),
        "url": page_url(settings, local=True),
        "prefectUrl": prefect_url(settings),
        "version": __version__,
        "startedAt": datetime.now(UTC).isoformat(),
    }
    unfinished = _state(settings).with_suffix(".new")
    unfinished.write_text(json.dumps(state))
    unfinished.replace(_state(settings))


def _state(settings: Settings) -> Path:
    return settings.run / "darkroom.json"


def _call(say: Callable[[str], None], on_ready: OnReady, url: str, keys: Keys | None) -> None:
    """What it cannot do is told; the system runs on."""
    try:
        on_ready(url, keys)
    except Exception as error:
        say(str(error) or repr(error))
