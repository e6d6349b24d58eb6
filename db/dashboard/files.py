"""The generated files that belong to a video."""

from __future__ import annotations

from sqlalchemy import Connection, text

KNOWN = text("""
    SELECT EXISTS (
        SELECT FROM videos WHERE id = :id AND :path IN
            (thumbnail_path, custom_thumbnail_path, card_thumbnail_path, preview_path, sprite_path, trickplay_vtt_path)
    ) OR EXISTS (
        SELECT FROM video_subtitles WHERE video_id = :id AND :path IN (storage_path, original_path)
    )
""")


def generated_file(conn: Connection, video_id: int, name: str) -> str | None:
    """The path of a video's generated file below the cache folder; None where the database knows no such file."""
    path = f"videos/{video_id}/{name}"
    return path if "\0" not in path and conn.scalar(KNOWN, {"id": video_id, "path": path}) else None
