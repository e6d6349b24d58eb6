"""Pictures, and the archives that hold some: galleries for folders and for archives."""

from __future__ import annotations

from sqlalchemy import text

from db.scan import folders
from db.scan.files import Files
from db.scan.folders import Folders

_GALLERIES = Folders(
    "galleries",
    "images",
    link="gallery_id",
    count="image_count",
    extra=(", kind", ", 'folder'"),
    touched="""
        d.overview IS NOT NULL OR d.studio_id IS NOT NULL
        OR EXISTS (SELECT FROM gallery_tags WHERE gallery_id = d.id)
        OR EXISTS (SELECT FROM gallery_performers WHERE gallery_id = d.id)
        OR EXISTS (SELECT FROM collection_items WHERE gallery_id = d.id)
    """,
    # Where an archive was, a folder of the same name may be now.
    sets=", archive_id = NULL, member = NULL, member_checksum = NULL",
)

IMAGES = Files(
    name="image",
    table="images",
    hashed="fingerprint_revision",
    condition="f.archive_id IS NULL",
    columns=folders.COLUMNS,
    in_folders=True,
    follow=_GALLERIES.about(folders.FOLLOW),
    make=_GALLERIES.about(*folders.MAKE),
    write=_GALLERIES.about(*folders.WRITE),
    finish=_GALLERIES.about(*folders.FINISH),
)

# In the order of the jobs that read archives: first the archive, then its members, then its gallery.
_HOLD = text("SELECT FROM archives a JOIN scan_batch b ON b.file_id = a.id ORDER BY a.id FOR UPDATE OF a")
# Members go and come with their archive: those that were there when it went missing have its time.
_MEMBERS_BACK = text(
    """
    UPDATE images i SET missing_since = NULL, updated_at = now()
    FROM scan_batch b JOIN archives a ON a.id = b.file_id
    WHERE i.archive_id = a.id AND i.missing_since = a.missing_since
    """
)
_MEMBERS_ALONG = text(
    """
    UPDATE images i
    SET file_path = b.path || substr(i.file_path, length(a.file_path) + 1), file_mtime_ns = b.mtime_ns,
        library_root_id = :root_id, is_nsfw = i.is_nsfw OR (i.library_root_id <> :root_id AND :is_nsfw),
        updated_at = now()
    FROM scan_batch b JOIN archives a ON a.id = b.file_id
    WHERE b.change = 'moved' AND i.archive_id = a.id
      AND NOT EXISTS (SELECT FROM images other
                      WHERE other.file_path = b.path || substr(i.file_path, length(a.file_path) + 1))
    """
)
_INSERT = text(
    """
    INSERT INTO archives (library_root_id, file_path, file_size, file_mtime_ns, is_nsfw)
    SELECT :root_id, path, size, mtime_ns, :is_nsfw FROM scan_batch WHERE change = 'new' ORDER BY n
    ON CONFLICT (file_path) DO NOTHING
    """
)
_UPDATE = text(
    """
    UPDATE archives f
    SET file_path = b.path, library_root_id = :root_id, file_size = b.size, file_mtime_ns = b.mtime_ns,
        missing_since = NULL, updated_at = now(),
        revision = f.revision + CASE WHEN b.change = 'changed' THEN 1 ELSE 0 END,
        is_nsfw = f.is_nsfw OR (f.library_root_id <> :root_id AND :is_nsfw)
    FROM scan_batch b WHERE f.id = b.file_id
    """
)
_GALLERY_ALONG = text(
    """
    UPDATE galleries d
    SET library_root_id = :root_id, is_nsfw = d.is_nsfw OR (d.library_root_id <> :root_id AND :is_nsfw),
        title = CASE WHEN d.title = b.title_before AND NOT d.organized THEN b.title ELSE d.title END,
        image_count = (SELECT count(*) FROM images i WHERE i.archive_id = d.archive_id AND i.missing_since IS NULL)
    FROM scan_batch b WHERE d.archive_id = b.file_id
    """
)
_MEMBERS_LOST = text(
    """
    UPDATE images i SET missing_since = now(), updated_at = now() FROM archives a
    WHERE a.library_root_id = :root_id AND a.missing_since = now()
      AND i.archive_id = a.id AND i.missing_since IS NULL
    """
)
_GALLERY_EMPTY = text(
    """
    UPDATE galleries d SET image_count = 0 FROM archives a
    WHERE a.library_root_id = :root_id AND a.missing_since = now() AND d.archive_id = a.id
    """
)
_PARENTS = text(
    """
    UPDATE galleries d SET parent_id = above.id
    FROM archives a LEFT JOIN galleries above ON above.folder_path = pg_temp.folder_of(a.file_path)
    WHERE a.library_root_id = :root_id AND a.missing_since IS NULL
      AND d.archive_id = a.id AND d.parent_id IS DISTINCT FROM above.id
    """
)

ARCHIVES = Files(
    name="archive",
    table="archives",
    hashed="read_revision",
    columns=folders.COLUMNS,
    in_folders=True,
    loose=False,
    follow=_GALLERIES.about(folders.FOLLOW),
    make=_GALLERIES.about(*folders.MAKE),
    write=(_HOLD, _MEMBERS_BACK, _MEMBERS_ALONG, _INSERT, _UPDATE, _GALLERY_ALONG),
    lost=(_MEMBERS_LOST, _GALLERY_EMPTY),
    finish=(_PARENTS,),
)
