"""What becomes of an archive's pages in the ledger, from real archives."""

from __future__ import annotations

import pytest

from db import collections
from flows import archive as flow
from tests.integration.media.drawings import drawing, encoded
from tests.integration.media.packing import PACKERS, encrypt, rar5_of, zip_of

ONE, TWO, THREE, FOUR = (encoded(drawing(40 + number, 30), "PNG") for number in range(4))
BOOK = {"10.png": TWO, "2.png": ONE, "1.png": THREE}
COMIC = (
    b"<ComicInfo><Title>Storm</Title><Series>Rain</Series><Number>4</Number><Summary>It pours.</Summary>"
    b"<Publisher>Weather</Publisher><Genre>Drama, Noir</Genre><Writer>Somebody</Writer></ComicInfo>"
)


def the_gallery(gallery):
    (row,) = gallery.rows("SELECT * FROM galleries WHERE kind = 'archive'")
    return row


@pytest.mark.parametrize("extension", ["cbz", "cbr"])
def test_an_archive_becomes_a_gallery_whose_pages_are_in_the_order_of_a_book(gallery, extension):
    archive = gallery.archive(f"The_Storm.{extension}", BOOK, PACKERS[extension])
    job = gallery.read(archive)
    assert (job["status"], job["result"]["pages"]) == ("completed", 3)
    assert list(gallery.pages()) == ["1.png", "2.png", "10.png"]
    row = the_gallery(gallery)
    assert (row["title"], row["archive_id"], row["image_count"]) == ("The Storm", archive, 3)
    page = gallery.pages()["2.png"]
    assert page["file_path"].endswith(f"The_Storm.{extension}/2.png")
    assert (page["file_size"], page["title"], page["gallery_id"]) == (len(ONE), "2", row["id"])
    (file,) = gallery.rows("SELECT read_revision, revision, oshash FROM archives")
    assert file["read_revision"] == file["revision"]
    assert len(file["oshash"]) == 16


def test_new_pages_get_thumbnails_in_the_order_in_which_they_are_read(gallery):
    gallery.read(gallery.archive("book.cbz", BOOK))
    assert gallery.jobs() == [("image-thumbnail", name, "queued") for name in BOOK]


def test_collections_are_looked_at_again_after_the_last_of_the_archives(gallery):
    rules = {"type": "condition", "entityTypes": ["image"], "field": "width", "operator": "is_not_null"}
    with gallery.engine.begin() as conn:
        collections.add_collection(conn, name="Pages", mode="dynamic", rules=rules)
    first, second = gallery.archive("one.cbz", {"1.png": ONE}), gallery.archive("two.cbz", {"1.png": TWO})
    gallery.enqueue("gallery-scan", first, "archive")
    gallery.read(second)
    asked = gallery.rows(
        "SELECT parent.target_id FROM job_runs j JOIN job_runs parent ON parent.id = j.parent_id"
        " WHERE j.queue_name = 'collection-refresh'"
    )
    assert asked == [{"target_id": str(second)}]


@pytest.mark.parametrize(("switches", "queues"), [
    ({"auto_generate_preview": False}, {"image-fingerprint"}),
    ({"auto_generate_fingerprints": False}, {"image-thumbnail"}),
    ({"auto_generate_fingerprints": False, "auto_generate_preview": False}, set()),
])  # fmt: skip
def test_the_settings_say_what_new_pages_get(gallery, switches, queues):
    for name, value in switches.items():
        gallery.change(f"UPDATE library_settings SET {name} = :value", value=value)
    gallery.read(gallery.archive("book.cbz", BOOK))
    assert {queue for queue, _, _ in gallery.jobs()} == queues


def test_pages_come_change_and_go_with_the_archive(gallery):
    archive = gallery.archive("book.cbz", {"1.png": ONE, "2.png": TWO, "3.png": THREE})
    gallery.read(archive)
    before = gallery.pages()
    gallery.change("DELETE FROM job_runs")
    gallery.archive("book.cbz", {"1.png": ONE, "2.png": FOUR, "4.png": encoded(drawing(99, 99), "PNG")})
    gallery.read(archive)
    after = gallery.pages()
    assert list(after) == ["1.png", "2.png", "4.png"]
    assert [after[name]["id"] for name in ("1.png", "2.png")] == [before[name]["id"] for name in ("1.png", "2.png")]
    assert [row["revision"] for row in after.values()] == [1, 2, 1]
    assert gallery.jobs() == [("image-thumbnail", name, "queued") for name in ("2.png", "4.png")]
    assert the_gallery(gallery)["image_count"] == 3
    (gone,) = gallery.rows("SELECT id FROM images WHERE missing_since IS NOT NULL")
    assert gone["id"] == before["3.png"]["id"]


def test_a_page_that_comes_back_is_the_one_that_it_was(gallery):
    archive = gallery.archive("book.cbz", {"1.png": ONE, "2.png": TWO})
    gallery.read(archive)
    before = gallery.pages()
    gallery.archive("book.cbz", {"1.png": ONE})
    gallery.read(archive)
    assert list(gallery.pages()) == ["1.png"]
    gallery.archive("book.cbz", {"1.png": ONE, "2.png": TWO})
    gallery.read(archive)
    assert [row["id"] for row in gallery.pages().values()] == [row["id"] for row in before.values()]
    assert gallery.pages()["2.png"]["revision"] == 1


def test_pages_that_were_named_anew_keep_what_was_said_of_them(gallery):
    archive = gallery.archive("book.cbz", {"a.png": ONE, "b.png": TWO})
    gallery.read(archive)
    gallery.change("UPDATE images SET rating = 80, thumbnail_revision = 1, fingerprint_revision = 1")
    gallery.change("UPDATE images SET title = 'My favourite' WHERE member = 'b.png'")
    gallery.change("DELETE FROM job_runs")
    gallery.archive("book.cbz", {"001.png": ONE, "002.png": TWO})
    gallery.read(archive)
    rows = gallery.pages()
    assert list(rows) == ["001.png", "002.png"]
    assert [(row["rating"], row["title"]) for row in rows.values()] == [(80, "001"), (80, "My favourite")]
    assert gallery.jobs() == []


def test_an_archive_that_did_not_change_writes_no_page(gallery):
    archive = gallery.archive("book.cbz", BOOK)
    gallery.read(archive)
    before = gallery.rows("SELECT id, xmin FROM images ORDER BY id")
    gallery.read(archive)
    assert gallery.rows("SELECT id, xmin FROM images ORDER BY id") == before


@pytest.mark.parametrize(("make", "words"), [
    (lambda path, _: path.write_bytes(b"no archive") and path, "This is no zip, RAR, 7z or tar archive"),
    (lambda path, _: path.write_bytes(b"") or path, "The file is empty"),
    (lambda path, files: encrypt(zip_of(path, files)) or path, "This archive is encrypted; pack its pictures again"),
    (lambda path, files: rar5_of(path, files, encrypted=True), "This archive is encrypted; pack its pictures again"),
])  # fmt: skip
def test_an_archive_that_cannot_be_read_is_one_failure_in_plain_words(gallery, make, words):
    job = gallery.read(gallery.archive("book.cbz", BOOK, make))
    assert (job["status"], job["attempts"]) == ("failed", 1)
    assert job["error"].startswith(words)
    assert gallery.rows("SELECT FROM galleries") == []
    assert gallery.jobs() == []


def test_pages_stay_while_their_archive_cannot_be_read(gallery):
    archive = gallery.archive("book.cbz", BOOK)
    gallery.read(archive)
    gallery.archive("book.cbz", {}, lambda path, _: path.write_bytes(b"PK\x03\x04 half") and path)
    assert gallery.read(archive)["status"] == "failed"
    assert len(gallery.pages()) == 3
    (file,) = gallery.rows("SELECT read_revision, revision FROM archives")
    assert (file["read_revision"], file["revision"]) == (1, 2)


def test_what_is_left_out_is_told(gallery):
    files = {**BOOK, "../evil.png": ONE, "notes.txt": b"words"}
    gallery.read(gallery.archive("book.cbz", files))
    (event,) = gallery.rows("SELECT message, level FROM job_events WHERE context = 'gallery-scan'")
    assert event["message"] == "Left out of the gallery: 1 not a picture, 1 unsafe name."
    assert len(gallery.pages()) == 3


def test_an_archive_of_other_things_is_no_gallery(gallery):
    job = gallery.read(gallery.archive("texts.zip", {"a.txt": b"words"}))
    assert (job["status"], job["result"]["pages"]) == ("completed", 0)
    assert gallery.rows("SELECT FROM galleries") == []


def test_a_comic_says_what_it_is(gallery):
    archive = gallery.archive("rain_04.cbz", {**BOOK, "ComicInfo.xml": COMIC})
    gallery.change("INSERT INTO tags (name) VALUES ('drama')")
    gallery.read(archive)
    row = the_gallery(gallery)
    assert (row["title"], row["overview"]) == ("Rain #4: Storm", "It pours.")
    linked = "SELECT w.name FROM {0}s w JOIN gallery_{0}s ON w.id = {0}_id WHERE gallery_id = :id ORDER BY lower(name)"
    words = {kind: gallery.rows(linked.format(kind), id=row["id"]) for kind in ("tag", "performer")}
    assert words == {"tag": [{"name": "drama"}, {"name": "Noir"}], "performer": [{"name": "Somebody"}]}
    assert gallery.rows("SELECT name FROM studios WHERE id = :id", id=row["studio_id"])[0]["name"] == "Weather"


def test_what_a_person_said_of_a_gallery_stays(gallery):
    archive = gallery.archive("book.cbz", BOOK)
    gallery.read(archive)
    gallery.change("UPDATE galleries SET title = 'Mine', overview = 'Read it.'")
    gallery.archive("book.cbz", {**BOOK, "ComicInfo.xml": COMIC})
    gallery.read(archive)
    row = the_gallery(gallery)
    assert (row["title"], row["overview"]) == ("Mine", "Read it.")


def test_an_archive_lies_in_the_gallery_of_its_folder_and_is_as_nsfw_as_it(gallery):
    (gallery.folder / "shelf").mkdir()
    gallery.change(
        "INSERT INTO galleries (library_root_id, kind, folder_path, title) VALUES (:root, 'folder', :path, 'shelf')",
        root=gallery.root,
        path=str(gallery.folder / "shelf"),
    )
    archive = gallery.archive("shelf/book.cbz", BOOK)
    gallery.change("UPDATE archives SET is_nsfw = true")
    gallery.read(archive)
    row = the_gallery(gallery)
    (above,) = gallery.rows("SELECT id FROM galleries WHERE kind = 'folder'")
    assert (row["parent_id"], row["is_nsfw"]) == (above["id"], True)
    assert all(page["is_nsfw"] for page in gallery.pages().values())
    assert all(job["is_nsfw"] for job in gallery.rows("SELECT is_nsfw FROM job_runs WHERE target_type = 'image'"))


def test_a_list_of_an_earlier_content_is_not_written_and_the_archive_is_read_again(gallery, monkeypatch):
    archive = gallery.archive("book.cbz", BOOK)
    original, calls = flow.list_archive, []

    def list_archive(tools, path):
        calls.append(path)
        listed = original(tools, path)
        if len(calls) == 1:
            gallery.archive("book.cbz", {"only.png": ONE})
        return listed

    monkeypatch.setattr(flow, "list_archive", list_archive)
    gallery.read(archive)
    assert list(gallery.pages()) == ["only.png"]
    assert len(calls) == 2


def test_an_archive_where_a_folder_of_pictures_was_takes_their_rows_over(gallery):
    picture = gallery.picture("book.cbz/1.png", ONE, rating=70)
    gallery.change("UPDATE images SET missing_since = now()")
    (gallery.folder / "book.cbz" / "1.png").unlink()
    (gallery.folder / "book.cbz").rmdir()
    gallery.read(gallery.archive("book.cbz", {"1.png": ONE, "2.png": TWO}))
    rows = gallery.pages()
    assert (rows["1.png"]["id"], rows["1.png"]["rating"], rows["1.png"]["revision"]) == (picture, 70, 2)
    assert list(rows) == ["1.png", "2.png"]


def test_names_that_are_no_text_survive_the_database(gallery):
    archive = gallery.archive("b\udcff.cbt", {"\udcff é.png": ONE}, PACKERS["cbt"])
    gallery.read(archive)
    gallery.work_off("image-thumbnail")
    assert gallery.jobs()[0][2] == "completed"
    (row,) = gallery.rows("SELECT width FROM images")
    assert row["width"] == 40
