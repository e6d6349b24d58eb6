"""Pictures through their queues: a real ledger, the media child, files in the cache."""

from __future__ import annotations

import hashlib

from PIL import Image

from db.selection import run_queue
from flows import pictures as flow
from tests.integration.media.drawings import CORNERS, animation, corners, drawing, encoded, near
from tests.integration.media.packing import rar5_of

JPEG = encoded(drawing(), "JPEG")


def run(gallery, queue, **options):
    """What the Run button does."""
    with gallery.engine.begin() as conn:
        made = run_queue(conn, queue, **options)
    gallery.work_off(queue)
    return made.enqueued


def the_image(gallery):
    (row,) = gallery.rows("SELECT * FROM images")
    return row


def test_a_picture_gets_its_thumbnail_and_facts(gallery):
    picture = gallery.picture("sub/picture.jpg", JPEG)
    assert run(gallery, "image-thumbnail") == 1
    row = the_image(gallery)
    assert (row["width"], row["height"], row["format"], row["is_animated"]) == (960, 640, "jpeg", False)
    assert (row["thumbnail_path"], row["preview_path"]) == (f"images/{picture}/thumb.jpg", None)
    with Image.open(gallery.cache / row["thumbnail_path"]) as shown:
        assert near(corners(shown), CORNERS)
    assert run(gallery, "image-thumbnail") == 0


def test_a_picture_that_moves_gets_a_clip(gallery):
    picture = gallery.picture("moving.gif", animation("GIF"))
    run(gallery, "image-thumbnail")
    row = the_image(gallery)
    assert (row["is_animated"], row["preview_path"]) == (True, f"images/{picture}/preview.mp4")
    assert (gallery.cache / row["preview_path"]).stat().st_size > 0


def test_the_thumbnails_decode_serves_the_hashes_too(gallery, monkeypatch):
    monkeypatch.setattr(flow, "image_hashes", None)
    gallery.picture("picture.jpg", JPEG)
    run(gallery, "image-thumbnail")
    assert [job[0] for job in gallery.jobs()] == ["image-thumbnail", "image-fingerprint"]
    gallery.work_off("image-fingerprint")
    row = the_image(gallery)
    assert row["fingerprint_revision"] == row["revision"] == 1
    assert row["checksum_md5"] == hashlib.md5(JPEG).hexdigest()
    assert (len(row["oshash"]), len(row["phash"])) == (16, 16)
    assert [status for _, _, status in gallery.jobs()] == ["completed", "completed"]


def test_hashes_are_made_alone_where_only_they_are_wanted(gallery):
    gallery.picture("picture.jpg", JPEG)
    assert run(gallery, "image-fingerprint") == 1
    row = the_image(gallery)
    assert row["checksum_md5"] == hashlib.md5(JPEG).hexdigest()
    assert row["thumbnail_path"] is None
    run(gallery, "image-thumbnail")
    assert [job[0] for job in gallery.jobs()] == ["image-fingerprint", "image-thumbnail"]


def test_handed_on_hashes_of_an_earlier_content_are_not_believed(gallery):
    picture = gallery.picture("picture.jpg", JPEG, revision=2)
    hashes = {"md5": "of the past", "oshash": "0", "phash": "0"}
    gallery.enqueue("image-fingerprint", picture, "image", revision=1, hashes=hashes)
    gallery.work_off("image-fingerprint")
    row = the_image(gallery)
    assert (row["checksum_md5"], row["fingerprint_revision"]) == (hashlib.md5(JPEG).hexdigest(), 2)


def test_without_fingerprints_in_the_settings_nothing_is_handed_on(gallery):
    gallery.change("UPDATE library_settings SET auto_generate_fingerprints = false")
    gallery.picture("picture.jpg", JPEG)
    run(gallery, "image-thumbnail")
    assert [job[0] for job in gallery.jobs()] == ["image-thumbnail"]


def test_everything_is_made_anew_on_demand(gallery):
    gallery.picture("picture.jpg", JPEG)
    run(gallery, "image-thumbnail")
    gallery.work_off("image-fingerprint")
    gallery.change("UPDATE images SET width = 1, checksum_md5 = 'wrong'")
    assert run(gallery, "image-thumbnail", everything=True) == 1
    assert run(gallery, "image-fingerprint", everything=True) == 1
    row = the_image(gallery)
    assert (row["width"], row["checksum_md5"]) == (960, hashlib.md5(JPEG).hexdigest())


def test_a_corrupt_picture_is_one_failure_and_its_neighbours_are_not_touched(gallery):
    for name, data in (("1.jpg", JPEG), ("2.jpg", JPEG[:300]), ("3.jpg", JPEG)):
        gallery.picture(name, data)
    run(gallery, "image-thumbnail")
    gallery.work_off("image-fingerprint")
    failed = gallery.rows("SELECT queue_name, target_label, error FROM job_runs WHERE status = 'failed'")
    assert [(row["queue_name"], row["error"]) for row in failed] == [("image-thumbnail", "Truncated File Read")]
    assert failed[0]["target_label"].endswith("2.jpg")
    done = gallery.rows("SELECT FROM images WHERE thumbnail_revision = 1 AND fingerprint_revision = 1")
    assert len(done) == 2


def test_a_page_goes_from_its_archive_to_the_cache_and_nowhere_else(gallery):
    gallery.read(gallery.archive("book.cbr", {"2.jpg": JPEG, "1.jpg": encoded(drawing(30, 20), "PNG")}, rar5_of))
    before = sorted(gallery.folder.rglob("*"))
    gallery.work_off("image-thumbnail", "image-fingerprint")
    rows = gallery.pages()
    assert [(row["width"], row["format"]) for row in rows.values()] == [(30, "png"), (960, "jpeg")]
    assert rows["2.jpg"]["checksum_md5"] == hashlib.md5(JPEG).hexdigest()
    made = sorted(str(path.relative_to(gallery.cache)) for path in gallery.cache.rglob("*") if path.is_file())
    assert made == sorted(row["thumbnail_path"] for row in rows.values())
    assert sorted(gallery.folder.rglob("*")) == before
