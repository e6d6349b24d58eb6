"""The loop that all queues share, on a real ledger, with plain threads in Prefect's place."""

from __future__ import annotations

import threading
import uuid
from contextlib import nullcontext
from dataclasses import replace

from sqlalchemy import text

from db import ledger
from db.ledger import FollowUp
from flows.engine import QueueRun
from flows.queues import BY_NAME, Retry
from tests.threads import Threads

PREVIEW = replace(BY_NAME["preview"], retry=Retry(attempts=3, first_delay=0.05, longest_delay=1), heavy=False)


PROBE = BY_NAME["media-probe"]


class Kernel:
    """A queue's work whose kernel is a function of the job's label and its control."""

    calls_for = ()

    def __init__(self, function):
        self.function, self.saved, self.opened = function, [], 0

    def open(self):
        self.opened += 1
        return nullcontext(self)

    def load(self, conn, jobs):
        return {job.id: job.target_label for job in jobs if job.target_label != "gone"}

    def run(self, tools, job, target, control):
        return self.function(target, control)

    def save(self, conn, done):
        self.saved += [each.target for each in done]
        return []

    def summary(self, result):
        return {"said": result}


def want(engine, *labels, queue="preview"):
    with engine.begin() as conn:
        jobs = [FollowUp(queue, str(n), label) for n, label in enumerate(labels)]
        made = ledger.enqueue(conn, jobs, trigger="manual", priority=1).job_ids
        conn.execute(text("UPDATE job_runs SET max_attempts = 3"))
        return made


def rows(engine, columns="status"):
    with engine.begin() as conn:
        return conn.execute(text(f"SELECT target_label, {columns} FROM job_runs ORDER BY id")).all()


def statuses(engine):
    return dict(tuple(row) for row in rows(engine))


def run(engine, function, queue=PREVIEW, runner=None, work=None):
    return QueueRun(engine, queue, work or Kernel(function), runner or Threads(), str(uuid.uuid4()))


class InThread(threading.Thread):
    """A flow beside the test, and what ended it."""

    def __init__(self, queue_run):
        super().__init__(daemon=True)
        self.queue_run, self.error = queue_run, None
        self.start()

    def run(self):
        try:
            self.queue_run.work_off()
        except BaseException as error:
            self.error = error
