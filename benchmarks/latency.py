"""How soon a click shows: from Run to the first job's start, and from Cancel to the end of the job's processes.

    python -m benchmarks.latency [--times 20]

Starts everything as `darkroom up` does, on a home of its own, and clicks by the API while nothing else is to do. Prints
a table in Markdown: seconds by the database's clock, and where the time before the start went, by Prefect's states.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import imageio_ffmpeg
import psutil

from benchmarks.place import facts
from tests.acceptance.system import Darkroom, a_darkroom, until

QUEUE = "media-probe"
LONG_AGO = 1_700_000_000
NOW = "SELECT clock_timestamp()"
JOB = "SELECT started_at, prefect_flow_run_id FROM job_runs WHERE queue_name = %s AND created_at > %s ORDER BY id DESC"
IDLE = "SELECT 1 FROM queue_flows UNION ALL SELECT 1 FROM job_runs WHERE status IN ('queued', 'running')"


def ffmpeg(*arguments: str | Path) -> None:
    """Run it."""
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments], check=True)


def film(path: Path, seconds: int, size: str = "1920x1080") -> None:
    """A film of so many seconds, made quickly by repeating two that were encoded once."""
    once = path.with_suffix(".once.mkv")
    source = f"testsrc2=size={size}:rate=25:duration=2"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", once)
    ffmpeg("-stream_loop", str(seconds // 2 - 1), "-i", once, "-c", "copy", path)
    once.unlink()
    os.utime(path, (LONG_AGO, LONG_AGO))


def idle(darkroom: Darkroom) -> None:
    """Wait until nothing is to do, no flow is there, and a moment more."""
    until(lambda: not darkroom.rows(IDLE))
    time.sleep(2)


def run(darkroom: Darkroom) -> dict[str, float]:
    """Click on Run: seconds until each thing that led to the first job's start."""
    idle(darkroom)
    [(clicked,)] = darkroom.rows(NOW)
    darkroom.asked(f"jobs/queues/{QUEUE}/run?all=true", post=True)
    until(lambda: darkroom.rows(JOB, QUEUE, clicked) and darkroom.rows(JOB, QUEUE, clicked)[0][0])
    started, flow_run = darkroom.rows(JOB, QUEUE, clicked)[0]
    until(lambda: darkroom.rows(JOB, QUEUE, clicked)[0][1])
    _, flow_run = darkroom.rows(JOB, QUEUE, clicked)[0]
    states = darkroom.prefect(f"flow_run_states/?flow_run_id={flow_run}")
    times = {state["name"]: datetime.fromisoformat(state["timestamp"]) for state in states}
    steps = {"asked of Prefect": "Scheduled", "taken by the worker": "Pending", "flow begins": "Running"}
    return {
        **{step: (times[name] - clicked).total_seconds() for step, name in steps.items() if name in times},
        "first job starts": (started - clicked).total_seconds(),
    }


def cancel(darkroom: Darkroom) -> dict[str, float]:
    """Click on Cancel while a preview is made: seconds until its processes are gone, and until its row says so."""
    idle(darkroom)
    darkroom.asked("jobs/queues/preview/run?all=true", post=True)
    running = "SELECT id FROM job_runs WHERE queue_name = 'preview' AND status = 'running'"
    until(lambda: working() and darkroom.rows(running))
    [(job,)] = darkroom.rows(running)
    began = time.monotonic()
    darkroom.asked(f"jobs/{job}/cancel", post=True)
    gone = said = 0.0
    while not (gone and said):
        now = time.monotonic() - began
        gone = gone or (0.0 if working() else now)
        said = said or (
            now if darkroom.rows("SELECT status FROM job_runs WHERE id = %s", job) == [("cancelled",)] else 0
        )
    return {"processes gone": gone, "row cancelled": said}


def working() -> list[psutil.Process]:
    """The processes that work on the film."""
    found = []
    for process in psutil.process_iter():
        try:
            if "ffmpeg" in process.name() and any("Endless" in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def told(clicks: Sequence[dict[str, float]], what: str) -> None:
    """Lines of the table."""
    for step in clicks[-1]:
        took = sorted(click[step] for click in clicks if step in click)
        p95 = took[int(len(took) * 0.95)]
        print(f"| {what}: {step} | {statistics.median(took):.2f} | {p95:.2f} | {took[-1]:.2f} |", flush=True)


def main() -> None:
    """Start, click, tell."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--times", type=int, default=20)
    wanted = options.parse_args()
    with a_darkroom() as darkroom:
        up = darkroom.run("up", "--detach")
        assert up.returncode == 0, up.stderr
        folder = darkroom.home / "films"
        folder.mkdir()
        film(folder / "Short (2020).mkv", 2, "320x180")
        darkroom.scanned(folder)
        run(darkroom)  # the first one after a start
        print(f"{wanted.times} times; {facts()}\n")
        print("| from the click until | median s | p95 s | worst s |\n|---|---|---|---|")
        told([run(darkroom) for _ in range(wanted.times)], "Run")
        (folder / "Short (2020).mkv").unlink()
        film(folder / "Endless (2021).mkv", 900)
        darkroom.rows("UPDATE library_settings SET auto_generate_preview = false RETURNING 1")
        darkroom.scanned(folder)
        told([cancel(darkroom) for _ in range(max(1, wanted.times // 4))], "Cancel")
        print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
