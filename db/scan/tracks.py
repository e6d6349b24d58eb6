"""Audio files: one library for each folder, with the picture that lies in it."""

from __future__ import annotations

from sqlalchemy import text

from db.scan import folders
from db.scan.files import Files
from db.scan.folders import Folders

_LIBRARIES = Folders("audio_libraries", "audio_tracks", link="audio_library_id", count="track_count")

# Of a folder that was looked at, and in it at a picture that could be looked at and is not being written. It is known
# before the tracks of a new library are, whose jobs make the cover; of an older library one job is asked to.
_COVERS = text(
    """
    WITH there AS (
        SELECT s.path AS folder, c.path AS source, c.size || ':' || c.mtime_ns AS signature
        FROM scan_folders s
        LEFT JOIN scan_seen c ON c.kind = 'cover' AND pg_temp.folder_of(c.path) = s.path
        WHERE s.kind = :kind AND coalesce(c.accepted, true)
    ), changed AS (
        UPDATE audio_libraries d SET cover_source = t.source, cover_signature = t.signature FROM there t
        WHERE d.folder_path = t.folder
          AND (d.cover_source, d.cover_signature) IS DISTINCT FROM (t.source, t.signature)
          AND NOT EXISTS (SELECT FROM scan_unreadable u WHERE u.path IN (d.folder_path, d.cover_source))
        RETURNING d.id, d.cover_made_from IS DISTINCT FROM d.cover_signature AS due
    )
    INSERT INTO scan_wants (queue, id)
    SELECT DISTINCT ON (c.id) 'audio-probe', t.id FROM changed c JOIN audio_tracks t ON t.audio_library_id = c.id
    WHERE c.due AND t.missing_since IS NULL AND t.probe_revision = t.revision ORDER BY c.id, t.id
    """
)

TRACKS = Files(
    name="track",
    table="audio_tracks",
    hashed="fingerprint_revision",
    columns=folders.COLUMNS,
    in_folders=True,
    follow=_LIBRARIES.about(folders.FOLLOW),
    make=(*_LIBRARIES.about(*folders.MAKE), _COVERS),
    write=_LIBRARIES.about(*folders.WRITE),
    finish=_LIBRARIES.about(*folders.FINISH),
)
