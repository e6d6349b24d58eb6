"""Scanning one watched folder: walk it, find what differs from the ledger, write that, ask for what is lacking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine, TextClause

from darkroom.settings import settings
from db import library_settings, paths, scan
from db.ledger import FollowUp
from db.roots import Root, RootNotFoundError, get_root
from flows import library_kinds
from flows.library_kinds import Kind, Part
from flows.library_report import Report, ScanResult
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.library import ground
from tasks.library.state import content_hash, is_quiet, is_settled
from tasks.library.tree import Tree
from tasks.library.walk import COVER, FoundFile, Walk

__all__ = ["Enqueue", "ScanResult", "scan_root"]

#: Puts jobs into the ledger, within the transaction that writes the files that they are for.
Enqueue = Callable[[Connection, Sequence[FollowUp]], object]
T = TypeVar("T")

#: Files per COPY of the walk, per batch of hashes, and per written batch.
SEEN, HASHED, WRITTEN = 10_000, 500, 2_000
#: Where in the whole progress the walk ends, and where in that of a table the search for moved files.
WALKED, PAIRED = 0.3, 0.15
#: Known files to look for on a changed device; files between two looks at whether the scan was cancelled.
SAMPLE, PULSE = 50, 256


def scan_root(
    engine: Engine, root_id: int, control: Control, enqueue: Enqueue, kind: Kind = library_kinds.VIDEOS
) -> ScanResult:
    """Scan one watched folder for one kind of media.

    Raises:
        PermanentError: the folder is watched no longer, cannot be read, or is not the one it was; nothing was changed.
        TransientError: another scan of this kind is at work in the folder.
        CancelledError: it was asked to stop; what was written until then stays.
    """
    with engine.connect() as conn:
        # Closed for good at the end, and with it the temporary tables.
        conn.detach()
        with scan.alone(conn, kind.queue, root_id) as alone:
            if not alone:
                raise TransientError("Another scan of this folder is still at work.")
            return _Scan(conn, _root(conn, root_id), control, enqueue, kind).run()


class _Scan:
    def __init__(self, conn: Connection, root: Root, control: Control, enqueue: Enqueue, kind: Kind) -> None:
        self.conn, self.root, self.control, self.enqueue, self.kind = conn, root, control, enqueue, kind
        self.path = paths.to_path(root.path)
        self.trees = {
            part.files.name: Tree(root.path, loose=part.files.loose) for part in kind.parts if part.files.in_folders
        }
        self.report = Report({part.files.name: part.noun for part in kind.parts})
        self.result = self.report.result

    def run(self) -> ScanResult:
        here, known = self._examine()
        self._walk(known)
        ground.must_be_still_there(self.path, here)
        with self.conn.begin():
            self.chosen = library_settings.read(self.conn)
            scan.walked(self.conn, (paths.to_text(place.path) for place in self.report.unreadable))
        self.result.unreadable = len(self.report.unreadable)
        share = (1 - WALKED) / len(self.kind.parts)
        for number, part in enumerate(self.kind.parts):
            self._part(part, WALKED + number * share, share)
        for part in self.kind.parts:
            self._do(part.files, part.files.finish)
        with self.conn.begin():
            scan.known.scanned(self.conn, self.root.id, here.device)
        self.report.tell(self.control)
        return self.result

    def _examine(self) -> tuple[ground.Ground, int]:
        """The folder, unless it is not the one that it was; and how many files of this kind are known in it."""
        here = ground.examine(self.path)
        with self.conn.begin():
            known = scan.known.count(self.conn, self.root.id)
            sample = [] if self.root.device == here.device else scan.known.sample(self.conn, self.root.id, SAMPLE)
        ground.must_be_the_same(self.path, here, self.root.device, sum(known.values()), map(paths.to_path, sample))
        return here, sum(known[part.files.name] for part in self.kind.parts)

    def _walk(self, known: int) -> None:
        """Copy all that is there into the temporary tables."""
        walk = Walk(
            self.path,
            self.kind.wanted(self.root),
            recursive=self.root.recursive,
            leave_out=(settings().home, settings().cache),
            unreadable=self.report.unreadable.append,
            each_folder=self.control.check,
        )
        try:
            for files in _batches(self._watched(walk), SEEN):
                with self.conn.begin():
                    scan.add_seen(self.conn, map(self._seen, files))
                    scan.add_folders(self.conn, self._folders(files))
                found = self.result.found
                self.control.progress(WALKED * (min(1.0, found / known) if known else walk.fraction))
        except OSError as error:
            raise ground.unreadable(self.path, error) from error

    def _watched(self, items: Iterable[T]) -> Iterator[T]:
        for number, item in enumerate(items):
            if number % PULSE == 0:
                self.control.check()
            yield item

    def _seen(self, file: FoundFile) -> tuple[object, ...]:
        path = paths.to_text(file.path)
        self.report.found(file.kind)
        nfo, info = (name and paths.to_text(name) for name in (file.nfo, file.info))
        return file.kind, path, file.size, file.mtime_ns, file.sidecars, nfo, info, self._is_accepted(file, path)

    def _is_accepted(self, file: FoundFile, path: str) -> bool:
        if file.kind == COVER:
            self.result.settling += not is_quiet(file.mtime_ns)
            return is_quiet(file.mtime_ns)
        reason = self.kind.rejection(self.root, file.depth)
        if reason is not None:
            self.report.left_out(path, reason)
        return reason is None

    def _folders(self, files: Iterable[FoundFile]) -> Iterator[tuple[str, str, str | None]]:
        for file in files:
            if tree := self.trees.get(file.kind):
                yield from ((file.kind, *folder) for folder in tree.around(paths.to_text(file.path)))

    def _part(self, part: Part, begun: float, share: float) -> None:
        """Bring one table in line with what was seen."""
        differing = self._compare(part.files)
        if differing["new"]:
            self._find_moved(part.files)
        self.control.progress(begun + PAIRED * share)
        self._do(part.files, part.files.make)
        self._write(part, differing.total(), begun + PAIRED * share, (1 - PAIRED) * share)
        self._mark_missing(part.files)

    def _facts(self, files: scan.Files) -> dict[str, object]:
        root = self.root
        return {"kind": files.name, "root_id": root.id, "root_path": root.path, "is_nsfw": root.is_nsfw}

    def _do(self, files: scan.Files, statements: Sequence[TextClause]) -> None:
        """Execute statements, with the jobs that they want."""
        if not statements:
            return
        with self.conn.begin():
            for statement in statements:
                self.conn.execute(statement, self._facts(files))
            self._enqueue(scan.wanted(self.conn, files, self.chosen))

    def _enqueue(self, jobs: Sequence[FollowUp]) -> None:
        if jobs:
            self.enqueue(self.conn, jobs)
        self.result.follow_ups += len(jobs)

    def _compare(self, files: scan.Files) -> Counter[str]:
        with self.conn.begin():
            scan.compare(self.conn, files, self._facts(files), recursive=self.root.recursive)
            return Counter(scan.counts(self.conn))

    def _find_moved(self, files: scan.Files) -> None:
        with self.conn.begin():
            if not scan.moves.gather(self.conn, files, self._facts(files)):
                return
        after = 0
        while candidates := self._candidates(after):
            native = paths.to_native
            hashes = ((n, content_hash(native(path), native(self.root.path), size)) for n, path, size in candidates)
            known = [(n, value) for n, value in self._watched(hashes) if value]
            with self.conn.begin():
                scan.moves.add_hashes(self.conn, known)
            after = candidates[-1][0]
        with self.conn.begin():
            scan.moves.pair(self.conn, files, self._facts(files))

    def _candidates(self, after: int) -> list[tuple[int, str, int]]:
        with self.conn.begin():
            return scan.moves.to_hash(self.conn, after, HASHED)

    def _write(self, part: Part, total: int, begun: float, share: float) -> None:
        """Write the differences, batch by batch, each in one transaction with the jobs that its files want."""
        rows = part.rows(self.root.path, self.report.refused)
        after = 0
        while batch := self._differences(after):
            ready = [rows.row(difference) for difference in self._watched(batch) if _may_be_written(difference)]
            self.result.settling += len(batch) - len(ready)
            if ready:
                self._write_batch(part.files, ready)
            after = batch[-1].n
            self.control.progress(begun + share * after / total)

    def _differences(self, after: int) -> list[scan.Difference]:
        with self.conn.begin():
            return scan.read(self.conn, after, WRITTEN)

    def _write_batch(self, files: scan.Files, rows: list[scan.Row]) -> None:
        with self.conn.begin():
            scan.apply(self.conn, files, self._facts(files), rows)
            self._enqueue(scan.follow_ups(self.conn, files, self.chosen))
        for change, count in Counter(row.change for row in rows).items():
            setattr(self.result, change, getattr(self.result, change) + count)

    def _mark_missing(self, files: scan.Files) -> None:
        after: int | None = 0
        while after is not None:
            self.control.check()
            with self.conn.begin():
                count, after = scan.mark_missing(self.conn, files, self._facts(files), after, SEEN)
            self.result.missing += count


def _root(conn: Connection, root_id: int) -> Root:
    try:
        with conn.begin():
            return get_root(conn, root_id)
    except RootNotFoundError:
        raise PermanentError("This folder is watched no longer; add it again to scan it.") from None


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _may_be_written(difference: scan.Difference) -> bool:
    """Whether nobody is writing the file any more; one whose own content did not change is past that question."""
    if difference.change in {"returned", "sidecars"}:
        return True
    return is_settled(paths.to_native(difference.path), difference.size, difference.mtime_ns)
