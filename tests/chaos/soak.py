"""Half an hour of random faults under load: `python -m tests.chaos.soak --minutes 30 --seed 7`.

It tells what it does as it does it, and at the end whether everything held. The seed decides which faults come, in what
order and how soon after one another; what the system makes of them is its own.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from tests.chaos import faults, invariants
from tests.chaos.faults import Fault
from tests.chaos.story import Recovery, suffer
from tests.chaos.world import World, a_world, can_mount

#: By how often they come: what happens to people often, and what takes long, seldom.
WEIGHTS = {
    "everything is killed": 0.3,
    "Prefect's API is silent for a minute": 0.2,
    "Prefect's API fails for a minute": 0.2,
}
#: The longest pause between two faults (seconds); none is the shortest.
PAUSE = 5.0
#: Every so many faults the system may come to rest, and everything is looked at.
EVERY = 12


def main() -> int:
    """Run the soak; 0 when everything held."""
    arguments = _arguments()
    os.nice(arguments.nice)
    print(f"Seed {arguments.seed}, {arguments.minutes:g} minutes.", flush=True)
    chance, story = random.Random(arguments.seed), Story()
    with a_world(arguments.copies) as world:
        found = _soak(world, chance, story, arguments.minutes * 60)
        story.end(world, found)
        if found:
            story.keep(world)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--copies", type=int, default=100, help="how many clips keep the previews busy")
    parser.add_argument("--nice", type=int, default=10)
    return parser.parse_args()


class Story:
    """What is told while it happens, and summed up at the end."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.told: list[Recovery] = []

    def say(self, words: str) -> None:
        """One line, with the minutes and seconds since the beginning."""
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        print(f"{minutes:3}:{seconds:02} {words}", flush=True)

    def tell(self, told: Recovery) -> None:
        """One fault."""
        self.told.append(told)
        self.say(f"{told.fault}: {told.lasted:.1f} s; no preview for {told.stalled:.1f} s")

    def end(self, world: World, found: Sequence[str]) -> None:
        """The sums."""
        by_fault = defaultdict(list)
        for told in self.told:
            by_fault[told.fault].append(told.stalled)
        print(f"\n{'fault':40} {'times':>5} {'median, s':>10} {'longest, s':>10}")
        for fault, times in sorted(by_fault.items()):
            print(f"{fault:40} {len(times):5} {median(times):10.1f} {max(times):10.1f}")
        [(jobs, ended)] = world.rows(
            "SELECT count(DISTINCT job_id), count(DISTINCT job_id) FILTER (WHERE status IN"
            " ('completed', 'failed', 'cancelled')) FROM chaos.steps"
        )
        self.say(f"{len(self.told)} faults, {jobs} jobs, {ended} of them ended, {jobs - ended} lost.")
        for line in found:
            self.say(f"BROKEN {line}")

    def keep(self, world: World) -> None:
        """The logs, for whoever looks into it."""
        self.say(f"The logs of what broke are in {world.keep_logs()}.")


def _soak(world: World, chance: random.Random, story: Story, seconds: float) -> list[str]:
    """Let faults happen for so long; what broke, at the first look that finds anything."""
    possible = _possible()
    deadline, names = time.monotonic() + seconds, list(possible)
    weights = [WEIGHTS.get(name, 1.0) for name in names]
    number = 0
    while time.monotonic() < deadline:
        number += 1
        [name] = chance.choices(names, weights)
        time.sleep(chance.uniform(0, PAUSE))
        try:
            story.tell(suffer(world, name, possible[name], click=False))
        except AssertionError as error:
            return [str(error), *_look(world, story)]
        if number % EVERY == 0 and (found := _look(world, story)):
            return found
    return _look(world, story)


def _look(world: World, story: Story) -> list[str]:
    """Wait for rest, then look at everything."""
    began = time.monotonic()
    world.rest()
    found = invariants.broken(world)
    story.say(f"At rest and looked at within {time.monotonic() - began:.0f} s: {len(found)} broken.")
    return found


def _possible() -> dict[str, Fault]:
    return {**faults.SHORT, **faults.LONG, **(faults.ON_A_SMALL_DISK if can_mount() else {})}


if __name__ == "__main__":
    sys.exit(main())
