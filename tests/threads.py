"""Plain threads in Prefect's place, for tests of what the queues do."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from flows.others import Along


class Threads:
    """Plain threads for slots; remembers which queues it was asked to start."""

    def __init__(self, cancelled=False):
        self.pool = ThreadPoolExecutor(16)
        self.started, self.cancelled, self.faults = [], cancelled, []
        #: Whether flow runs can be started, and how often that was asked.
        self.answers, self.asked = True, 0

    def submit(self, shift, done):
        # As Prefect's own threads do, they see the settings of whoever submits.
        self.pool.submit(copy_context().run, self._run, shift, done)

    def _run(self, shift, done):
        try:
            for _ in range(5):
                try:
                    return shift.run()
                except Exception as fault:
                    self.faults.append(fault)
        finally:
            done()

    def can_start(self):
        self.asked += 1
        return self.answers

    def start_queue(self, name):
        self.started.append(name)
        return str(uuid.uuid4())

    def take_along(self, name, ended):
        along = Along(self.start_queue(name))
        along.over.set()
        ended()
        return along

    def was_cancelled(self):
        return self.cancelled
