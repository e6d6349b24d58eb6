"""The work itself: what is stuck, what waits without anybody at it, what is paused."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine, text

from db.ledger.waiting import FIRST_DUE
from ops_api.health.check import Check
from ops_api.watch import WatchState
from ops_api.words import counted, duration

GROUP = "Work"
#: Something that is due is begun within so many seconds, while a slot is free.
PATIENCE = 180.0

_STUCK = text("SELECT count(*) FROM job_runs WHERE lease_owner IS NOT NULL AND lease_expires_at < now()")
_LEFT = text(f"""
    SELECT queue_name, extract(epoch FROM now() - min(run_at)) AS waits
    FROM (SELECT DISTINCT queue_name FROM job_totals) AS j,
    LATERAL ({FIRST_DUE.format(queue="j.queue_name")}) AS due
    WHERE run_at < now() - make_interval(secs => :patience)
      AND NOT EXISTS (SELECT FROM queue_flows f WHERE f.queue_name = j.queue_name AND f.expires_at > now())
      AND NOT EXISTS (SELECT FROM queue_pauses p WHERE p.queue_name IN (j.queue_name, '*')
                      AND (p.until IS NULL OR p.until > now()))
    GROUP BY queue_name ORDER BY waits DESC
""")  # noqa: S608  (constants)
_PAUSED = text("SELECT queue_name FROM queue_pauses WHERE until IS NULL OR until > now() ORDER BY queue_name")


def checks(engine: Engine, watch: WatchState) -> Iterator[Check]:
    """The lines on the work."""
    with engine.connect() as conn:
        stuck = conn.scalar(_STUCK) or 0
        left = conn.execute(_LEFT, {"patience": PATIENCE}).all()
        paused = list(conn.scalars(_PAUSED))
    says = f"{counted(stuck, 'job')} gave no sign of life." if stuck else "Every running job gives signs of life."
    remedy = "They come back by themselves within a minute." if stuck else None
    yield Check(GROUP, "Running jobs", "warn" if stuck else "ok", says, remedy)
    if not left:
        yield Check(GROUP, "Waiting jobs", "ok", "Nothing that is due is left lying.")
    for row in left:
        says = f"Work of {row.queue_name} has been due for {duration(float(row.waits))} and nobody is at it."
        yield Check(GROUP, "Waiting jobs", "bad", says, "Is a worker alive? See Prefect above.")
    if paused:
        names = "All queues" if "*" in paused else ", ".join(paused)
        yield Check(GROUP, "Pauses", "warn", f"Paused: {names}.", "Resume them on the operations page.")
    if watch.broken:
        says = f"New files are not seen as they come: {watch.broken}. The schedule of scans goes on."
        yield Check(GROUP, "Watching", "warn", says, "Raise fs.inotify.max_user_watches where that is the limit.")
    elif watch.wanted:
        yield Check(GROUP, "Watching", "ok", f"New files in {counted(watch.folders, 'folder')} are seen as they come.")
