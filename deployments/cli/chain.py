"""Waiting for some jobs and all that they lead to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf
from typing import Any

from deployments.cli.client import PAGE, Client
from deployments.cli.errors import UnreachableError
from deployments.cli.output import say, table
from deployments.cli.progress import ENDED, View, counts
from ops_api.words import counted

#: Seconds between two looks at the chain: also the most often that a line of progress may change.
LOOK_EVERY = 1.0
#: Seconds that the system may be away (it is being restarted) before waiting for it ends.
PATIENCE = 15.0
#: Failures that a terminal is shown one by one.
TOLD = 50


@dataclass(frozen=True)
class Outcome:
    """What became of some jobs and their chain, as the system tells it. `finished` is false when time was up first."""

    jobs: list[dict[str, Any]]
    chain: dict[str, Any]

    @property
    def finished(self) -> bool:
        """Nothing of the chain is queued or running."""
        return bool(self.chain["finished"])

    def answer(self) -> dict[str, Any]:
        """The object that `scan --wait --json` ends with."""
        queues = {name: {word: states.get(word, 0) for word in ENDED} for name, states in self.chain["queues"].items()}
        facts = {key: self.chain[key] for key in ("enqueued", "skipped", "seconds")}
        return facts | {"queues": queues, "failures": self.chain["failures"]}


def follow(client: Client, job_ids: list[int], view: View, timeout: float | None = None) -> Outcome:
    """Show the chain of these jobs until it is finished, or for `timeout` seconds."""
    deadline = inf if timeout is None else time.monotonic() + timeout
    with view:
        while True:
            chain = _patiently(client, job_ids, deadline)
            view.show(chain | {"delayedUntil": _standstill(client, job_ids, chain)})
            left = deadline - time.monotonic()
            if chain["finished"] or left <= 0:
                return Outcome([client.job(job_id) for job_id in job_ids], chain)
            time.sleep(min(LOOK_EVERY, left))


def _standstill(client: Client, job_ids: list[int], chain: dict[str, Any]) -> str | None:
    """When the chain goes on, where all that is left of it waits for its next attempt."""
    if chain["running"] or not chain["pending"]:
        return None
    delayed = [job for job in map(client.job, job_ids) if job["state"] == "delayed"]
    delayed += [job for job_id in job_ids for job in client.delayed(job_id)]
    return min(job["runAt"] for job in delayed) if len(delayed) >= min(chain["pending"], PAGE) else None


def _patiently(client: Client, job_ids: list[int], deadline: float) -> dict[str, Any]:
    """The chain; while the system is away, asked for again until patience or time is up."""
    gone_at = min(deadline, time.monotonic() + PATIENCE)
    while True:
        try:
            return client.chain(job_ids)
        except UnreachableError:
            if time.monotonic() >= gone_at:
                raise
            time.sleep(LOOK_EVERY)


def summarise(outcome: Outcome) -> None:
    """What was found, what was done with it, what failed and why."""
    chain = outcome.chain
    for job in outcome.jobs:
        what, found = f"{job['queueLabel']} of {job['targetLabel']}", found_words(job.get("result") or {})
        say(f"{what}: {found}" if found else what)
    rows = [(count.queue, *(chain["queues"][count.queue].get(word, 0) for word in ENDED)) for count in counts(chain)]
    table(("queue", *ENDED), rows, numbers=(1, 2, 3))
    if failures := by_target(chain["failures"]):
        say(f"{counted(len(failures), 'target')} failed:")
        table(("target", "error", "queues"), failures[:TOLD])
    if len(failures) > TOLD:
        say(f"and {len(failures) - TOLD:,} more; `darkroom jobs --status failed` lists them.")


def by_target(failures: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Failures as target, error, queues: a file that fails alike in several queues is told once."""
    queues: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        queues.setdefault((failure["target"], failure["error"]), []).append(failure["queue"])
    return [(target, error, ", ".join(names)) for (target, error), names in queues.items()]


def found_words(result: dict[str, Any]) -> str:
    """The counts of a scan's result in words: `12 found, 3 new`. What is zero is left out, but for what was found."""
    numbers = {name: value for name, value in result.items() if type(value) is int}
    names = sorted(numbers, key=lambda name: name != "found")
    return ", ".join(f"{numbers[name]:,} {_words(name)}" for name in names if numbers[name] or name == "found")


def _words(name: str) -> str:
    spaced = "".join(f" {char.lower()}" if char.isupper() else char for char in name)
    return spaced.replace("_", " ").strip()
