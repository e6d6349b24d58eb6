"""One fault after another under load, and how long each was felt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.chaos.faults import Fault
from tests.chaos.world import PATIENCE, World
from tests.waiting import until

#: Every fault that this process has seen, for whoever prints them.
TOLD: list[Recovery] = []

# From the fault to the first preview that was finished after it, the longest time without one.
_STALLED = """
    WITH done AS (
        SELECT at FROM chaos.steps WHERE n > %s AND queue = 'preview' AND status = 'completed' AND n <= (
            SELECT min(n) FROM chaos.steps WHERE n > %s AND queue = 'preview' AND status = 'completed')
        UNION ALL SELECT CAST(%s AS timestamptz)
    ) SELECT coalesce(extract(epoch FROM max(gap)), 0) FROM (SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM done) g
"""


@dataclass(frozen=True)
class Recovery:
    """What happened, how long it was made to last (seconds), the longest time in which no preview was finished, and how
    long a job took that the page was asked for once it had happened."""

    fault: str
    lasted: float
    stalled: float
    clicked: float | None

    def __str__(self) -> str:
        clicked = "" if self.clicked is None else f"{self.clicked:10.1f}"
        return f"{self.fault:40} {self.lasted:8.1f} {self.stalled:10.1f} {clicked}"


HEADING = f"{'fault':40} {'lasts, s':>8} {'stalls, s':>10} {'a click, s':>10}"


def suffer(world: World, name: str, fault: Fault, *, click: bool = True) -> Recovery:
    """Let a fault happen in the middle of the work; returns once previews are made again, and with `click` what is new
    is done too."""
    try:
        with world.kept_busy():
            [(at, before)] = world.rows("SELECT clock_timestamp(), coalesce(max(n), 0) FROM chaos.steps")
            began = time.monotonic()
            fault(world)
            lasted, after = time.monotonic() - began, world.step()
            clicked = world.click() if click else None
            until(lambda: world.previewed_since(after), seconds=PATIENCE)
    except AssertionError as error:
        raise AssertionError(f"When {name}: {error}") from error
    [(stalled,)] = world.rows(_STALLED, before, after, at)
    told = Recovery(name, lasted, float(stalled), clicked)
    TOLD.append(told)
    return told


def suffer_all(world: World, faults: Mapping[str, Fault]) -> None:
    """One after another, each as soon as previews are made again."""
    for name, fault in faults.items():
        suffer(world, name, fault, click=False)
    world.click()
