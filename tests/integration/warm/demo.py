"""Flows that say what a test wants to know of them."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from prefect import flow, task


@task(log_prints=True, persist_result=False)
def write(out: str) -> None:
    """Say when the first task began, and who started this process."""
    Path(out).write_text(f"{time.time()} {os.getppid()}\n")


@flow(name="measured", persist_result=False)
def measured(out: str) -> None:
    """End at once."""
    began = time.time()
    write(out)
    Path(out).write_text(f"{began} {Path(out).read_text()}")


@task(persist_result=False)
def wait(out: str) -> None:
    """Start a child, say so, and wait for it in vain."""
    child = subprocess.Popen(["sleep", "600"])
    Path(out).write_text(f"{os.getpid()} {child.pid}\n")
    if child.wait() != 0:
        raise RuntimeError(f"The child ended with {child.returncode}")


@flow(name="held", persist_result=False)
def held(out: str) -> None:
    """Wait in a task, in a thread, for a child."""
    wait.submit(out).result()
