"""One fault after another under load, and how long each was felt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.acceptance.system import until
from tests.chaos.faults import Fault
from tests.chaos.world import PATIENCE, World

#: Every fault that this process has seen, for whoever prints them.
TOLD: list[Recovery] = []

_RESUMED = """
    SELECT extract(epoch FROM min(at) - %s) FROM chaos.steps WHERE n > %s AND queue = 'preview' AND status = 'completed'
"""


@dataclass(frozen=True)
class Recovery:
    """What happened, how long it was made to last (seconds), how long after its beginning a preview was finished again,
    and how long a job took that the page was asked for once it had happened."""

    fault: str
    lasted: float
    resumed: float
    clicked: float | None

    def __str__(self) -> str:
        clicked = "" if self.clicked is None else f"{self.clicked:10.1f}"
        return f"{self.fault:40} {self.lasted:8.1f} {self.resumed:10.1f} {clicked}"


HEADING = f"{'fault':40} {'lasts, s':>8} {'goes on, s':>10} {'a click, s':>10}"


def suffer(world: World, name: str, fault: Fault, *, click: bool = True) -> Recovery:
    """Let a fault happen in the middle of the work; returns once previews are made again, and with `click` what is new
    is done too."""
    world.keep_busy()
    [(at, step)] = world.rows("SELECT clock_timestamp(), coalesce(max(n), 0) FROM chaos.steps")
    began = time.monotonic()
    try:
        fault(world)
        lasted = time.monotonic() - began
        clicked = world.click() if click else None
        until(lambda: world.previewed_since(step), PATIENCE)
    except AssertionError as error:
        raise AssertionError(f"When {name}: {error}") from error
    [(resumed,)] = world.rows(_RESUMED, at, step)
    told = Recovery(name, lasted, float(resumed), clicked)
    TOLD.append(told)
    return told


def suffer_all(world: World, faults: Mapping[str, Fault]) -> None:
    """One after another, each as soon as previews are made again."""
    for name, fault in faults.items():
        suffer(world, name, fault, click=False)
    world.click()
