"""Processor time of whole process trees, those that ended among them; and what machine it was spent on."""

from __future__ import annotations

import os
import platform
from collections import Counter
from pathlib import Path

import psutil

#: How the programs of Darkroom are told apart by their command lines, the first that fits.
PROGRAMS = {
    "prefect server": "Prefect server",
    "warm.worker": "Prefect worker",
    "deployments.warm": "flows",
    "ops_api.app": "page",
    "postgres": "PostgreSQL",
}


def spent(process: psutil.Process) -> float:
    """CPU seconds, user and system, of a process and of all its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system


def tree(process: psutil.Process) -> float:
    """CPU seconds of a process and all that it started, running or ended."""
    try:
        return sum(map(spent, [process, *process.children(recursive=True)]))
    except psutil.Error:
        return 0.0


def by_program(supervisor: int) -> Counter[str]:
    """CPU seconds so far of each program that `darkroom up` has started, with all that those started."""
    used: Counter[str] = Counter()
    for process in psutil.Process(supervisor).children():
        words = " ".join(process.cmdline()).replace(" -m ", " ").replace("server start", "server")
        name = next((name for mark, name in PROGRAMS.items() if mark in words), "other")
        used[name] += tree(process)
    return used


def machine() -> str:
    """Cores, memory, system, load: what figures are worth nothing without."""
    memory = psutil.virtual_memory().total >> 30
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return f"{os.cpu_count()} x {model}, {memory} GB, {platform.system()}, load {load():.1f}"


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]
