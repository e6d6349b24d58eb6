"""What a queue's Run button enqueues: everything that lacks the queue's result, in one statement for each queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, TextClause, text

from db import library_settings, maintenance
from db.identify import NO_STASH_BOX
from db.ledger import Enqueued
from db.ledger.events import dump
from db.ledger.notify import notify
from db.ledger.queue_settings import PRIORITY
from db.models.videos import HASHES
from db.requests.targets import OBSTACLES as REQUEST_OBSTACLES
from db.requests.targets import TARGETS as REQUESTS
from db.results import RESULTS
from flows.queues import BY_NAME, PRIORITY_MACHINE, PRIORITY_PERSON_MANY, PRIORITY_PERSON_ONE

_ROOTS = """
    SELECT 'library_root' AS target_type, id, path AS label, is_nsfw FROM library_roots
    WHERE enabled AND ({switches}) AND (CAST(:only AS bigint) IS NULL OR id = :only)
"""
_FILES = """
    SELECT '{target_type}' AS target_type, id, file_path AS label, is_nsfw FROM {table}
    WHERE missing_since IS NULL AND (:everything OR {lacks})
"""
_WITHOUT_PHASH = """
    SELECT 'video' AS target_type, id, file_path AS label, is_nsfw FROM videos
    WHERE missing_since IS NULL AND duration > 0 AND phash_revision IS DISTINCT FROM revision
"""
_SETS = """
    SELECT 'video' AS target_type, id, file_path AS label, is_nsfw FROM videos JOIN hls_sets s ON s.video_id = id
    WHERE missing_since IS NULL AND (:everything OR s.revision IS DISTINCT FROM videos.revision)
"""

_COLLECTIONS = """
    SELECT 'collection' AS target_type, id, name AS label, is_nsfw FROM collections WHERE rules IS NOT NULL
"""
# A content whose hashes were not looked up, once there is somebody to ask.
_UNKNOWN = f"""
    SELECT 'video' AS target_type, id, file_path AS label, is_nsfw FROM videos
    WHERE missing_since IS NULL AND {HASHES} IS NOT NULL AND EXISTS (SELECT FROM stash_boxes WHERE enabled)
      AND (:everything OR looked_up_by IS DISTINCT FROM {HASHES})
"""  # noqa: S608  (constants)
# Never `everything`: what was applied is not applied again.
_ACCEPTED = """
    SELECT 'identify_result' AS target_type, r.id, v.file_path AS label, v.is_nsfw
    FROM identify_results r JOIN videos v ON v.id = r.video_id
    WHERE r.status = 'accepted' AND r.applied_at IS NULL
"""
_LIBRARY = f"""
    SELECT '{maintenance.TARGET}' AS target_type, '{maintenance.FILES}' AS id,
           '{maintenance.FILES_LABEL}' AS label, false AS is_nsfw
"""

#: The folders that each queue scans.
FOLDERS: dict[str, str] = {
    "library-scan": _ROOTS.format(switches="scan_movies OR scan_series"),
    "gallery-scan": _ROOTS.format(switches="scan_images"),
    "audio-scan": _ROOTS.format(switches="scan_audio"),
}
_RESULTS = {
    queue: _FILES.format(target_type=results.target_type, table=results.table, lacks="{lacks}")
    for queue, results in RESULTS.items()
}

#: What each queue works on and lacks; the partial indexes on the tables of files answer the same conditions.
TARGETS: dict[str, str] = {
    **FOLDERS,
    **_RESULTS,
    "gallery-scan": f"{FOLDERS['gallery-scan']} UNION ALL {_RESULTS['gallery-scan']}",
    "collection-refresh": _COLLECTIONS,
    maintenance.QUEUE: _LIBRARY,
    "hls-transcode": _SETS,
    "identify": _UNKNOWN,
    "metadata-import": _ACCEPTED,
    **REQUESTS,
}

#: The queues of which everything can be made anew, not only what lacks it.
ANEW = frozenset({*RESULTS, "hls-transcode", "identify"})

# A row that waits already becomes as urgent as whoever asked last wants it, and does what that one wants besides.
_RUN = """
    WITH wanted AS ({targets}),
    made AS (
        INSERT INTO job_runs AS j (queue_name, target_type, target_id, target_label, is_nsfw, payload,
                                   max_attempts, priority, trigger)
        SELECT :queue, target_type, CAST(id AS text), label, is_nsfw, CAST(:payload AS jsonb),
               :attempts, greatest(:priority, coalesce({urgency}, :least)), :trigger
        FROM wanted
        ORDER BY target_type DESC, id
        ON CONFLICT (queue_name, target_type, target_id) WHERE status IN ('queued', 'running')
        DO UPDATE SET priority = greatest(j.priority, excluded.priority), payload = j.payload || excluded.payload
        WHERE j.status = 'queued' AND (j.priority < excluded.priority OR NOT j.payload @> excluded.payload)
        RETURNING j.id, xmax = 0 AS made
    )
    SELECT (SELECT count(*) FROM wanted) AS wanted,
           (SELECT count(*) FROM made WHERE made) AS made,
           ARRAY(SELECT id FROM made WHERE made ORDER BY id LIMIT 100) AS job_ids
"""

#: What keeps a queue from having anything to do, and what to do about it.
_OBSTACLES: dict[str, tuple[TextClause, str]] = {
    "identify": (text("SELECT NOT EXISTS (SELECT FROM stash_boxes WHERE enabled)"), NO_STASH_BOX),
    **{queue: (text(found), sentence) for queue, (found, sentence) in REQUEST_OBSTACLES.items()},
}
_UNFINISHED = text(
    """
    SELECT id FROM job_runs
    WHERE target_type = 'library_root' AND target_id = CAST(:root_id AS text) AND queue_name = ANY(:queues)
      AND status IN ('queued', 'running')
    ORDER BY id
    """
)

_PRIORITY = {"manual": PRIORITY_PERSON_MANY, "schedule": PRIORITY_MACHINE}


def run_queue(
    conn: Connection,
    queue_name: str,
    *,
    trigger: str = "manual",
    everything: bool = False,
) -> Enqueued:
    """Enqueue a job for every target that lacks the queue's result, or for `everything` to make it anew.

    A library scan is a scan for every kind of media that a folder is watched for: one job each, in the kind's own
    queue. `job_ids` holds the first hundred of the new jobs of each queue.

    Raises:
        KeyError: the queue does not exist, or its flow is not written yet.
    """
    wanted = {
        "trigger": trigger,
        "priority": _PRIORITY.get(trigger, PRIORITY_MACHINE),
        "everything": everything,
        "payload": dump({"everything": True} if everything else {}),
    }
    made = _run(conn, queue_name, _targets(conn, queue_name), wanted)
    return sum((_run(conn, name, FOLDERS[name], wanted) for name in BY_NAME[queue_name].also_runs), made)


def scan_one(conn: Connection, root_id: int, *, trigger: str = "manual") -> Enqueued:
    """Enqueue the scans of one folder; nothing when it does not exist, is disabled, or watched for nothing."""
    priority = PRIORITY_PERSON_ONE if trigger == "manual" else PRIORITY_MACHINE
    wanted = {"trigger": trigger, "priority": priority, "only": root_id}
    return sum((_run(conn, name, folders, wanted) for name, folders in FOLDERS.items()), Enqueued())


def unfinished_scans(conn: Connection, root_id: int) -> list[int]:
    """The jobs that scan one folder, or will: the new ones, and those that were waiting or running."""
    return list(conn.scalars(_UNFINISHED, {"root_id": root_id, "queues": list(FOLDERS)}))


def backfill_phash(conn: Connection) -> Enqueued:
    """Enqueue a fingerprint, the perceptual hash included, for every video that lacks that, whatever the settings say.

    A video whose duration is not known yet has none; one of which none could be made is not tried again.
    """
    wanted = {"trigger": "manual", "priority": PRIORITY_PERSON_MANY, "payload": dump({"phash": True})}
    return _run(conn, "fingerprint", _WITHOUT_PHASH, wanted)


def _targets(conn: Connection, queue_name: str) -> str:
    lacks = RESULTS[queue_name].lacks(library_settings.read(conn)) if queue_name in RESULTS else ""
    return TARGETS[queue_name].format(lacks=lacks)


def _run(conn: Connection, queue_name: str, targets: str, wanted: Mapping[str, Any]) -> Enqueued:
    usual = {"everything": False, "only": None, "payload": "{}"}
    queue = BY_NAME[queue_name]
    policy = {"queue": queue_name, "attempts": queue.retry.attempts, "least": queue.priority}
    statement = _RUN.format(targets=targets, urgency=PRIORITY.format(queue=":queue"))
    row = conn.execute(text(statement), {**usual, **policy, **wanted}).one()
    if row.made:
        notify(conn, "enqueued", queues=[queue_name])
    obstacle = None if row.wanted else _obstacle(conn, queue_name)
    return Enqueued(row.made, row.wanted - row.made, tuple(row.job_ids), obstacle)


def _obstacle(conn: Connection, queue_name: str) -> str | None:
    found, sentence = _OBSTACLES.get(queue_name, (None, ""))
    return sentence if found is not None and conn.execute(found).scalar_one() else None
