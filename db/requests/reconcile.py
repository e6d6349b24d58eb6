"""Requests that are under way although no job is at work on them: found, and set going again or failed, each minute.

That happens where a process died between two steps twice, where a person cancelled a job rather than its request, and
where somebody's hand was in the tables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from db import ledger
from db.ledger import FollowUp
from db.requests.states import ACTIVE
from db.requests.transition import fail
from flows.queues import PRIORITY_PERSON_MANY

_STRANDED = text(
    """
    WITH under_way AS (
        SELECT r.id, r.status, r.updated_at, b.title || ' by ' || b.author AS label
        FROM requests r JOIN audiobooks b ON b.id = r.audiobook_id WHERE r.status = ANY(:active)
    ), theirs AS (
        SELECT u.id AS request_id, j.*
        FROM under_way u JOIN job_runs j ON j.target_type = 'request' AND j.target_id = CAST(u.id AS text)
        UNION ALL
        SELECT u.id, j.*
        FROM under_way u JOIN download_history d ON d.request_id = u.id
        JOIN job_runs j ON j.target_type = 'download' AND j.target_id = CAST(d.id AS text)
    )
    SELECT u.id, u.status, u.label, last.queue_name, last.status AS job_status, last.error, last.id AS job_id,
           (SELECT id FROM download_history d WHERE d.request_id = u.id AND d.status = 'downloading') AS watched,
           (SELECT max(id) FROM download_history d WHERE d.request_id = u.id AND d.status = 'completed') AS complete,
           EXISTS (SELECT FROM releases f WHERE f.request_id = u.id AND (f.qualifies OR f.chosen)) AS has_releases
    FROM under_way u LEFT JOIN LATERAL (
        SELECT * FROM theirs t WHERE t.request_id = u.id AND t.queue_name = ANY(:queues)
          AND t.finished_at >= u.updated_at ORDER BY t.finished_at DESC LIMIT 1
    ) last ON true
    WHERE NOT EXISTS (SELECT FROM theirs t WHERE t.request_id = u.id AND t.queue_name = ANY(:queues)
                      AND t.status IN ('queued', 'running'))
    """
)
#: The queues that carry a request.
CARRIERS = ("search_indexers", "download_torrent", "monitor_download", "organize_files")
CANCELLED = "Its job was cancelled. Retry the request to go on with it, or cancel it as well."


def reconcile(conn: Connection) -> int:
    """Fail the requests whose last job has failed or was cancelled, set the others going again; returns how many."""
    stranded = conn.execute(_STRANDED, {"active": sorted(ACTIVE), "queues": list(CARRIERS)}).all()
    for row in stranded:
        wanted = None if row.job_status in {"failed", "cancelled"} else _next_step(row)
        if wanted is None:
            words = CANCELLED if row.job_status == "cancelled" else row.error or "It lost its way; retry it."
            fail(conn, row.id, words, while_in=ACTIVE, by="dispatch", job_id=row.job_id)
        else:
            ledger.enqueue(conn, [wanted], trigger="dispatch", priority=PRIORITY_PERSON_MANY)
    return len(stranded)


def _next_step(row: Any) -> FollowUp | None:
    """The job that a request lacks; None where nobody can tell what it was about."""
    if row.status in {"pending", "searching"}:
        return FollowUp("search_indexers", str(row.id), row.label, "request")
    if row.status == "processing":
        payload = {} if row.complete is None else {"download": row.complete}
        return FollowUp("organize_files", str(row.id), row.label, "request", payload=payload)
    if row.watched is not None:
        return FollowUp("monitor_download", str(row.watched), row.label, "download")
    return FollowUp("download_torrent", str(row.id), row.label, "request") if row.has_releases else None
