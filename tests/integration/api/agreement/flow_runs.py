"""Flow runs as Prefect has them, and as they are."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import replace

from sqlalchemy import text

from darkroom.settings import settings
from darkroom.worker import RUN, TAKEN_BY, worker_name
from db import ledger
from db.ledger import FollowUp
from flows.engine import DisownedError, QueueRun
from flows.queues import BY_NAME
from ops_api import agreement as agreements
from tests.threads import Threads

PREVIEW = replace(BY_NAME["preview"], heavy=False)


def began(api, name="preview", state="RUNNING", *, pid=None, worker=None):
    """A flow run that has begun, for Prefect: taken by this machine's worker where none is named, in a process of which
    that has said nothing where none is."""
    run = api.run(name)
    for reached in ("PENDING", state):
        api.post(f"flow_runs/{run}/set_state", state={"type": reached}, force=True)
    has(api, run, pid)
    taker = worker or worker_name(settings())
    api.client.patch(f"flow_runs/{run}/labels", json={TAKEN_BY: taker}).raise_for_status()
    return run


def has(api, run, pid):
    """A worker tells Prefect which process is the run's."""
    process = None if pid is None else str(pid)
    api.client.patch(f"flow_runs/{run}", json={"infrastructure_pid": process}).raise_for_status()


def gone():
    """The id of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


@contextmanager
def process_of(run):
    """The id of a process that lives, and that a worker started for this flow run."""
    waits = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, env={RUN: run}) as process:
        yield process.pid
        process.communicate()


def starting(engine):
    """The runs that the ledger waits for."""
    with engine.connect() as conn:
        return {flow.flow_run for flow in ledger.beating(conn) if flow.state == "starting"}


def ended(api, run, state):
    api.post(f"flow_runs/{run}/set_state", state={"type": state}, force=True)


def want(engine, *labels):
    with engine.begin() as conn:
        jobs = [FollowUp("preview", label, label) for label in labels]
        return ledger.enqueue(conn, jobs, trigger="manual", priority=1).job_ids


def jobs(engine):
    with engine.connect() as conn:
        rows = conn.execute(text("SELECT target_label, status, attempts, crashes FROM job_runs ORDER BY id")).all()
        return {row.target_label: (row.status, row.attempts, row.crashes) for row in rows}


class Waiting:
    """Work that goes on until it is told to stop."""

    calls_for = ()

    def __init__(self):
        self.begun = threading.Event()

    def open(self):
        return nullcontext()

    def load(self, conn, jobs):
        return {job.id: job.target_label for job in jobs}

    def save(self, conn, done):
        return []

    def run(self, tools, job, target, control):
        self.begun.set()
        ended = threading.Event()
        with control.on_cancel(ended.set):
            ended.wait(60)
        control.check()


class Working(threading.Thread):
    """A flow that works until it is told to stop, with one job running and the others waiting."""

    def __init__(self, engine, flow_run):
        super().__init__(daemon=True)
        self.error, work = None, Waiting()
        self.flow = QueueRun(engine, PREVIEW, work, Threads(), flow_run)
        self.start()
        assert work.begun.wait(60)

    def run(self):
        try:
            self.flow.work_off()
        except BaseException as error:
            self.error = error

    def ended_as_disowned(self):
        self.join(60)
        return not self.is_alive() and isinstance(self.error, DisownedError)


def agreements_patience(agreement):
    """Look twice, with no patience for silence."""
    before, agreements.SILENCE = agreements.SILENCE, 0.0
    try:
        agreement.look()
        agreement.look()
    finally:
        agreements.SILENCE = before
