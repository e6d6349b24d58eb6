"""What holds after everything that may happen, each a question with no answers: whatever it finds is a fault.

They are asked of a system at rest, which `World.rest` waits for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import av
import psutil
from PIL import Image

from deployments.join import marker
from tasks.media.audio.cover import CANDIDATE
from tasks.media.staging import PREFIX
from tests.chaos.world import PROGRAMS, World
from tests.waiting import until

#: Seconds between two signs of life of a flow, at most.
BEAT = 10.0
#: Files that belong to no row: a cover that may be chosen, and what other machines know the cache by.
OF_NO_ROW = {CANDIDATE, marker.NAME}
#: Seconds that a flow may take to end after its work has: where Prefect's API fails, its client asks again after 2, 4,
#: and at last 64 seconds, give or take a third, though there may be an answer much sooner.
ENDED = 120.0
#: Seconds within which Prefect and the ledger agree again: a minute, or more on a machine that is busy with much else.
AGREED = 120.0

QUESTIONS = {
    "jobs that neither ended nor wait": """
        SELECT DISTINCT ON (s.job_id) s.job_id, s.queue, s.status FROM chaos.steps s
        LEFT JOIN job_runs j ON j.id = s.job_id
        WHERE (j.id IS NULL OR j.status <> s.status) AND NOT EXISTS (
            SELECT FROM chaos.steps e WHERE e.job_id = s.job_id AND (e.n > s.n
            OR (j.id IS NULL AND e.status IN ('completed', 'failed', 'cancelled'))))
        """,
    "jobs that are held by nobody alive": """
        SELECT id, queue_name, status, lease_owner FROM job_runs
        WHERE status = 'running' OR lease_owner IS NOT NULL OR lease_expires_at IS NOT NULL
        """,
    "jobs that ended twice": """
        SELECT job_id, queue, array_agg(status ORDER BY n) FROM chaos.steps s
        WHERE was IN ('completed', 'failed', 'cancelled') AND NOT (status = 'queued' AND EXISTS (
            SELECT FROM job_events e WHERE e.job_id = s.job_id AND e.message LIKE 'Put back in its queue%%'))
        GROUP BY 1, 2
        """,
    "results that were written more often than jobs for them ended well": """
        SELECT r.queue, r.target_type, r.target_id, r.revision, count(*) AS results, min(s.jobs) AS jobs
        FROM chaos.results r LEFT JOIN LATERAL (
            SELECT count(*) AS jobs FROM chaos.steps s
            JOIN chaos.results o ON o.transaction = s.transaction AND (o.queue, o.target_type, o.target_id, o.revision)
                                    = (r.queue, r.target_type, r.target_id, r.revision)
            WHERE s.status = 'completed' AND (s.target_type, s.target_id) = (r.target_type, r.target_id)) s ON true
        GROUP BY 1, 2, 3, 4 HAVING count(*) > min(s.jobs)
        """,
    "results without the end of their job": """
        SELECT r.queue, r.target_type, r.target_id FROM chaos.results r
        WHERE NOT EXISTS (
            SELECT FROM chaos.steps s WHERE s.transaction = r.transaction AND s.target_type = r.target_type
            AND s.target_id = r.target_id AND s.status = 'completed')
        """,
    "videos that lack a result": """
        SELECT file_path, revision, probe_revision, fingerprint_revision, preview_revision, subtitles_revision
        FROM videos v WHERE duration > 0 AND (
            probe_revision IS DISTINCT FROM revision OR fingerprint_revision IS DISTINCT FROM revision
            OR preview_revision IS DISTINCT FROM revision OR subtitles_revision IS DISTINCT FROM revision)
        """,
    "errors that are no tool's": """
        SELECT queue_name, target_label, error FROM job_runs
        WHERE status = 'failed' AND cleared_at IS NULL AND target_label !~ '(Cut Short|Empty Reel)'
        """,
    "subtitles that are there twice": """
        SELECT video_id, source, source_key FROM video_subtitles GROUP BY 1, 2, 3 HAVING count(*) > 1
        """,
    "files that were taken for missing": "SELECT file_path FROM videos WHERE missing_since IS NOT NULL",
    "unfinished targets with two jobs": """
        SELECT queue_name, target_type, target_id FROM job_runs WHERE status IN ('queued', 'running')
        GROUP BY 1, 2, 3 HAVING count(*) > 1
        """,
    "times by another clock than the database's, or out of order": """
        SELECT id, queue_name, created_at, started_at, finished_at FROM job_runs
        WHERE greatest(created_at, started_at, finished_at, run_at) > clock_timestamp() + interval '1 second'
           OR finished_at < started_at - interval '1 second' OR started_at < created_at - interval '1 second'
        """,
    "events by another clock than the database's": """
        SELECT id, job_id, created_at FROM job_events WHERE created_at > clock_timestamp() + interval '1 second'
        """,
    "attempts out of order in a job's story": """
        SELECT job_id FROM (SELECT job_id, attempt - lag(attempt) OVER (PARTITION BY job_id ORDER BY id) AS step
                            FROM job_events WHERE attempt > 0) e WHERE step < 0
        """,
}


def broken(world: World) -> list[str]:
    """Everything that does not hold, in words."""
    found = [f"{name}: {rows[:5]}" for name, statement in QUESTIONS.items() if (rows := world.rows(statement))]
    found += [f"stray process: {words}" for words in strays(world)]
    found += [*half_files(world), *unnamed_files(world), *wrong_counts(world)]
    return found + [f"Prefect and the ledger differ on {run}" for run in disagreements(world)]


def strays(world: World) -> list[str]:
    """Processes that outlive their work: what flows of this home left behind, and programs that are there twice."""
    seen = {pid: float(at) for pid, at in world.rows("SELECT pid, extract(epoch FROM seen) FROM chaos.flows")}

    def left() -> list[psutil.Process]:
        flows = [process for process in psutil.process_iter() if _is_of(process, seen)]
        return flows + [process for name in PROGRAMS for process in world.programs(name)[1:]]

    with suppress(AssertionError):
        until(lambda: not left(), seconds=ENDED)
    return [f"{process.pid} {words}" for process in left() if (words := _words(process))]


def _is_of(process: psutil.Process, flows: Mapping[int, float]) -> bool:
    """Whether a process is in the session of one of these flows, and not of another that has got its number since."""
    try:
        return process.create_time() < flows[os.getsid(process.pid)] + BEAT
    except (OSError, KeyError, psutil.Error):
        return False


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:200]
    except psutil.Error:
        return ""


def half_files(world: World) -> Iterator[str]:
    """Generated files that are not whole, and folders that files are made in before they are."""
    for path in _files(world.cache):
        if any(part.startswith(PREFIX) for part in path.parts):
            yield f"unfinished: {path}"
            continue
        try:
            _read(path)
        except Exception as error:
            yield f"half a file: {path}: {error}"


def _read(path: Path) -> None:
    match path.suffix:
        case ".jpg":
            with Image.open(path) as picture:
                picture.load()
        case ".mp4":
            with av.open(str(path)) as film:
                assert sum(1 for packet in film.demux(video=0) if packet.size) > 1, "no pictures"
        case ".vtt":
            assert path.read_text().startswith("WEBVTT"), "no WebVTT"
        case ".json":
            json.loads(path.read_text())
        case _:
            assert path.stat().st_size > 0, "empty"


def unnamed_files(world: World) -> Iterator[str]:
    """Generated files that no row names, and rows that name files that are not there."""
    named = {path for path in world.named_files() if not path.startswith("/")}
    there = {str(path.relative_to(world.cache)) for path in _files(world.cache) if path.name not in OF_NO_ROW}
    yield from (f"a file without a row: {path}" for path in sorted(there - named)[:5])
    yield from (f"a row without its file: {path}" for path in sorted(named - there)[:5])


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


COUNTS = """
    SELECT count(*) FILTER (WHERE status = 'running'), count(*) FILTER (WHERE status = 'queued'),
           count(*) FILTER (WHERE status = 'failed' AND cleared_at IS NULL),
           count(*) FILTER (WHERE status = 'cancelled' AND cleared_at IS NULL),
           count(*) FILTER (WHERE status = 'completed') FROM job_runs WHERE {which}
"""


def wrong_counts(world: World) -> list[str]:
    """Numbers of the API that are not the table's. Retention may remove rows in between: asked again, then."""
    for _ in range(3):
        before = world.rows("SELECT count(*), max(id) FROM job_runs")
        shown = world.asked("jobs")
        stats, wrong = shown["stats"], []
        names = ("running", "backlog", "failures", "cancelled", "retainedDone")
        [table] = world.rows(COUNTS.format(which="true"))
        if tuple(stats[name] for name in names) != table:
            wrong.append(f"the page says {stats}, the table {table}")
        names = ("running", "backlog", "failed", "cancelled", "completed")
        for queue in shown["queues"]:
            [row] = world.rows(COUNTS.format(which="queue_name = %s"), queue["queueName"])
            if tuple(queue[name] for name in names) != row:
                wrong.append(f"the page says {queue}, the table {row}")
        if world.rows("SELECT count(*), max(id) FROM job_runs") == before:
            break
    return wrong


def disagreements(world: World) -> list[str]:
    """Flow runs that only one of Prefect and the ledger takes for being at work, long after the work has ended."""

    def apart() -> set[str]:
        return world.running_in_prefect() ^ world.running_in_ledger()

    with suppress(AssertionError):
        until(lambda: not apart(), seconds=AGREED)
    return [f"{run}: {world.prefect_story(run)}" for run in apart()]
