"""How fast a watched folder is scanned: first pass, unchanged pass, renamed folder.

    python -m benchmarks.scan --files 100000 [--kind videos|pictures|audio] [--database postgresql://...]

Makes a tree of empty files, and a throwaway PostgreSQL unless one is named. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text

from benchmarks.place import database, facts
from db import ledger, paths, roots
from db.ledger import FollowUp
from db.migrate import upgrade
from flows import library_kinds
from flows.library_kinds import Kind
from flows.library_scan import ScanResult, scan_root
from tasks.control import NoControl

#: What can be looked for, and how its files end.
KINDS: dict[str, tuple[Kind, str]] = {
    "videos": (library_kinds.VIDEOS, "mkv"),
    "pictures": (library_kinds.PICTURES, "jpg"),
    "audio": (library_kinds.AUDIO, "mp3"),
}
PER_FOLDER = 100
THEN = 1_600_000_000


def plant(folder: Path, files: int, end: str) -> None:
    """Series of one season each, an empty file per episode, all old enough to be settled."""
    for number in range(files):
        if number % PER_FOLDER == 0:
            season = folder / f"Series {number // PER_FOLDER:06}" / "Season 1"
            season.mkdir(parents=True)
        path = season / f"Series.{number // PER_FOLDER:06}.S01E{number % PER_FOLDER:02}.{end}"
        path.touch()
        os.utime(path, (THEN, THEN))


def enqueue(conn: Connection, jobs: Sequence[FollowUp]) -> None:
    ledger.enqueue(conn, jobs, trigger="library-scan", priority=1)


class Counter:
    """Statements of an engine, without COPYs."""

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        event.listen(engine, "before_cursor_execute", self._add)

    def _add(self, *_: object) -> None:
        self.count += 1


def measured(name: str, files: int, scan: Callable[[], ScanResult], counter: Counter) -> ScanResult:
    before, began, cpu = counter.count, time.perf_counter(), time.process_time()
    result = scan()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"| {name} | {took:.1f} | {files / took:,.0f} | {cpu:.1f} | {counter.count - before:,} | {peak:.0f}"
        f" | {result.new + result.changed + result.moved:,} | {result.follow_ups:,} |",
        flush=True,
    )
    return result


def run(url: str, folder: Path, files: int, kind: Kind) -> None:
    upgrade(url)
    engine = create_engine(url)
    counter = Counter(engine)
    with engine.begin() as conn:
        root = roots.add_root(conn, paths.to_text(folder))

    def scan() -> ScanResult:
        return scan_root(engine, root.id, NoControl(), enqueue, kind)

    print(f"{files:,} files; {facts(engine)}\n")
    print("| pass | s | files/s | CPU s of ours | statements | peak MB | written | jobs |")
    print("|---|---|---|---|---|---|---|---|")
    assert measured("first", files, scan, counter).new == files
    with engine.begin() as conn:
        conn.execute(text("TRUNCATE job_runs CASCADE"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))
    assert measured("unchanged", files, scan, counter).follow_ups == 0
    renamed = folder / "Series 000000"
    renamed.rename(folder / "Another name")
    assert measured("one folder renamed", files, scan, counter).moved == min(PER_FOLDER, files)
    engine.dispose()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=100_000)
    options.add_argument("--kind", choices=KINDS, default="videos")
    options.add_argument("--database", help="a fresh database to use instead of a throwaway server")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="darkroom-scan-") as folder, database(chosen.database) as url:
        kind, end = KINDS[chosen.kind]
        plant(Path(folder).resolve(), chosen.files, end)
        run(url, Path(folder).resolve(), chosen.files, kind)


if __name__ == "__main__":
    main()
