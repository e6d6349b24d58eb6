"""Other people's programs: whether the indexers, clients and stash-boxes that are set up answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from functools import partial
from typing import Any

from sqlalchemy import Engine

from db import identify
from db.requests import REFUSED_WAIT
from ops_api import models
from ops_api.health.check import Check
from ops_api.identify import IdentifyDesk
from ops_api.programs import KINDS, ProgramDesk
from ops_api.secrets import SecretsAwayError

GROUP = "Other programs"
#: What is asked, and what it is called. Library servers have lines of their own; to try a target would send a message.
ASKED = {"indexer": "Indexer", "download-client": "Download client"}
#: Seconds: how long an answer is good, how long one that is bad, and how long the page waits for all of them.
GOOD, BAD, PATIENCE = 300.0, 60.0, 4.0
#: What to do about it.
PUT_RIGHT = "Put it right there or on the Integrations page, then test it: its downloads wait for that."

Tested = models.ProgramTested | models.StashBoxTested


class Peers:
    """Asks each program now and then, and remembers what it said."""

    def __init__(self, engine: Engine, programs: ProgramDesk, identify_desk: IdentifyDesk) -> None:
        self._engine, self._programs, self._identify = engine, programs, identify_desk
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="peers")
        self._said: dict[str, tuple[float, Future[Tested]]] = {}

    def checks(self) -> Iterator[Check]:
        """A line for each program that is enabled; none where none is set up."""
        until = time.monotonic() + PATIENCE
        asked = [(name, refuses, self._ask(key, ask, refuses)) for name, key, ask, refuses in self._enabled()]
        for name, refuses, answer in asked:
            yield _line(name, answer, max(0.0, until - time.monotonic()), refuses)

    def close(self) -> None:
        """Ask nobody any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _enabled(self) -> Iterable[tuple[str, str, Callable[[], Tested], bool]]:
        with self._engine.connect() as conn:
            rows: list[tuple[str, Any]] = [
                (kind, row) for kind in ASKED for row in KINDS[kind].programs.all(conn) if row.enabled
            ]
            boxes = identify.enabled_boxes(conn)
        for kind, row in rows:
            yield f"{ASKED[kind]} {row.name}", repr(row), partial(self._programs.test, kind, row.id), _refuses(row)
        for box in boxes:
            yield f"Stash-box {box.name}", repr(box), partial(self._identify.test_box, box.id), False

    def _ask(self, key: str, ask: Callable[[], Tested], refuses: bool) -> Future[Tested]:
        at, said = self._said.get(key, (0.0, None))
        bad = REFUSED_WAIT if refuses else BAD
        if said is None or (said.done() and time.monotonic() - at > (GOOD if _is_good(said) else bad)):
            said = self._pool.submit(ask)
            self._said[key] = (time.monotonic(), said)
        return said


def _refuses(row: Any) -> bool:
    return getattr(row, "trouble", None) is not None


def _is_good(said: Future[Tested]) -> bool:
    return said.exception() is None and said.result().ok


def _line(name: str, answer: Future[Tested], seconds: float, refuses: bool) -> Check:
    try:
        tested = answer.result(seconds)
    except LateError:
        return Check(GROUP, name, "warn", "It has not answered yet.", "Is it there, and not too busy?")
    except (SecretsAwayError, LookupError) as error:
        return Check(GROUP, name, "warn", str(error), "Look again in a minute.")
    remedy = None if tested.ok else PUT_RIGHT if refuses else "Start it, or set it right in the settings."
    return Check(GROUP, name, "ok" if tested.ok else "bad", tested.message, remedy)
