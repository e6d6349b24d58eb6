"""Steps of a job on a real ledger, each in a transaction of its own."""

from __future__ import annotations

from sqlalchemy import text

from db import ledger
from db.ledger import FollowUp, Outcome
from flows.queues import BY_NAME

PREVIEW, PROBE = BY_NAME["preview"], BY_NAME["media-probe"]


def want(queue, *ids, engine, trigger="manual", priority=1):
    with engine.begin() as conn:
        jobs = [FollowUp(queue, str(n), f"/media/{n}.mp4") for n in ids]
        return ledger.enqueue(conn, jobs, trigger=trigger, priority=priority)


def claim(engine, queue=PREVIEW, owner="a"):
    with engine.begin() as conn:
        return ledger.claim(conn, queue, owner)


def start(engine, job, owner="a"):
    with engine.begin() as conn:
        return ledger.start(conn, job.id, owner)


def settle(engine, *outcomes, owner="a"):
    with engine.begin() as conn:
        return ledger.settle(conn, owner, outcomes)


def do(engine, function, *arguments, **named):
    with engine.begin() as conn:
        return function(conn, *arguments, **named)


def row(engine, job_id):
    with engine.begin() as conn:
        return conn.execute(text("SELECT * FROM job_runs WHERE id = :id"), {"id": job_id}).one()


def expire_leases(engine):
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE job_runs SET lease_expires_at = now() - interval '1 second' WHERE lease_owner IS NOT NULL")
        )


def concurrency(engine, multiplier):
    with engine.begin() as conn:
        conn.execute(text("UPDATE library_settings SET background_worker_concurrency = :n"), {"n": multiplier})


def fail(engine, target, queue="preview"):
    want(queue, target, engine=engine)
    [job] = claim(engine, BY_NAME[queue])
    settle(engine, Outcome(job.id, "failed", error=f"moov atom not found in {target}"))
    return job.id
