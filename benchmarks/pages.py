"""What the pages, the API and the queue's own statements cost with a large ledger and a large library.

    python -m benchmarks.pages [--jobs 1000000] [--database postgresql://...]

Makes a throwaway PostgreSQL and fills it, with five events and a video for each job, unless one is named; serves the
application on it, asks as browsers do, and does what the workers do. Prints two tables in Markdown: milliseconds from
the request to the last byte, and of each transaction.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from collections.abc import Callable

import httpx
from sqlalchemy import Connection, Engine, create_engine, text

from benchmarks.place import database, facts
from benchmarks.rows import Sizes, fill
from db import dashboard, ledger, retention
from db.migrate import upgrade
from flows.queues import BY_NAME
from tests.serve import program, serving

#: A page counts as slow above so many milliseconds.
TARGET = 50
#: How a window that ended long ago is narrowed further.
NARROWER = (
    "",
    "&page=200",
    "&queue=preview",
    "&queue=library-scan",
    "&status=failed",
    "&status=completed",
    "&status=queued",
    "&status=delayed",
    "&status=running",
    "&errors=1",
    "&q=Winter",
    "&q=Signal+of+the+Winter+4711",
    "&q=nowhere+to+be+found",
)
ADDRESSES = (
    "/api/jobs",
    "/api/jobs?nsfw=off",
    "/",
    "/live",
    "/metrics",
    "/api/health",
    "/api/jobs/search?before={middle}",
    "/api/jobs/search?queue=preview&status=failed",
    "/api/jobs/search?queue=preview&status=completed&before=1000",
    "/api/jobs/search?status=delayed",
    "/api/jobs/search?origin=1&before={middle}",
    "/jobs/1",
    "/jobs/{failed}",
    "/jobs/{last}",
    "/logs",
    "/logs?span=all&page=200",
    "/logs?span=hour",
    "/logs?since={filled}",
    *(f"/logs?until={{ended}}{narrower}" for narrower in NARROWER),
    *(f"/logs?since={{began}}&until={{ended}}{narrower}" for narrower in NARROWER),
    "/logs?queue=preview&span=all",
    "/logs?queue=library-scan&span=all",
    "/logs?status=failed&span=all",
    "/logs?status=cancelled&span=all",
    "/logs?status=queued&span=all",
    "/logs?status=delayed&span=all",
    "/logs?status=running&span=all",
    "/logs?errors=1&span=all",
    "/logs?q=Winter&span=all",
    "/logs?q=Signal+of+the+Winter+4711&span=all",
    "/logs?q=nowhere+to+be+found&span=all",
    "/logs?q=moov+atom&queue=preview&status=failed",
    "/library",
    "/library?after={video}",
    "/library?sort=title",
    "/library?sort=title&after={video}",
    "/library?sort=longest&after={video}",
    "/library?sort=largest&after={video}",
    "/library?kind=episode",
    "/library?lacks=preview",
    "/library?lacks=identity",
    "/library?folder=1&sort=title",
    "/library?tag=Tag+7",
    "/library?studio=Studio+7",
    "/library?q=Winter",
    "/library?q=nowhere+to+be+found",
    "/library?nsfw=off",
    "/library/videos/{video}",
    "/library/galleries",
    "/library/galleries?q=Winter",
    "/library/galleries/7",
    "/library/pictures/777",
    "/library/audio",
    "/library/audio?q=Winter",
    "/library/audio?q=nowhere+to+be+found",
    "/library/missing",
    "/api/requests",
    "/api/requests?status=pending",
    "/api/requests?q=Winter",
    "/api/requests?q=nowhere+to+be+found",
    "/api/requests/77",
)
_SPELLED = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ')"""
_ENQUEUED = f"(SELECT {_SPELLED.format('created_at')} FROM job_runs WHERE id = (SELECT max(id) FROM job_runs) / {{}})"
PLACES = f"""
    SELECT (SELECT max(id) FROM job_runs) AS last, (SELECT max(id) / 2 FROM job_runs) AS middle,
           (SELECT min(id) FROM job_runs WHERE status = 'failed') AS failed, (SELECT max(id) / 2 FROM videos) AS video,
           {_SPELLED.format("now()")} AS filled, {_ENQUEUED.format(10)} AS began, {_ENQUEUED.format(5)} AS ended
"""
BACKLOG = """
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label)
    SELECT 'image-thumbnail', 'image', CAST(n AS text), 'page ' || n FROM generate_series(1, :jobs) n
"""


def spent(work: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each, after two that are not counted."""
    found = []
    for _ in range(times + 2):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1000)
    return sorted(found[2:])


def told(what: str, took: list[float]) -> None:
    """One line of a table."""
    median, p95 = statistics.median(took), took[int(len(took) * 0.95)]
    print(f"| `{what}` | {median:.1f} | {p95:.1f} |{' slow |' if median > TARGET else ' |'}", flush=True)


def pages(engine: Engine, times: int, only: str) -> None:
    """Ask for each address."""
    with engine.begin() as conn:
        # Those of a run before on the same database.
        conn.execute(text("DELETE FROM api_tokens WHERE name LIKE 'test %'"))
        places = dict(conn.execute(text(PLACES)).mappings().one())
    print(f"| address | median ms | p95 ms | above {TARGET} |\n|---|---|---|---|")
    with serving(engine) as (address, _), program(engine, address, timeout=120) as client:
        for path in (each.format(**places) for each in ADDRESSES if only in each):
            told(path, spent(lambda path=path: ask(client, path), times))


def ask(client: httpx.Client, path: str) -> None:
    """A page that does not come is an error."""
    client.get(path).raise_for_status()


def statements(engine: Engine, jobs: int) -> None:
    """What workers and dispatch do, with so many jobs waiting in one queue; each is rolled back."""
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM job_runs WHERE queue_name = 'image-thumbnail'"))
        conn.execute(text(BACKLOG), {"jobs": jobs})
    queue = BY_NAME["image-thumbnail"]
    with engine.begin() as conn:
        claimed = [job.id for job in ledger.claim(conn, queue, "benchmark 2")]
    outcomes = [ledger.Outcome(job, "completed", result={}) for job in claimed]
    work: dict[str, Callable[[Connection], object]] = {
        "claim 25": lambda conn: ledger.claim(conn, BY_NAME["media-probe"], "benchmark 1"),
        "settle 25": lambda conn: ledger.settle(conn, "benchmark 2", outcomes),
        "renew": lambda conn: ledger.renew(conn, ["benchmark 2"], {}),
        "rescue": ledger.rescue,
        "next due": lambda conn: ledger.next_due(conn, queue.name),
        "queues to start": ledger.queues_to_start,
        "retention, a batch of each queue": retention.prune,
    }
    print(f"\n{jobs:,} jobs wait in one queue:\n")
    print(f"| transaction | median ms | p95 ms | above {TARGET} |\n|---|---|---|---|")
    for name, one in work.items():
        told(name, spent(lambda one=one: rolled_back(engine, one), 20 if "retention" not in name else 2))
    told("GET /api/jobs, by the database", spent(lambda: dashboard.snapshot(engine), 20))


def rolled_back(engine: Engine, work: Callable[[Connection], object]) -> None:
    """Do it and undo it."""
    with engine.connect() as conn:
        work(conn)
        conn.rollback()


def main() -> None:
    """Fill, ask, tell."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=1_000_000)
    options.add_argument("--times", type=int, default=20, help="requests of each address")
    options.add_argument("--only", default="", help="only addresses that hold this")
    options.add_argument("--database", help="one that is filled already, instead of a throwaway server")
    wanted = options.parse_args()
    # Nothing answers for Prefect here.
    logging.disable(logging.WARNING)
    jobs = wanted.jobs
    sizes = Sizes(
        jobs=jobs,
        waiting=jobs // 10,
        events=5 * jobs,
        videos=jobs,
        pictures=jobs * 3 // 10,
        tracks=jobs // 10,
        requests=jobs // 10,
    )
    with database(wanted.database) as url:
        engine = create_engine(url, pool_size=10)
        if wanted.database is None:
            upgrade(url)
            fill(engine, sizes)
        print(f"{', '.join(f'{count:,} {name}' for name, count in vars(sizes).items())} %; {facts(engine)}\n")
        pages(engine, wanted.times, wanted.only)
        if not wanted.only:
            statements(engine, jobs)
        engine.dispose()


if __name__ == "__main__":
    main()
