"""What a poll of the operations page costs with a large ledger.

    python -m benchmarks.dashboard --jobs 1000000 --waiting 100000

Makes a throwaway PostgreSQL, fills the ledger, serves the application on it, and asks as the page does. Prints a table
in Markdown: milliseconds from the request to the last byte, the median and the worst of fifty.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from sqlalchemy import Engine, create_engine, text

from db.migrate import upgrade
from db.totals import fold
from tests.postgres import run_cluster
from tests.serve import program, serving

ADDRESSES = ("/api/jobs", "/api/jobs?nsfw=off", "/live", "/api/jobs/search?queue=preview&status=failed")
TIMES = 50

FOLDER = "INSERT INTO library_roots (path, label) VALUES ('/media', 'media')"
#: A tenth of the videos lack everything, and their jobs wait; the others are done.
VIDEOS = """
    INSERT INTO videos (library_root_id, kind, file_path, file_size, file_mtime_ns, title, probe_revision,
                        fingerprint_revision, preview_revision, subtitles_revision, is_nsfw)
    SELECT 1, 'movie', '/media/film ' || n || '.mkv', 1, 1, 'film', done, done, done, done, n % 100 < :nsfw
    FROM generate_series(1, :videos) AS n, LATERAL (SELECT CASE WHEN n > :waiting THEN 1 END AS done) AS made
"""
QUEUES = "unnest(ARRAY['media-probe', 'fingerprint', 'preview', 'extract-subtitles'])"
WAITING = f"""
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label, is_nsfw)
    SELECT queue, 'video', CAST(id AS text), file_path, is_nsfw FROM videos, {QUEUES} AS queue
    WHERE probe_revision IS NULL
"""
ENDED = f"""
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label, status, error, attempts, started_at,
                          finished_at, is_nsfw)
    SELECT queue, 'video', CAST(n AS text), '/media/film ' || n || '.mkv',
           CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'completed' END,
           CASE WHEN n % 500 = 0 THEN 'Invalid data found in /media/film ' || n || '.mkv' END,
           1, now() - n * interval '1 second', now() - n * interval '1 second', n % 100 < :nsfw
    FROM generate_series(1, :ended) AS n, {QUEUES} AS queue
"""


def fill(engine: Engine, jobs: int, waiting: int, nsfw: int) -> None:
    """So many jobs in all, of which so many wait, over four queues; of each hundred, so many are NSFW."""
    ended = (jobs - waiting) // 4
    with engine.begin() as conn:
        conn.execute(text(FOLDER))
        conn.execute(text(VIDEOS), {"videos": jobs // 4, "waiting": waiting // 4, "nsfw": nsfw})
        conn.execute(text(WAITING))
        conn.execute(text(ENDED), {"ended": ended, "nsfw": nsfw})
        fold(conn)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))


def measure(client: httpx.Client, address: str) -> list[float]:
    """Milliseconds of each of fifty requests, after three that are not counted."""
    spent = []
    for _ in range(TIMES + 3):
        begun = time.perf_counter()
        client.get(address).raise_for_status()
        spent.append((time.perf_counter() - begun) * 1000)
    return spent[3:]


def main() -> None:
    """Fill, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--nsfw", type=int, default=10, help="percent")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="darkroom-pg-") as folder:
        for url in run_cluster(Path(folder)):
            upgrade(url.render_as_string(hide_password=False))
            engine = create_engine(url)
            fill(engine, wanted.jobs, wanted.waiting, wanted.nsfw)
            print(
                f"{wanted.jobs:,} jobs, {wanted.waiting:,} of them waiting, {wanted.nsfw} % NSFW;"
                f" {os.cpu_count()} CPUs, {platform.machine()}"
            )
            print("\n| address | median ms | worst ms |\n|---|---|---|")
            with serving(engine) as (address, _), program(engine, address, timeout=60) as client:
                for path in ADDRESSES:
                    spent = measure(client, path)
                    print(f"| `{path}` | {statistics.median(spent):.0f} | {max(spent):.0f} |")
            engine.dispose()


if __name__ == "__main__":
    main()
