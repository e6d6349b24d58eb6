"""The queue `organize_files`: from a finished download to a book in the library."""

from __future__ import annotations

import pytest

from db import ledger
from db.requests import CLIENTS, SHELVES
from flows.requests import clients, organize
from tasks.clients.downloads.types import Status
from tasks.errors import TransientError
from tests.integration.organize.conftest import seen, sound
from tests.integration.requests.client import Client, opening
from tests.integration.requests.conftest import grabbed
from tests.stubs.plex import plex

FOLDER = "Jane Doe/Quiet Harbor [B002V1OF70]"


@pytest.fixture
def client(books, monkeypatch):
    client = Client()
    for each in (organize, clients):
        monkeypatch.setattr(each, "opened", opening(client))
    return client


@pytest.fixture
def library(books, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    books.write_settings(library_folder=str(folder), write_tags=False)
    return folder


@pytest.fixture
def completed(books, client, tmp_path):
    """Leaves a request as `monitor_download` does when its download is complete; returns its id and the download's."""

    def completed(kind="qbittorrent", files=("book.mp3",), **more):
        books.set_up(CLIENTS, name=kind, kind=kind, url="http://127.0.0.1:9", secret_block="client", **more)
        protocol = "usenet" if kind == "nzbget" else "torrent"
        request, download = grabbed(books, client=kind, protocol=protocol)
        books.sql("UPDATE audiobooks SET asin = 'B002V1OF70'")
        path = tmp_path / "downloads" / "Quiet Harbor [M4B]"
        for name in files:
            sound(path / name, 0.2)
        path.mkdir(parents=True, exist_ok=True)
        books.complete_download(download, path=str(path))
        books.transition(request, "processing", "-", by="test")
        client.knows["abc"] = Status("seeding" if protocol == "torrent" else "completed", progress=1.0, path=path)
        books.reconcile()
        return request, download

    return completed


def test_a_finished_download_becomes_a_book_in_the_library_and_goes_on_being_seeded(
    books, client, library, completed, tmp_path
):
    request, download = completed(files=("1.mp3", "2.mp3"))
    books.work_off("organize_files")
    assert sorted(seen(library)) == [f"{FOLDER}/1.mp3", f"{FOLDER}/2.mp3"]
    found = books.get_request(request)
    assert (found.status, found.progress, found.error_message) == ("downloaded", 100, None)
    assert found.book.folder == str(library / FOLDER)
    assert books.jobs("organize_files", "status, result->>'folder'") == [("completed", found.book.folder)]
    assert books.get_downloads([download])[download].status == "completed"
    assert (client.removed, books.jobs("cleanup_seeded_torrents")) == ([], [])
    assert books.read_history(request)[-1].message == f"In the library: {library / FOLDER} (2 linked)."


def test_doing_it_again_changes_nothing(books, library, completed):
    request, _ = completed()
    books.work_off("organize_files")
    before = seen(library)
    books.import_files(request, books.sql("SELECT path FROM download_history")[0][0], by="ann")
    books.work_off("organize_files")
    assert books.get_request(request).status == "downloaded"
    assert seen(library) == before


def test_what_usenet_has_brought_is_removed_once_it_is_filed(books, client, library, completed, tmp_path):
    _, download = completed("nzbget")
    books.write_settings(hard_links=False)
    books.work_off("organize_files")
    books.work_off("cleanup_seeded_torrents")
    assert sorted(seen(library)) == [f"{FOLDER}/book.mp3"]
    assert client.removed == [("abc", True)]
    assert list((tmp_path / "downloads").iterdir()) == []
    assert books.get_downloads([download])[download].status == "removed"


def test_a_usenet_client_that_names_too_much_has_nothing_removed(books, client, library, completed, tmp_path):
    completed("nzbget")
    books.work_off("organize_files")
    for wrong in (tmp_path, library, library / "Jane Doe", library / FOLDER):
        client.knows["abc"] = Status("completed", progress=1.0, path=wrong)
        books.sql(
            "UPDATE job_runs SET status = 'queued', attempts = 0, finished_at = NULL WHERE target_type = 'download'"
        )
        books.work_off("cleanup_seeded_torrents")
        ((status, error),) = books.jobs("cleanup_seeded_torrents")
        assert (status, "more than this download may be in it" in error) == ("failed", True), wrong
    assert sorted(seen(library)) == [f"{FOLDER}/book.mp3"]
    assert (tmp_path / "downloads" / "Quiet Harbor [M4B]" / "book.mp3").exists()


def test_where_the_client_has_moved_the_files_meanwhile_they_are_found(books, client, library, completed, tmp_path):
    request, _ = completed(files=())
    client.knows["abc"] = Status("seeding", progress=1.0, path=sound(tmp_path / "moved" / "book.mp3").parent)
    books.work_off("organize_files")
    assert books.get_request(request).status == "downloaded"


@pytest.mark.parametrize("said", [Status("missing"), TransientError("away")], ids=["forgotten", "away"])
def test_where_the_client_says_nothing_the_files_are_looked_for_where_they_were(
    books, client, library, completed, said
):
    request, _ = completed()
    client.knows["abc"] = said
    client.error = said if isinstance(said, TransientError) else None
    books.work_off("organize_files")
    assert books.get_request(request).status == "downloaded"


def test_no_audio_lets_the_request_wait_and_the_fifth_failure_is_a_persons_turn(books, library, completed):
    request, _ = completed(files=())
    for number in (1, 2, 3, 4):
        books.work_off("organize_files")
        found = books.get_request(request)
        assert (found.status, found.import_attempts) == ("awaiting_import", number)
        assert f"({number} of 5)" in found.error_message
        assert books.retry_imports(job_id=1).triggered == 1
    books.work_off("organize_files")
    found = books.get_request(request)
    assert (found.status, found.import_attempts) == ("warn", 5)
    assert "There are no audio files in" in found.error_message
    ((blocked,),) = books.blocked_of([request]).values()
    assert (blocked.source, blocked.release_key) == ("organize_fail", "quiet harbor [m4b]")
    assert [status for status, _ in books.jobs("organize_files")] == ["failed"] * 5
    assert books.retry_imports(job_id=1).total == 0


def test_a_persons_retry_begins_to_count_anew_and_goes_on_where_it_stopped(books, library, completed, tmp_path):
    request, _ = completed(files=())
    books.write_settings(max_import_attempts=1)
    books.work_off("organize_files")
    assert books.get_request(request).status == "warn"
    sound(tmp_path / "downloads" / "Quiet Harbor [M4B]" / "book.mp3")
    books.retry_request(request, by="ann")
    assert books.get_request(request).import_attempts == 0
    books.work_off("organize_files")
    assert books.get_request(request).status == "downloaded"
    assert books.way(request)[-3:] == ["warn", "processing", "downloaded"]


def test_without_a_library_folder_the_request_waits_and_says_what_to_do(books, client, completed):
    request, _ = completed()
    books.work_off("organize_files")
    found = books.get_request(request)
    assert (found.status, "Set the library folder" in found.error_message) == ("awaiting_import", True)


def test_a_library_that_is_away_is_tried_three_times_and_then_the_request_waits(books, library, completed):
    request, _ = completed()
    library.rmdir()
    books.work_off("organize_files")
    assert books.jobs("organize_files", "status, attempts") == [("failed", 3)]
    assert books.get_request(request).import_attempts == 1
    library.mkdir()
    books.retry_imports(job_id=1)
    books.work_off("organize_files")
    assert books.get_request(request).status == "downloaded"


def test_files_that_a_person_names_are_filed_and_tried_again_from_there(books, client, library, tmp_path):
    request = books.ask()
    place = tmp_path / "elsewhere"
    books.import_files(request, str(place), by="ann")
    books.work_off("organize_files")
    assert books.get_request(request).status == "awaiting_import"
    sound(place / "book.mp3")
    books.retry_imports(job_id=1)
    books.work_off("organize_files")
    assert sorted(seen(library)) == ["Jane Doe/Quiet Harbor/book.mp3"]
    assert books.get_request(request).status == "downloaded"


def test_a_request_that_is_withdrawn_is_not_filed(books, library, completed):
    request, _ = completed()
    ((job,),) = books.jobs("organize_files", "id")
    books.cancel_request(request, by="ann")
    with books.engine.begin() as conn:
        ledger.retry_job(conn, job)
    books.work_off("organize_files")
    assert (books.get_request(request).status, list(library.iterdir())) == ("cancelled", [])


def test_library_servers_are_told_to_look_and_one_that_is_away_fails_nothing(books, library, completed):
    request, _ = completed()
    with plex(folder=library) as server:
        server.watches = False
        about = {"kind": "plex", "secret_block": "shelf", "library_id": "1"}
        books.set_up(SHELVES, name="Plex", url=server.url, **about)
        books.set_up(SHELVES, name="Away", url="http://127.0.0.1:9", **about)
        books.set_up(SHELVES, name="Left alone", url=server.url, scan_after_import=False, **about)
        books.work_off("organize_files")
        assert (server.scans, [book.title for book in server.books]) == (1, ["Quiet Harbor"])
    assert books.get_request(request).status == "downloaded"
    assert "Away could not be told to look for new books." in books.events("organize_files")


def test_a_torrent_gets_the_category_for_what_is_imported(books, client, library, completed):
    completed(imported_category="imported")
    books.work_off("organize_files")
    assert client.filed == [("abc", "imported")]
