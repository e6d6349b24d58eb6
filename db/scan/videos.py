"""Videos: the series and seasons, episodes and movies that files are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from db.scan.apply import Row
from db.scan.files import Files


@dataclass(frozen=True, kw_only=True)
class VideoRow(Row):
    """One video as it is to be written.

    `title`, `episode`, `absolute` and `year` replace only what equals their `_before`, which is what the file's name
    gave it the last time: everything else was said by a person or a sidecar. `overview`, `released`, `rating` and the
    words fill what is empty.
    """

    sidecars: str
    kind: str
    title: str
    title_before: str
    series_path: str | None
    series_title: str | None
    season_number: int | None
    season_path: str | None
    episode: int | None
    episode_before: int | None
    absolute: int | None
    absolute_before: int | None
    year: int | None
    year_before: int | None
    overview: str | None
    released: date | None
    rating: int | None


_SERIES = text(
    """
    INSERT INTO video_series (library_root_id, folder_path, title, is_nsfw)
    SELECT DISTINCT ON (series_path) :root_id, series_path, series_title, :is_nsfw
    FROM scan_batch WHERE kind = 'episode' ORDER BY series_path
    ON CONFLICT (folder_path) DO NOTHING
    """
)
_SEASONS = text(
    """
    INSERT INTO video_seasons AS known (series_id, season_number, folder_path)
    SELECT DISTINCT ON (s.id, b.season_number) s.id, b.season_number, b.season_path
    FROM scan_batch b JOIN video_series s ON s.folder_path = b.series_path
    WHERE b.kind = 'episode' ORDER BY s.id, b.season_number, b.season_path NULLS LAST
    ON CONFLICT (series_id, season_number) DO UPDATE SET folder_path = excluded.folder_path
    WHERE excluded.folder_path IS NOT NULL AND excluded.folder_path IS DISTINCT FROM known.folder_path
    """
)
_INSERT = text(
    """
    INSERT INTO videos (library_root_id, kind, file_path, file_size, file_mtime_ns, sidecar_signature,
                        title, overview, released, rating, is_nsfw)
    SELECT :root_id, kind, path, size, mtime_ns, sidecars, title, overview, released, rating, :is_nsfw
    FROM scan_batch WHERE change = 'new' ORDER BY n
    ON CONFLICT (file_path) DO NOTHING
    """
)
_UPDATE = text(
    """
    UPDATE videos v
    SET file_path = b.path, library_root_id = :root_id, kind = b.kind, file_size = b.size,
        file_mtime_ns = b.mtime_ns, sidecar_signature = b.sidecars, missing_since = NULL, updated_at = now(),
        revision = v.revision + CASE WHEN b.change = 'changed' THEN 1 ELSE 0 END,
        subtitles_revision = CASE WHEN b.again = 'extract-subtitles' THEN NULL ELSE v.subtitles_revision END,
        title = CASE WHEN v.title = b.title_before AND NOT v.organized THEN b.title ELSE v.title END,
        overview = coalesce(v.overview, b.overview),
        released = coalesce(v.released, b.released),
        rating = coalesce(v.rating, b.rating),
        is_nsfw = v.is_nsfw OR (v.library_root_id <> :root_id AND :is_nsfw)
    FROM scan_batch b WHERE v.id = b.file_id
    """
)
_NO_MOVIES = text("DELETE FROM video_movies m USING scan_batch b WHERE m.video_id = b.file_id AND b.kind <> 'movie'")
_NO_EPISODES = text(
    "DELETE FROM video_episodes e USING scan_batch b WHERE e.video_id = b.file_id AND b.kind <> 'episode'"
)
_EPISODES = text(
    """
    INSERT INTO video_episodes AS e (video_id, season_id, episode_number, absolute_episode_number)
    SELECT v.id, se.id, b.episode, b.absolute
    FROM scan_batch b JOIN videos v ON v.file_path = b.path
    JOIN video_series s ON s.folder_path = b.series_path
    JOIN video_seasons se ON se.series_id = s.id AND se.season_number = b.season_number
    WHERE b.kind = 'episode'
    ON CONFLICT (video_id) DO UPDATE SET season_id = excluded.season_id
    """
)
_NUMBERS = text(
    """
    UPDATE video_episodes e
    SET episode_number = CASE WHEN e.episode_number IS NOT DISTINCT FROM b.episode_before
                              THEN b.episode ELSE e.episode_number END,
        absolute_episode_number = CASE WHEN e.absolute_episode_number IS NOT DISTINCT FROM b.absolute_before
                                       THEN b.absolute ELSE e.absolute_episode_number END
    FROM scan_batch b WHERE e.video_id = b.file_id AND b.change = 'moved'
    """
)
_MOVIES = text(
    """
    INSERT INTO video_movies (video_id, year)
    SELECT v.id, b.year FROM scan_batch b JOIN videos v ON v.file_path = b.path WHERE b.kind = 'movie'
    ON CONFLICT (video_id) DO NOTHING
    """
)
_YEARS = text(
    """
    UPDATE video_movies m SET year = b.year FROM scan_batch b
    WHERE m.video_id = b.file_id AND b.change = 'moved' AND m.year IS NOT DISTINCT FROM b.year_before
    """
)
# In the order of the index, so that two scans that bring the same words never wait for each other in a circle.
_MAKE_WORDS = """
    INSERT INTO {table} (name)
    SELECT DISTINCT ON (lower(name)) name FROM scan_words WHERE list = '{table}' ORDER BY lower(name), n
    ON CONFLICT (lower(name)) DO NOTHING
"""
_LINK_WORDS = """
    INSERT INTO {links} (video_id, {column})
    SELECT DISTINCT v.id, known.id
    FROM scan_words w JOIN scan_batch b USING (n) JOIN videos v ON v.file_path = b.path
    JOIN {table} known ON lower(known.name) = lower(w.name)
    WHERE w.list = '{table}' AND NOT EXISTS (SELECT FROM {links} l WHERE l.video_id = v.id)
    ON CONFLICT DO NOTHING
"""
_LISTS = (("tags", "video_tags", "tag_id"), ("performers", "video_performers", "performer_id"))
_WORDS = tuple(
    text(statement.format(table=table, links=links, column=column))
    for table, links, column in _LISTS
    for statement in (_MAKE_WORDS, _LINK_WORDS)
)

# The series goes with most of its files, when nothing is left in its folder and the new one is no series yet.
_RENAME_SERIES = text(
    r"""
    WITH votes AS (
        SELECT s.series_id, :root_path || '/' || split_part(substr(d.path, length(:root_path) + 2), '/', 1) AS folder,
               count(*) AS files
        FROM scan_delta d JOIN video_episodes e ON e.video_id = d.file_id JOIN video_seasons s ON s.id = e.season_id
        WHERE d.change = 'moved' AND strpos(substr(d.path, length(:root_path) + 2), '/') > 0
        GROUP BY 1, 2
    ), by_series AS (
        SELECT DISTINCT ON (series_id) * FROM votes ORDER BY series_id, files DESC, folder COLLATE "C"
    ), by_folder AS (
        SELECT DISTINCT ON (folder) * FROM by_series ORDER BY folder, files DESC, series_id
    ), alive AS (
        SELECT DISTINCT :root_path || '/' || split_part(substr(path, length(:root_path) + 2), '/', 1) AS folder
        FROM (SELECT path FROM scan_seen UNION ALL SELECT path FROM scan_unreadable) looked_at
    )
    UPDATE video_series s
    SET folder_path = b.folder,
        title = CASE WHEN s.title = substring(s.folder_path from '[^/]*$')
                     THEN regexp_replace(substring(b.folder from '[^/]*$'), '[\U0010FF80-\U0010FFFF]', U&'\FFFD', 'g')
                     ELSE s.title END
    FROM by_folder b
    WHERE s.id = b.series_id AND s.library_root_id = :root_id
      AND NOT EXISTS (SELECT FROM alive WHERE alive.folder = s.folder_path)
      AND NOT EXISTS (SELECT FROM video_series other WHERE other.folder_path = b.folder)
    """
)
# Made by scans, left empty by moves. What a person gave a name or a rating stays.
_TIDY = (
    text("DELETE FROM video_seasons s WHERE NOT EXISTS (SELECT FROM video_episodes e WHERE e.season_id = s.id)"),
    text(
        """
        DELETE FROM video_series s
        WHERE custom_name IS NULL AND rating IS NULL AND NOT organized
          AND NOT EXISTS (SELECT FROM video_seasons WHERE series_id = s.id)
        """
    ),
)

VIDEOS = Files(
    name="video",
    table="videos",
    hashed="fingerprint_revision",
    signature="f.sidecar_signature",
    columns={
        "sidecars": "text",
        "kind": "text",
        "title": "text",
        "title_before": "text",
        "series_path": "text",
        "series_title": "text",
        "season_number": "int",
        "season_path": "text",
        "episode": "int",
        "episode_before": "int",
        "absolute": "int",
        "absolute_before": "int",
        "year": "int",
        "year_before": "int",
        "overview": "text",
        "released": "date",
        "rating": "smallint",
    },
    follow=(_RENAME_SERIES,),
    write=(
        _SERIES,
        _SEASONS,
        _INSERT,
        _UPDATE,
        _NO_MOVIES,
        _NO_EPISODES,
        _EPISODES,
        _NUMBERS,
        _MOVIES,
        _YEARS,
    ),
    words=_WORDS,
    finish=_TIDY,
)
