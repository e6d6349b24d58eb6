"""From a finished download to a book in the library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.clients.web import Web
from tasks.errors import PermanentError, TransientError
from tasks.media import verdict
from tasks.media.audio.probe import look
from tasks.media.staging import staged
from tasks.media.tools import MediaTools, part
from tasks.requests.organize import tagging
from tasks.requests.organize.copying import copy, link
from tasks.requests.organize.covers import COVER, make_cover
from tasks.requests.organize.editions import without_repetitions
from tasks.requests.organize.found import Found, Part, find
from tasks.requests.organize.kinds import Book, Filed, FiledFile, How, Options
from tasks.requests.organize.merging import merge
from tasks.requests.organize.naming import file_names, folders, merged_name
from tasks.requests.organize.placing import inside, place_cover, publish

#: Of the folder in the library in which a book is made ready: hidden, so that no library server looks at it.
PREFIX = ".darkroom-"
NO_LIBRARY = "The library folder {folder} is not there. Is its disk mounted? Else correct it in the settings."


@dataclass
class Filing:
    """One book on its way: what it is done with, and what is said of it."""

    tools: MediaTools
    web: Web
    book: Book
    options: Options
    warnings: list[str] = field(default_factory=list)

    def warn(self, words: str) -> None:
        """Say what was not done."""
        self.warnings.append(words)
        self.tools.control.log("warn", words)


def organize(
    tools: MediaTools, web: Web, book: Book, path: Path, options: Options, *, key: str, only: Collection[Path] = ()
) -> Filed:
    """File the download at `path` (of a folder, the files in `only` where some are named) as `book` in the library.

    Its files are linked where that can be and nothing is to be written into them, else copied; the download is never
    changed. The book is made ready in a hidden folder of the library and then renamed, so that no half of it is ever
    seen. Doing it again changes nothing. `key` tells this work from others: two with the same one must not run at once.

    Raises:
        NoAudioError: there is nothing to file.
        PermanentError: a setting is wrong, or a file cannot be read; the message says what to do.
        TransientError: the disk is full or fails, the library or the download is not there.
        CancelledError: somebody wants it to stop; the library is as it was.
    """
    if not options.library.is_dir():
        raise TransientError(NO_LIBRARY.format(folder=options.library))
    target = inside(options.library, folders(options.template, book))
    filing = Filing(tools, web, book, options)
    found = _found(filing, path, only)
    tools.control.log("info", f"Filing {len(found.parts)} audio files to {target}.", bytes=found.size)
    try:
        with staged(options.library, prefix=f"{PREFIX}{key}-", publish=lambda _: None) as folder:
            ready, work = folder / "book", folder / "work"
            for each in (ready, work):
                each.mkdir()
            files = _files(filing, found, ready, work)
            tools.control.check()
            placed = publish(ready, target, files, tools.control)
            cover = place_cover(ready / COVER, target)
    except OSError as error:
        raise _of_library(error) from error
    tools.control.progress(1.0)
    return Filed(target, placed, cover, filing.warnings)


def _found(filing: Filing, path: Path, only: Collection[Path]) -> Found:
    """What is to be filed of a download: where it holds the book in several formats, the best of them."""
    found, repeated = without_repetitions(filing.tools, find(path, filing.tools.control, only))
    if repeated:
        kept = ", ".join(sorted({each.extension for each in found.parts}))
        filing.warn(f"The download holds the book several times: {kept} is filed, {', '.join(repeated)} is left out.")
    return found


def _of_library(error: OSError) -> PermanentError | TransientError:
    judged = verdict.of_os_error(error)
    return type(judged)(
        f"The library cannot be written to: {judged}" + (f": {error.filename}" if error.filename else "")
    )


def _files(filing: Filing, found: Found, ready: Path, work: Path) -> Sequence[FiledFile]:
    """Make the book ready: its files, and its cover."""
    picture = found.cover
    if merged := filing.options.merge_chapters and len(found.parts) > 1 and _merged(filing, found, ready, work):
        files, picture = [merged], picture or _embedded(filing.tools, found.parts[0], work)
    else:
        files = _one_by_one(filing, found, ready)
    tools, web, book = filing.tools, filing.web, filing.book
    if trouble := make_cover(tools, web, picture, book, ready, fetch=filing.options.fetch_covers):
        filing.warn(trouble)
    return files


def _one_by_one(filing: Filing, found: Found, ready: Path) -> list[FiledFile]:
    fields = tagging.wanted(filing.book, alone=len(found.parts) == 1) if filing.options.write_tags else {}
    done, files = 0, []
    for each, name in zip(found.parts, file_names(found.parts), strict=True):
        progress = part(filing.tools.control.progress, 0.95 * done / found.size, 0.95 * (done + each.size) / found.size)
        files.append(_file(filing, each, ready / name, fields, progress))
        done += each.size
    return files


def _file(filing: Filing, each: Part, to: Path, fields: dict[str, str], progress: Callable[[float], None]) -> FiledFile:
    """Link a file, or copy it where it cannot be linked or is to say more than it does; its original stays as it is."""
    tools, done = filing.tools, 0
    how: How = "copied"

    def tick(count: int) -> None:
        nonlocal done
        done += count
        progress(done / each.size)

    to_tag = bool(fields) and _lacks(filing, each, fields)
    if not to_tag and filing.options.hard_links and link(each.path, to):
        how = "linked"
    else:
        copy(each.path, to, tools.control, tick)
    if to_tag and not _write(filing, each, to, fields):
        to_tag, done = False, 0
        to.unlink()
        copy(each.path, to, tools.control, tick)
    return FiledFile(to.name, how, to.stat().st_size, to_tag)


def _lacks(filing: Filing, each: Part, fields: dict[str, str]) -> bool:
    try:
        return tagging.lacks(filing.tools, each.path, fields)
    except PermanentError as error:
        filing.warn(tagging.refusal(each.path.name, error))
        return False


def _write(filing: Filing, each: Part, to: Path, fields: dict[str, str]) -> bool:
    """Write tags into a copy; whether that went well, and the copy can be used."""
    try:
        tagging.write(filing.tools, to, fields)
    except PermanentError as error:
        filing.warn(tagging.refusal(each.path.name, error))
        return False
    return True


def _merged(filing: Filing, found: Found, ready: Path, work: Path) -> FiledFile | None:
    """All parts as one file; None, and a warning, where they are better left alone."""
    extensions = {each.extension for each in found.parts}
    if len(extensions) > 1:
        filing.warn(f"The parts stay single: they are of several kinds, {', '.join(sorted(extensions))}.")
        return None
    out = ready / merged_name(filing.book)
    try:
        merge(filing.tools, found.parts, filing.book, work, out)
        fields = tagging.wanted(filing.book, alone=True) if filing.options.write_tags else {}
        if fields:
            tagging.write(filing.tools, out, fields)
    except PermanentError as error:
        out.unlink(missing_ok=True)
        filing.warn(f"The parts stay single, for they cannot be joined: {error}")
        return None
    return FiledFile(out.name, "merged", out.stat().st_size, bool(fields))


def _embedded(tools: MediaTools, first: Part, work: Path) -> Path | None:
    """The picture that is in the first part: the parts themselves are not filed."""
    cover = work / "embedded.jpg"
    look(tools, first.path, cover)
    return cover if cover.exists() else None
