"""What the whole system costs: seconds to start, processor time at rest, memory at rest and at work.

    python -m benchmarks.footprint [--seconds 120]

Starts everything as `darkroom up` does, on a home of its own. Prints tables in Markdown. Memory is the proportional set
size: what processes share is shared out among them, so that the sum is what they take together (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path

import psutil

from benchmarks.latency import film
from benchmarks.place import facts
from flows.queues import QUEUES
from tests.acceptance.system import Darkroom, a_darkroom, until
from tests.mixed_library import make

#: The long-lived programs, by a word of their command lines, in order; a child belongs to its nearest such ancestor.
PROGRAMS = {
    "uvicorn ops_api": "page",
    "prefect server": "Prefect's server",
    "prefect.server": "Prefect's server",
    "warm.worker": "worker",
    "warm/client.py": "clients of the fork server",
    "deployments.warm": "fork server and flows",
    "postgres": "PostgreSQL",
    "watchdog": "watchdog",
    "deployments.up": "supervisor",
    "ffmpeg": "ffmpeg",
}


def program(process: psutil.Process) -> str:
    """Which of the programs a process is of."""
    with_parents = [process, *process.parents()]
    for one in with_parents:
        try:
            line = " ".join(one.cmdline())
        except psutil.Error:
            continue
        for word, name in PROGRAMS.items():
            if word in line:
                return name
    return "others"


def processes(darkroom: Darkroom) -> set[psutil.Process]:
    """Everything that runs for this home, the supervisor and its children too."""
    supervisor = psutil.Process(json.loads((darkroom.home / "run" / "darkroom.json").read_text())["pid"])
    return {*darkroom.processes(), supervisor, *supervisor.children()}


def memory(darkroom: Darkroom) -> Counter[str]:
    """Bytes by program."""
    found: Counter[str] = Counter()
    for process in processes(darkroom):
        try:
            found[program(process)] += process.memory_full_info().pss
        except psutil.Error:
            continue
    return found


def processor(darkroom: Darkroom) -> dict[int, tuple[str, float]]:
    """Seconds that each process and the children that it has waited for have used, by number."""
    found = {}
    for process in processes(darkroom):
        try:
            found[process.pid] = (program(process), sum(process.cpu_times()[:4]))
        except psutil.Error:
            continue
    return found


def start(darkroom: Darkroom) -> tuple[float, float]:
    """Seconds from `darkroom up` until the page answers, and until everything does."""
    began = time.monotonic()
    up = darkroom.start("up", "--detach")
    page = 0.0
    while up.poll() is None:
        page = page or (time.monotonic() - began if answers(darkroom) else 0.0)
        time.sleep(0.02)
    assert up.returncode == 0, up.stdout and up.stdout.read()
    took = time.monotonic() - began
    return page or took, took


def answers(darkroom: Darkroom) -> bool:
    """Whether the page is there, if only to ask who comes."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{darkroom.port}/login", timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def starts(darkroom: Darkroom, times: int) -> None:
    """The first start, which makes the databases, and later ones."""
    print("| start | page answers s | everything answers s |\n|---|---|---|")
    for name, how_often in (("the first", 1), (f"warm, median of {times}", times)):
        took = []
        for _ in range(how_often):
            darkroom.run("down")
            took.append(start(darkroom))
        page, everything = (statistics.median(each) for each in zip(*took, strict=True))
        print(f"| {name} | {page:.1f} | {everything:.1f} |", flush=True)


def at_rest(darkroom: Darkroom, seconds: int) -> None:
    """Processor time and memory while nothing is to do."""
    time.sleep(30)
    before, began = processor(darkroom), time.monotonic()
    time.sleep(seconds)
    after, took = processor(darkroom), time.monotonic() - began
    used: defaultdict[str, float] = defaultdict(float)
    for pid, (name, spent) in after.items():
        used[name] += spent - before.get(pid, (name, 0.0))[1]
    held = memory(darkroom)
    print(f"\nAt rest for {took:.0f} s:\n\n| program | % of one core | MB |\n|---|---|---|")
    for name in sorted(held, key=lambda name: -held[name]):
        print(f"| {name} | {100 * used[name] / took:.1f} | {held[name] / 1e6:.0f} |")
    print(f"| all | {100 * sum(used.values()) / took:.1f} | {sum(held.values()) / 1e6:.0f} |", flush=True)


def at_work(darkroom: Darkroom, folder: Path) -> None:
    """The most memory while every queue has something to do, at one slot each."""
    library = make(folder)
    film(library.root / "films" / "Endless (2021).mkv", 600)
    darkroom.run("scan", str(library.root))
    most: Counter[str] = Counter()
    queues: set[str] = set()
    unfinished = "SELECT DISTINCT queue_name FROM job_runs WHERE status IN ('queued', 'running')"
    running = "SELECT DISTINCT queue_name FROM queue_flows WHERE state = 'working'"
    asked = time.monotonic()
    while darkroom.rows(unfinished) or time.monotonic() - asked < 5:
        if len(flows := {name for (name,) in darkroom.rows(running)}) > len(queues):
            queues = flows
        now = memory(darkroom)
        most = max(most, now, key=lambda held: sum(held.values()))
        time.sleep(0.5)
    print(f"\nAt work, {len(queues)} of {len(QUEUES)} queues at once:\n\n| program | MB |\n|---|---|")
    for name in sorted(most, key=lambda name: -most[name]):
        print(f"| {name} | {most[name] / 1e6:.0f} |")
    print(f"| all | {sum(most.values()) / 1e6:.0f} |", flush=True)


def main() -> None:
    """Start, rest, work, tell."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=120, help="at rest; dispatch runs once a minute")
    options.add_argument("--starts", type=int, default=3)
    wanted = options.parse_args()
    print(f"{facts()}\n")
    with a_darkroom() as darkroom:
        starts(darkroom, wanted.starts)
        until(lambda: not darkroom.rows("SELECT 1 FROM queue_flows"))
        at_rest(darkroom, wanted.seconds)
        at_work(darkroom, darkroom.home / "library")
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
