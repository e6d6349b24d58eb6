"""The pulse of a flow: keeps its leases, writes progress and events, hears cancels, once a second or at once."""

from __future__ import annotations

import json
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db import ledger
from flows.batch import Batch
from flows.job_control import JobControl

log = logging.getLogger("darkroom.pulse")

TICK = 1.0
#: News that give a flow nothing to do.
FOR_READERS = frozenset({"asked", "works", "started", "progress", "settings"})


class Pulse:
    """One thread beside a flow's slots. The database may come and go: what it knows is said when it is back.

    `queues` are those whose news are told to `heard`, with the names of the queues; the first is the flow's own.
    """

    def __init__(
        self,
        engine: Engine,
        queues: tuple[str, ...],
        flow_run: str,
        *,
        batches: Callable[[], Iterable[Batch]],
        busy: Callable[[], bool],
        heard: Callable[[Collection[str]], None],
        disowned: threading.Event,
    ) -> None:
        self.engine, self.queues, self.flow_run, self.batches, self.heard = engine, queues, flow_run, batches, heard
        self.busy = busy
        #: Set once Prefect has ended the flow run: there is nobody to work for any more.
        self.disowned = disowned
        self._stop = threading.Event()
        self._stop_now, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._beat_at = -ledger.HEARTBEAT
        self._said: dict[int, int] = {}

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._stop_now.close()
        self._thread.join(timeout=10)
        self._stopped.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._conninfo(), autocommit=True) as conn:
                    conn.execute(f"LISTEN {ledger.CHANNEL}")
                    self._listen(conn)
            except (psycopg.Error, SQLAlchemyError) as error:
                log.warning("The ledger is out of reach, trying again: %s", str(error).splitlines()[0])
                self._stop.wait(TICK)

    def _conninfo(self) -> str:
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def _listen(self, conn: psycopg.Connection) -> None:
        self._beat_at = -ledger.HEARTBEAT  # what was said before anyone listened is asked for
        while not self._stop.is_set():
            self._tick()
            select.select([conn.fileno(), self._stopped.fileno()], [], [], TICK)
            for notification in conn.notifies(timeout=0):
                self._hear(json.loads(notification.payload))

    def _hear(self, said: dict[str, Any]) -> None:
        if said["event"] in FOR_READERS or not set(self.queues) & set(said["queues"]):
            return
        if said["event"] == "settled" and (self.busy() or self.queues[0] not in said["queues"]):
            return  # most likely what its own slots did, which go on by themselves; or what others did with theirs
        self.heard(said["queues"])
        if said["event"] == "cancel":
            self._beat_at = -ledger.HEARTBEAT  # the tick that follows asks whom

    def _tick(self) -> None:
        now = time.monotonic()
        batches = list(self.batches())
        running = [control for batch in batches if (control := batch.running())]
        progress = {control.job.id: control.percent for control in running}
        changed = any(self._said.get(job) != percent for job, percent in progress.items() if percent)
        if now - self._beat_at >= (TICK if changed else ledger.HEARTBEAT):
            self._beat(batches, progress)
            self._beat_at, self._said = now, progress
        for batch in batches:
            batch.mark_slow()
        for control in running:
            self._tell(control)

    def _tell(self, control: JobControl) -> None:
        if not (events := control.take_events()):
            return
        try:
            with self.engine.begin() as conn:
                ledger.add_events(conn, events, unless_overtaken=True)
        except SQLAlchemyError:
            control.keep_events(events)
            raise

    def _beat(self, batches: list[Batch], progress: dict[int, int]) -> None:
        owners = [batch.owner for batch in batches]
        with self.engine.begin() as conn:
            renewed = ledger.renew(conn, owners, progress)
            wanted = ledger.flow_renews(conn, self.flow_run)
        if not wanted:
            self.disowned.set()
            self.heard(())
        for batch in batches:
            control = batch.running()
            if batch.owner not in renewed.held and batch.todo:
                batch.lost.set()
            if control and (control.job.id in renewed.cancel or batch.lost.is_set()):
                control.cancel()
