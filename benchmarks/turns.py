"""What it costs that more decoders are at work than there are processors, and what long turns take off it.

    python -m benchmarks.turns [--scale 0.25] [--library FOLDER]

The bare kernels of `benchmarks.mixed`, on a library like its own: once alone, then by twice as many processes at once
as there are processors, with the turns that Linux gives to everybody and with those of `tasks.media.turns`. Meanwhile a
process wakes every 5 ms, as a page or a ledger does: how late it gets its turn. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks import usage
from benchmarks.mixed import bare, make_library
from tasks.media import turns

#: Seconds between two wakings.
NAP = 0.005


def kernels(library: Path, milliseconds: int) -> float:
    """CPU seconds of the bare kernels in this process, with turns of so many milliseconds, or (0) Linux's own."""
    if milliseconds:
        turns.LONG = milliseconds * 10**6
    else:
        turns.take_long = lambda pid, niceness: None
    return bare(library).total


def at_once(library: Path, processes: int, milliseconds: int) -> list[float]:
    """The same by so many processes side by side."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(kernels, [library] * processes, [milliseconds] * processes))


def wakings(work: Callable[[], list[float]]) -> tuple[list[float], list[float]]:
    """What the work says, and how many milliseconds too late a process beside it woke, each time, in order."""
    late: list[float] = []
    over = threading.Event()

    def wake() -> None:
        while not over.is_set():
            began = time.perf_counter()
            time.sleep(NAP)
            late.append((time.perf_counter() - began - NAP) * 1000)

    thread = threading.Thread(target=wake)
    thread.start()
    said = work()
    over.set()
    thread.join()
    return said, sorted(late)


def row(name: str, alone: float, measured: tuple[list[float], list[float]]) -> str:
    """One line of the table."""
    spent, late = measured
    each = statistics.mean(spent)
    ranks = " | ".join(f"{late[int(len(late) * part)]:.1f}" for part in (0.5, 0.95, 0.99))
    return f"| {name} | {len(spent)} | {each:.1f} | {each / alone:.2f} | {ranks} |"


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--library", type=Path, help="where it is made, or already is")
    parser.add_argument("--milliseconds", type=int, nargs="+", default=[turns.LONG // 10**6], help="the turns to try")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="darkroom-turns-") as folder:
        library = (wanted.library or Path(folder) / "library").resolve()
        if not library.exists():
            make_library(library, wanted.scale)
        print(usage.machine())
        processes = 2 * (os.cpu_count() or 1)
        alone = wakings(lambda: at_once(library, 1, 0))
        print("| turns | at once | CPU s of each | of one alone | woken late, ms: median | p95 | p99 |")
        print("|---|---|---|---|---|---|---|")
        print(row("as Linux gives them", alone[0][0], alone))
        for length in (0, *wanted.milliseconds):
            measured = wakings(partial(at_once, library, processes, length))
            print(row(f"{length} ms" if length else "as Linux gives them", alone[0][0], measured), flush=True)


if __name__ == "__main__":
    main()
