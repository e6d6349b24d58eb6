"""A watched folder as the gallery-scan queue works it off: folders, and the archives in them, to the end."""

from __future__ import annotations

import os
import uuid

from flows.engine import QueueRun
from flows.gallery import gallery_work
from flows.queues import BY_NAME
from tests.integration.media.drawings import drawing, encoded
from tests.integration.media.packing import rar5_of, zip_of
from tests.threads import Threads

PAGES = {f"page{number}.png": encoded(drawing(40 + number, 30), "PNG") for number in (1, 2, 10)}


def scan(gallery, monkeypatch):
    """What Run does, and the flow behind it."""
    monkeypatch.setattr("flows.folder_scan.engine", lambda: gallery.engine)
    run = QueueRun(gallery.engine, BY_NAME["gallery-scan"], gallery_work(), Threads(), str(uuid.uuid4()))
    made = run.enqueue(trigger="manual", everything=False)
    run.work_off()
    assert run.runner.faults == []
    return made


def aged(path):
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_pictures_in_folders_and_in_archives_become_galleries_and_a_bad_archive_is_one_failure(gallery, monkeypatch):
    comics = gallery.folder / "Comics" / "Rain"
    comics.mkdir(parents=True)
    aged(zip_of(comics / "Rain 1.cbz", PAGES))
    aged(rar5_of(comics / "Rain 2.cbr", PAGES))
    (comics / "cut.cbz").write_bytes((comics / "Rain 1.cbz").read_bytes()[:60])
    aged(comics / "cut.cbz")
    for name, page in PAGES.items():
        (gallery.folder / name).write_bytes(page)
        aged(gallery.folder / name)

    made = scan(gallery, monkeypatch)
    assert (made.enqueued, made.skipped) == (1, 0)
    rows = gallery.rows(
        "SELECT g.title, above.title AS around, g.image_count FROM galleries g"
        " LEFT JOIN galleries above ON above.id = g.parent_id ORDER BY g.title"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Comics", "books", 0),
        ("Rain", "Comics", 0),
        ("Rain 1", "Rain", 3),
        ("Rain 2", "Rain", 3),
        ("books", None, 3),
    ]
    jobs = gallery.rows("SELECT target_type, status, error FROM job_runs WHERE queue_name = 'gallery-scan' ORDER BY id")
    assert [(job["target_type"], job["status"]) for job in jobs] == [
        ("library_root", "completed"),
        ("archive", "completed"),
        ("archive", "completed"),
        ("archive", "failed"),
    ]
    assert jobs[-1]["error"]
    assert len(gallery.rows("SELECT id FROM job_runs WHERE queue_name = 'image-thumbnail'")) == 9

    made = scan(gallery, monkeypatch)
    assert (made.enqueued, made.skipped) == (2, 0)  # Run tries the bad archive once more, a scan alone does not
    aged(zip_of(comics / "cut.cbz", {"page1.png": PAGES["page1.png"], "page2.png": PAGES["page2.png"]}))
    gallery.change("DELETE FROM job_runs")
    scan(gallery, monkeypatch)
    assert gallery.rows("SELECT image_count FROM galleries WHERE title = 'cut'") == [{"image_count": 2}]
    statuses = gallery.rows("SELECT DISTINCT status FROM job_runs WHERE queue_name = 'gallery-scan'")
    assert statuses == [{"status": "completed"}]
