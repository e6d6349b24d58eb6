"""The numbers of the page for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from sqlalchemy import Connection

from darkroom import __version__
from db import dashboard
from flows.queues import QUEUES

__all__ = ["CONTENT_TYPE", "exposition"]

#: What is counted of each queue, by its status.
STATUSES = ("running", "ready", "delayed", "failed", "cancelled", "completed")


def exposition(conn: Connection) -> bytes:
    """All of them at this transaction's instant."""
    registry = CollectorRegistry()
    info = Gauge("darkroom_info", "Always 1; the version is its label.", ["version"], registry=registry)
    jobs = Gauge(
        "darkroom_jobs", "Jobs that are not cleared, by queue and status.", ["queue", "status"], registry=registry
    )
    slots = Gauge("darkroom_slots_in_use", "Slots at work.", ["queue"], registry=registry)
    lacking = Gauge(
        "darkroom_lacking", "Files without the queue's result that no job covers.", ["queue"], registry=registry
    )
    ended = Gauge("darkroom_ended_last_hour", "Jobs that ended in the last hour.", ["queue"], registry=registry)
    paused = Gauge("darkroom_paused", "1 while the queue takes no work.", ["queue"], registry=registry)
    info.labels(__version__).set(1)
    counts, lacks = dashboard.queue_counts(conn), dashboard.lacking(conn)
    rates, pauses = dashboard.rates(conn), dashboard.pauses(conn)
    for queue in QUEUES:
        for status in STATUSES:
            jobs.labels(queue.name, status).set(getattr(counts[queue.name], status))
        slots.labels(queue.name).set(counts[queue.name].slots_in_use)
        lacking.labels(queue.name).set(lacks.get(queue.name, 0))
        ended.labels(queue.name).set(sum(rates[queue.name]))
        paused.labels(queue.name).set(bool({queue.name, "*"} & pauses.keys()))
    return generate_latest(registry)
