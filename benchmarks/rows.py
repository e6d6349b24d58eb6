"""A large library and a large ledger, made by the database itself in a minute or two."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Engine, text

from db.totals import fold


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many rows; `nsfw` percent of the files, and of their jobs, are NSFW."""

    jobs: int
    #: Of the jobs: those that are not done yet.
    waiting: int
    events: int
    videos: int
    pictures: int
    tracks: int
    requests: int
    nsfw: int = 10


_WORDS = "(ARRAY['River','Winter','Harbour','Silence','Garden','Letters','Mountain','Signal','Mirror','Kingdom'])"
#: A title of two words and a number, the words by chance but the same each time.
_TITLE = f"{_WORDS}[1 + n * 7 % 10] || ' of the ' || {_WORDS}[1 + n / 10 % 10] || ' ' || n"
#: One of a hundred is missing; the last of them lack everything, and their jobs wait.
_LIBRARY = (
    "INSERT INTO library_roots (path, label) VALUES ('/media', 'Media')",
    "INSERT INTO library_settings (id) VALUES (1) ON CONFLICT DO NOTHING",
    "INSERT INTO studios (name) SELECT 'Studio ' || n FROM generate_series(1, 200) n",
    "INSERT INTO tags (name) SELECT 'Tag ' || n FROM generate_series(1, 200) n",
    """
    INSERT INTO video_series (library_root_id, folder_path, title)
    SELECT 1, '/media/series/' || n, 'Series ' || n FROM generate_series(1, 1 + :videos / 200) n
    """,
    "INSERT INTO video_seasons (series_id, season_number) SELECT id, 1 FROM video_series",
    f"""
    INSERT INTO videos (library_root_id, kind, file_path, file_size, file_mtime_ns, title, studio_id, missing_since,
                        probe_revision, fingerprint_revision, phash_revision, preview_revision, subtitles_revision,
                        looked_up_by, duration, width, height, codec, card_thumbnail_path, is_nsfw)
    SELECT 1, CASE WHEN n % 2 = 0 THEN 'movie' ELSE 'episode' END,
           CASE WHEN n % 2 = 0 THEN '/media/films/' ELSE '/media/series/' || n / 200 || '/' END || {_TITLE} || '.mkv',
           n * 1000, 1, {_TITLE}, 1 + n % 200, CASE WHEN n % 100 = 99 THEN now() - n * interval '1 second' END,
           done, done, done, done, done, CASE WHEN done IS NOT NULL THEN '  ' END, n % 7200, 1920, 1080, 'h264',
           'videos/' || n || '/card.jpg', n % 100 < :nsfw
    FROM generate_series(1, :videos) AS n,
         LATERAL (SELECT CASE WHEN n <= :videos - :waiting / 4 THEN 1 END AS done) AS made
    """,
    """
    INSERT INTO video_movies (video_id, year) SELECT id, 1950 + id % 75 FROM videos WHERE kind = 'movie'
    """,
    """
    INSERT INTO video_episodes (video_id, season_id, episode_number)
    SELECT id, 1 + id / 200, id % 200 FROM videos WHERE kind = 'episode'
    """,
    "INSERT INTO video_tags (video_id, tag_id) SELECT id, 1 + id % 200 FROM videos",
    f"""
    INSERT INTO galleries (library_root_id, kind, folder_path, title, image_count, parent_id)
    SELECT 1, 'folder', '/media/pictures/' || n, {_TITLE}, 50, CASE WHEN n % 2 = 0 THEN n / 100 + 1 END
    FROM generate_series(1, 1 + :pictures / 50) n
    """,
    """
    INSERT INTO images (library_root_id, gallery_id, file_path, file_size, file_mtime_ns, title, thumbnail_revision,
                        fingerprint_revision, thumbnail_path, missing_since, is_nsfw)
    SELECT 1, 1 + n / 50, '/media/pictures/' || n / 50 || '/page ' || n || '.jpg', n, 1, 'page ' || n, 1, 1,
           'images/' || n || '/thumbnail.jpg', CASE WHEN n % 100 = 99 THEN now() END, n % 100 < :nsfw
    FROM generate_series(1, :pictures) n
    """,
    f"""
    INSERT INTO audio_libraries (library_root_id, folder_path, title, track_count, parent_id)
    SELECT 1, '/media/audio/' || n, {_TITLE}, 20, CASE WHEN n % 2 = 0 THEN n / 20 + 1 END
    FROM generate_series(1, 1 + :tracks / 20) n
    """,
    """
    INSERT INTO audio_tracks (library_root_id, audio_library_id, file_path, file_size, file_mtime_ns, title, artist,
                              probe_revision, fingerprint_revision, waveform_revision, duration, is_nsfw)
    SELECT 1, 1 + n / 20, '/media/audio/' || n / 20 || '/' || n || '.mp3', n, 1, 'Track ' || n, 'Artist ' || n % 500,
           1, 1, 1, n % 600, n % 100 < :nsfw
    FROM generate_series(1, :tracks) n
    """,
)
_QUEUES = "unnest(ARRAY['media-probe', 'fingerprint', 'preview', 'extract-subtitles'])"
#: A scan that is at work has led to all that waits and to half of what has ended; of each queue a job came each 2 s.
_JOBS = (
    """
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label, status, created_at, started_at, lease_owner,
                          lease_expires_at)
    SELECT 'library-scan', 'library_root', '1', '/media', 'running', begun, begun, 'benchmark', now() + interval '1 day'
    FROM (SELECT now() - ((:jobs - :waiting) / 4 + 60) * interval '2 seconds' AS begun) AS made
    """,
    f"""
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label, status, error, attempts, origin_id,
                          started_at, finished_at, created_at, cleared_at, is_nsfw)
    SELECT queue, 'video', CAST(n AS text), '/media/films/' || {_TITLE} || '.mkv', made.status, made.error, 1,
           CASE WHEN n % 2 = 0 THEN 1 END, made.at, made.at, made.at - interval '1 minute',
           CASE WHEN made.status = 'failed' AND n % 1000 = 0 THEN made.at END, n % 100 < :nsfw
    FROM generate_series(1, (:jobs - :waiting) / 4) AS n, {_QUEUES} AS queue, LATERAL (
        SELECT now() - ((:jobs - :waiting) / 4 + 1 - n) * interval '2 seconds' AS at,
               CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'completed' END AS status,
               CASE WHEN n % 500 = 0 THEN
                    (ARRAY['Invalid data found when processing input', 'moov atom not found', 'No such codec: h267'])
                    [1 + n / 500 % 3] || ': /media/films/' || n || '.mkv' END AS error) AS made
    ORDER BY made.at
    """,
    f"""
    INSERT INTO job_runs (queue_name, target_type, target_id, target_label, origin_id, run_at, is_nsfw)
    SELECT queue, 'video', CAST(id AS text), file_path, 1, now() + CASE WHEN id % 10 = 0 THEN interval '1 hour'
           ELSE interval '0' END, is_nsfw
    FROM videos, {_QUEUES} AS queue WHERE probe_revision IS NULL AND missing_since IS NULL
    """,
)
_EVENTS = """
    INSERT INTO job_events (job_id, attempt, level, context, message, created_at)
    SELECT id, 1, CASE WHEN status = 'failed' AND n = 3 THEN 'error' ELSE 'info' END, queue_name,
           'Step ' || n || ' of ' || target_label, created_at
    FROM job_runs, generate_series(1, GREATEST(1, :events / (SELECT count(*) FROM job_runs))) n
"""
_REQUESTS = (
    f"""
    INSERT INTO audiobooks (title, author) SELECT {_TITLE}, 'Author ' || n % 5000 FROM generate_series(1, :requests) n
    """,
    """
    INSERT INTO requests (audiobook_id, status, requested_by, shelf_guid)
    SELECT id, (ARRAY['available', 'available', 'available', 'pending', 'awaiting_approval'])[1 + id % 5],
           'person ' || id % 20, 'item ' || id
    FROM audiobooks
    """,
    """
    INSERT INTO request_history (request_id, to_status, message, by)
    SELECT id, status, 'Step ' || n, 'page' FROM requests, generate_series(1, 3) n
    """,
)


def fill(engine: Engine, sizes: Sizes) -> None:
    """Fill an empty database; how long each part took goes to the output."""
    values = vars(sizes)
    for name, statements in (("library", _LIBRARY), ("jobs", _JOBS), ("requests", _REQUESTS)):
        began = time.monotonic()
        with engine.begin() as conn:
            for statement in statements:
                conn.execute(text(statement), values)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    began = time.monotonic()
    with engine.begin() as conn:
        # Each event's job is there: nobody need look for it five million times.
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        conn.execute(text(_EVENTS), values)
    with engine.begin() as conn:
        fold(conn)
    vacuum(engine)
    print(f"events and VACUUM: {time.monotonic() - began:.0f} s\n", flush=True)


def vacuum(engine: Engine) -> None:
    """What autovacuum does in its time."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))
