"""Files that are kept by folder: galleries of pictures, libraries of audio files.

One row for each folder that holds files, and for each between it and the watched folder, which has one itself only
where files lie loose in it. A row follows its files when their folder is renamed. What a person said of it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import TextClause, text

from db.scan.apply import Row

#: The columns of a batch of such files.
COLUMNS = {"title": "text", "title_before": "text", "folder": "text"}


@dataclass(frozen=True, kw_only=True)
class FolderRow(Row):
    """One such file as it is to be written.

    `title` replaces only what equals `title_before`, which is what the file's name gave it the last time.
    """

    title: str
    title_before: str
    #: The path of the folder that it lies in.
    folder: str


@dataclass(frozen=True)
class Folders:
    """A table of folders and the table of the files in them."""

    table: str
    files: str
    #: The column of `files` that names the folder's row, and the column of `table` that counts the files.
    link: str
    count: str
    #: Columns of a new row besides the usual ones, and their values.
    extra: tuple[str, str] = ("", "")
    #: What else of a row, called `d`, is a person's word.
    touched: str = "false"
    #: What else is set when a file is written.
    sets: str = ""

    def about(self, *templates: str) -> tuple[TextClause, ...]:
        """Statements about these folders."""
        columns, values = self.extra
        return tuple(text(template.format(**vars(self), columns=columns, values=values)) for template in templates)


#: `Files.follow`: a row goes with most of its files, when none is left in its folder and the new one has no row yet.
#: A folder that holds only folders goes with those, as long as their names stay.
FOLLOW = """
    WITH RECURSIVE moved AS (
        SELECT pg_temp.folder_of(old_path) AS old, pg_temp.folder_of(path) AS new, count(*) AS files
        FROM scan_delta WHERE change = 'moved' GROUP BY 1, 2
    ), climbed AS (
        SELECT * FROM moved
        UNION ALL
        SELECT pg_temp.folder_of(old), pg_temp.folder_of(new), files FROM climbed
        WHERE pg_temp.name_of(old) = pg_temp.name_of(new)
          AND starts_with(pg_temp.folder_of(old), :root_path || '/')
          AND starts_with(pg_temp.folder_of(new), :root_path || '/')
    ), votes AS (
        SELECT old, new, sum(files) AS files FROM climbed WHERE old <> new GROUP BY 1, 2
    ), by_old AS (
        SELECT DISTINCT ON (old) * FROM votes ORDER BY old, files DESC, new COLLATE "C"
    ), by_new AS (
        SELECT DISTINCT ON (new) * FROM by_old ORDER BY new, files DESC, old COLLATE "C"
    )
    UPDATE {table} d
    SET folder_path = b.new,
        title = CASE WHEN d.title = pg_temp.title_of(b.old) THEN pg_temp.title_of(b.new) ELSE d.title END
    FROM by_new b
    WHERE d.folder_path = b.old AND d.library_root_id = :root_id
      AND NOT EXISTS (SELECT FROM scan_folders s WHERE s.path = b.old)
      AND NOT EXISTS (SELECT FROM scan_unreadable u WHERE u.path = b.old OR starts_with(u.path, b.old || '/')
                                                       OR starts_with(b.old, u.path || '/'))
      AND NOT EXISTS (SELECT FROM {table} other WHERE other.folder_path = b.new)
"""

#: `Files.make`.
MAKE = (
    """
    INSERT INTO {table} (library_root_id, folder_path, title, is_nsfw{columns})
    SELECT :root_id, s.path, pg_temp.title_of(s.path), :is_nsfw{values}
    FROM scan_folders s
    WHERE s.kind = :kind AND NOT EXISTS (SELECT FROM {table} d WHERE d.folder_path = s.path)
    ON CONFLICT (folder_path) DO NOTHING
    """,
    """
    UPDATE {table} d SET parent_id = above.id
    FROM scan_folders s LEFT JOIN {table} above ON above.folder_path = s.parent
    WHERE s.kind = :kind AND d.folder_path = s.path AND d.parent_id IS DISTINCT FROM above.id
    """,
)

#: `Files.write`.
WRITE = (
    """
    INSERT INTO {files} (library_root_id, {link}, file_path, file_size, file_mtime_ns, title, is_nsfw)
    SELECT :root_id, d.id, b.path, b.size, b.mtime_ns, b.title, :is_nsfw
    FROM scan_batch b LEFT JOIN {table} d ON d.folder_path = b.folder WHERE b.change = 'new' ORDER BY b.n
    ON CONFLICT (file_path) DO NOTHING
    """,
    """
    UPDATE {files} f
    SET file_path = b.path, library_root_id = :root_id, {link} = d.id, file_size = b.size, file_mtime_ns = b.mtime_ns,
        missing_since = NULL, updated_at = now(),
        revision = f.revision + CASE WHEN b.change = 'changed' THEN 1 ELSE 0 END,
        title = CASE WHEN f.title = b.title_before AND NOT f.organized THEN b.title ELSE f.title END,
        is_nsfw = f.is_nsfw OR (f.library_root_id <> :root_id AND :is_nsfw){sets}
    FROM scan_batch b LEFT JOIN {table} d ON d.folder_path = b.folder WHERE f.id = b.file_id
    """,
)

#: `Files.finish`: files that lost their folder's row get it back, the counts are made right, and rows go that nothing
#: holds any more: no file, be it missing, no folder below that stays, no word of a person's.
FINISH = (
    """
    UPDATE {files} f SET {link} = d.id FROM {table} d
    WHERE f.{link} IS NULL AND f.library_root_id = :root_id AND f.missing_since IS NULL
      AND d.folder_path = pg_temp.folder_of(f.file_path)
    """,
    """
    UPDATE {table} d SET {count} = coalesce(there.files, 0)
    FROM {table} same LEFT JOIN (
        SELECT {link} AS id, count(*) AS files FROM {files}
        WHERE library_root_id = :root_id AND missing_since IS NULL GROUP BY 1
    ) there USING (id)
    WHERE d.id = same.id AND d.library_root_id = :root_id AND d.folder_path IS NOT NULL
      AND d.{count} <> coalesce(there.files, 0)
    """,
    """
    WITH RECURSIVE kept AS (
        SELECT d.id, d.parent_id FROM {table} d
        WHERE d.library_root_id = :root_id
          AND (d.folder_path IS NULL OR d.rating IS NOT NULL OR d.organized
               OR d.title <> pg_temp.title_of(d.folder_path) OR {touched}
               OR EXISTS (SELECT FROM scan_folders s WHERE s.path = d.folder_path)
               OR EXISTS (SELECT FROM {files} f WHERE f.{link} = d.id))
        UNION
        SELECT d.id, d.parent_id FROM {table} d JOIN kept ON d.id = kept.parent_id
    )
    DELETE FROM {table} d WHERE d.library_root_id = :root_id AND NOT EXISTS (SELECT FROM kept WHERE kept.id = d.id)
    """,
)
