from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from tasks.control import Usage
from tasks.errors import CancelledError
from tasks.media.probe import probe
from tasks.media.tools import MediaTools
from tests.integration.media.samples import Samples


class Runner:
    """Runs one kernel, as a flow would: hears its progress and its events, and may cancel it."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.events: list[tuple[str, str]] = []
        self.usages: list[Usage] = []
        self.on_progress: Callable[[float], None] = lambda fraction: None
        self._kills: list[Callable[[], None]] = []
        self._cancelled = threading.Event()

    def progress(self, fraction: float) -> None:
        self.fractions.append(fraction)
        self.on_progress(fraction)

    def log(self, level: str, message: str, **details: object) -> None:
        self.events.append((level, message))

    def used(self, usage: Usage) -> None:
        self.usages.append(usage)

    def check(self) -> None:
        if self._cancelled.is_set():
            raise CancelledError("cancelled")

    @contextmanager
    def on_cancel(self, kill: Callable[[], None]) -> Iterator[None]:
        self._kills.append(kill)
        try:
            yield
        finally:
            self._kills.remove(kill)

    def cancel(self) -> None:
        self._cancelled.set()
        for kill in list(self._kills):
            kill()


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    return Samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def runner():
    return Runner()


@pytest.fixture
def tools(runner):
    with MediaTools(runner, nice=False) as tools:
        yield tools


@pytest.fixture(scope="module")
def warm_tools(samples):
    """Tools whose media child runs already: for modules of many small tests, to which its start would be half."""
    with MediaTools(nice=False) as tools:
        probe(tools, samples["one-frame.mp4"])
        yield tools


@pytest.fixture(autouse=True)
def _nothing_is_left_running():
    before = psutil.Process().children(recursive=True)
    yield
    left = [process for process in psutil.Process().children(recursive=True) if process not in before]
    assert [process for process in left if _is_ours(process)] == []


def _is_ours(process):
    """Not a backend of the database that the whole session shares, which come and go by themselves."""
    try:
        return process.name() != "postgres"
    except psutil.NoSuchProcess:
        return False
