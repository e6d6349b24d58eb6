"""From what differs to what is to be written about it."""

from __future__ import annotations

import os
from collections.abc import Callable

from db import paths
from db.scan import Difference, FolderRow, VideoRow
from tasks.library.describe import Description, describe, metadata_beside
from tasks.library.metadata import NOTHING, Metadata
from tasks.library.names import plain_title
from tasks.library.sidecars import metadata_part, subtitles_part


class FolderRows:
    """Makes rows of files whose names are all that is known of them."""

    def __init__(self, _: str, __: Callable[[str, str], None]) -> None: ...

    def row(self, difference: Difference) -> FolderRow:
        """Where a file lies, and its title."""
        folder, _, name = difference.path.rpartition("/")
        before = (difference.old_path or difference.path).rpartition("/")[2]
        return FolderRow(
            n=difference.n,
            change=difference.change,
            file_id=difference.file_id,
            path=difference.path,
            size=difference.size,
            mtime_ns=difference.mtime_ns,
            title=plain_title(paths.to_native(name)),
            title_before=plain_title(paths.to_native(before)),
            folder=folder,
        )


class VideoRows:
    """Makes rows of the videos of one watched folder. `refused` is told of sidecars that are not read, and why."""

    def __init__(self, root_path: str, refused: Callable[[str, str], None]) -> None:
        self._root_path = root_path
        self._native = os.path.realpath(paths.to_native(root_path))
        self._refused = refused

    def row(self, difference: Difference) -> VideoRow:
        """All that is known of a file, in the database's spelling."""
        now = self._describe(difference.path)
        before = self._before(difference, now)
        said = self._metadata(difference)
        news = said if _says_more(difference) else NOTHING
        return VideoRow(
            n=difference.n,
            change=difference.change,
            file_id=difference.file_id,
            path=difference.path,
            size=difference.size,
            mtime_ns=difference.mtime_ns,
            sidecars=difference.sidecars,
            again="extract-subtitles" if _has_other_subtitles(difference) else None,
            kind=now.kind,
            title=said.title or now.title,
            title_before=before.title,
            series_path=self._folder(now.series_folder),
            series_title=now.series_title,
            season_number=now.season_number,
            season_path=self._folder(now.season_folder),
            episode=now.episode,
            episode_before=before.episode,
            absolute=now.absolute,
            absolute_before=before.absolute,
            year=now.year,
            year_before=before.year,
            overview=news.overview,
            released=news.released,
            rating=news.rating,
            words=(
                *(("tags", name) for name in news.tags),
                *(("performers", name) for name in news.performers),
            ),
        )

    def _describe(self, path: str) -> Description:
        return describe(paths.to_native(path[len(self._root_path) + 1 :]))

    def _before(self, difference: Difference, now: Description) -> Description:
        old = difference.old_path
        if old is None or old == difference.path:
            return now
        # A file that came from another watched folder: only its name still says something.
        inside = old.startswith(f"{self._root_path}/")
        return self._describe(old) if inside else describe(paths.to_native(old.rpartition("/")[2]))

    def _metadata(self, difference: Difference) -> Metadata:
        if difference.nfo is None and difference.info is None:
            return NOTHING
        native = paths.to_native
        nfo, info = (name and native(name) for name in (difference.nfo, difference.info))
        folder = native(difference.path.rpartition("/")[0])
        return metadata_beside(folder, self._native, nfo, info, self._refused)

    def _folder(self, relative: str | None) -> str | None:
        return None if relative is None else f"{self._root_path}/{paths.to_text(relative)}"


def _says_more(difference: Difference) -> bool:
    """Whether the metadata files are others than those that were read before."""
    old = difference.old_sidecars
    return old is None or metadata_part(old) != metadata_part(difference.sidecars)


def _has_other_subtitles(difference: Difference) -> bool:
    old = difference.old_sidecars
    return old is not None and subtitles_part(old) != subtitles_part(difference.sidecars)
