"""The queue `monitor_download`: one row for each download, one question for each client."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from db.requests import CLIENTS
from flows.requests import clients, monitor
from tasks.clients.downloads.types import Status
from tasks.errors import PermanentError, TransientError
from tests.integration.requests.client import Client, opening
from tests.integration.requests.conftest import grabbed


@pytest.fixture
def client(books, monkeypatch):
    client = Client()
    monkeypatch.setattr(clients, "opened", opening(client))
    for name, seconds in (("TICK", 0.05), ("SOON", 0.01)):
        monkeypatch.setattr(monitor, name, seconds)
    monkeypatch.setattr("tasks.clients.downloads.patience.WAITS", (0.0, 0.0, 0.0))
    books.set_up(CLIENTS, name="qBittorrent", kind="qbittorrent", url="http://127.0.0.1:9", secret_block="client")
    return client


@pytest.fixture
def watch(books):
    """Has a download watched, as `download_torrent` leaves it; returns the ids of its request and of itself."""

    def watch(item="abc", title="Quiet Harbor"):
        both = grabbed(books, item, title)
        books.reconcile()
        return both

    return watch


def script(client, item, *statuses):
    """Has the client say these, one after another; the last of them from then on."""
    left = list(statuses)

    class Knows(dict):
        def get(self, wanted, default):
            if wanted != item:
                return super().get(wanted, default)
            said = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(said, Exception):
                raise said
            return said

    client.knows = Knows(client.knows)


def going(percent, state="downloading"):
    return Status(state, progress=percent / 100, size=2000, speed=10, eta=7)


def done(path, **more):
    return Status("seeding", progress=1.0, size=2000, path=path, **more)


def test_a_download_is_watched_on_one_row_until_it_is_complete_and_then_organized(books, client, watch, tmp_path):
    request, download = watch()
    script(
        client, "abc", going(1), going(2), going(3), going(4), going(7), going(9), going(12), going(12), done(tmp_path)
    )
    books.work_off("monitor_download")
    assert books.jobs("monitor_download", "status, attempts, progress") == [("completed", 1, 100)]
    found = books.get_downloads([download])[download]
    assert (found.status, found.path, found.progress, found.size) == ("completed", str(tmp_path), 100, 2000)
    assert books.get_request(request).status == "processing"
    assert books.jobs("organize_files", "target_type, target_id, payload") == [
        ("request", str(request), {"download": download})
    ]
    said = [event.split(" %")[0] for event in books.events("monitor_download") if " %" in event]
    assert said == ["1", "2", "3", "4", "7", "12", "100"]


def test_a_client_is_logged_in_to_once_for_all_looks_and_again_after_an_error(books, client, watch, tmp_path):
    watch()
    script(client, "abc", going(1), going(2), TransientError("It has forgotten us."), going(3), done(tmp_path))
    books.work_off("monitor_download")
    assert books.jobs("monitor_download", "status") == [("completed",)]
    assert client.logins == 2


def test_a_download_whose_book_turns_up_meanwhile_is_watched_on_and_not_organized(books, client, watch, tmp_path):
    request, download = watch()
    books.transition(request, "available", "-", by="test", shelf_guid="x")
    script(client, "abc", going(10), done(tmp_path))
    books.work_off("monitor_download")
    assert books.get_downloads([download])[download].status == "completed"
    found = books.get_request(request)
    assert (found.status, found.progress, books.jobs("organize_files")) == ("available", 100, [])
    assert [each.download.id for each in books.seeded(most=10)] == [download]


def test_while_it_downloads_the_page_can_say_how_far_it_is(books, client, watch):
    request, download = watch()
    stopping = Stop(books, client)
    script(client, "abc", going(42, "stalled"))
    books.work_off("monitor_download", stopping)
    found = books.get_downloads([download])[download]
    assert (found.client_state, found.progress, found.speed, found.eta) == ("stalled", 42, 10, 7)
    assert books.get_request(request).progress == 42
    assert books.jobs("monitor_download", "status, progress, result->>'state'") == [("queued", 42, "stalled")]


class Stop(monitor.MonitorWork):
    """Puts the row off by an hour after the first look, so that the flow ends."""

    def __init__(self, books, client):
        super().__init__()
        self.books = books

    def save(self, conn, done):
        found = super().save(conn, done)
        conn.execute(text("UPDATE job_runs SET run_at = now() + interval '1 hour' WHERE status = 'queued'"))
        return found


def test_a_client_is_asked_once_for_all_that_it_downloads(books, client, watch):
    for item in ("a", "b", "c"):
        watch(item, title=f"Book {item}")
        client.knows[item] = going(10)
    books.work_off("monitor_download", Stop(books, client))
    assert client.asked == [["a", "b", "c"]]
    assert len(books.jobs("monitor_download", "run_at")) == 3


def test_what_the_client_does_not_know_is_looked_for_three_times_in_each_of_three_attempts(books, client, watch):
    request, download = watch()
    seen = []

    class Watching(monitor.MonitorWork):
        def run(self, tools, job, target, control):
            seen.append(target.download.request_status)
            return super().run(tools, job, target, control)

    books.work_off("monitor_download", Watching())
    assert seen == ["downloading"] * 3
    assert len(client.asked) == 3 * 4
    assert books.jobs("monitor_download", "status, attempts") == [("failed", 3)]
    assert books.way(request) == ["pending", "searching", "downloading", "failed"]
    assert books.get_downloads([download])[download].status == "failed"
    assert books.blocked_of([request]) == {}


def test_one_that_turns_up_late_has_all_its_attempts_again(books, client, watch, tmp_path):
    _, download = watch()
    unknown = Status("missing")
    again = 4 * monitor.MOST_UNKNOWN + 8
    script(client, "abc", *[unknown] * 8, going(1), *[unknown] * again, done(tmp_path))
    books.work_off("monitor_download")
    assert books.get_downloads([download])[download].status == "completed"
    assert books.jobs("monitor_download", "status, attempts, error") == [("completed", 3, None)]


def test_a_client_that_has_just_started_may_need_a_minute_to_know_what_it_had(books, client, watch, tmp_path):
    request, download = watch()
    unknown = Status("missing")
    script(client, "abc", going(40), *[unknown] * 4 * monitor.MOST_UNKNOWN, going(42), done(tmp_path))
    books.work_off("monitor_download")
    assert books.get_request(request).status == "processing"
    assert books.jobs("monitor_download", "status, attempts") == [("completed", 1)]
    assert books.get_downloads([download])[download].misplaced == 0


def test_a_download_that_its_client_has_lost_fails_and_is_searched_for_anew_on_retry(books, client, watch):
    request, download = watch()
    script(client, "abc", going(40), Status("missing"))
    books.work_off("monitor_download")
    assert books.jobs("monitor_download", "status, attempts") == [("failed", 3)]
    assert "qBittorrent does not know Quiet Harbor" in books.get_request(request).error_message
    assert books.get_downloads([download])[download].progress == 40
    books.retry_request(request, by="ann")
    assert books.jobs("search_indexers", "status") == [("queued",)]


def test_a_client_that_is_away_for_a_while_fails_nothing(books, client, watch, tmp_path, monkeypatch):
    monkeypatch.setattr(monitor, "LONGEST_WAIT", 0.01)
    request, download = watch()
    away = TransientError("connection refused")
    script(client, "abc", *[away] * 20, done(tmp_path))
    books.work_off("monitor_download")
    assert books.get_request(request).status == "processing"
    assert books.get_downloads([download])[download].unreachable == 0


def test_a_client_that_stays_away_fails_the_request_once_and_a_retry_goes_on_with_the_download(
    books, client, watch, tmp_path, monkeypatch
):
    monkeypatch.setattr(monitor, "LONGEST_WAIT", 0.01)
    request, _download = watch()
    client.error = TransientError("connection refused")
    books.work_off("monitor_download")
    assert "has not answered 30 times" in books.get_request(request).error_message
    assert books.jobs("monitor_download", "status, attempts") == [("failed", 3)]
    assert books.way(request) == ["pending", "searching", "downloading", "failed"]
    assert books.blocked_of([request]) == {}
    client.error = None
    client.knows["abc"] = done(tmp_path)
    books.retry_request(request, by="ann")
    books.work_off("monitor_download")
    assert books.get_request(request).status == "processing"
    assert books.jobs("search_indexers") == []


REFUSED = PermanentError("qBittorrent at http://127.0.0.1:9 refuses the user name or the password. Correct them.")


def test_a_client_that_lets_nobody_in_is_asked_once_for_all_its_downloads_and_fails_none(books, client, watch):
    requests = [watch(item, title=f"Book {item}")[0] for item in ("a", "b", "c")]
    client.error = REFUSED
    books.work_off("monitor_download")
    assert len(client.asked) == 1
    assert [books.get_request(each).status for each in requests] == ["downloading"] * 3
    waits = "status, attempts, result->>'refused', run_at > now() + interval '10 minutes'"
    assert books.jobs("monitor_download", waits) == [("queued", 0, str(REFUSED), True)] * 3
    assert books.sql("SELECT trouble FROM download_clients") == [(str(REFUSED),)]


def test_a_client_that_lets_us_in_again_is_asked_at_once_when_somebody_has_said_so(books, client, watch, tmp_path):
    request, _ = watch()
    script(client, "abc", going(40), REFUSED, done(tmp_path))
    books.work_off("monitor_download")
    assert books.get_request(request).progress == 40
    books.ask_again(1)
    books.work_off("monitor_download")
    assert books.get_request(request).status == "processing"
    assert books.sql("SELECT trouble FROM download_clients") == [(None,)]


def test_a_client_that_lets_us_in_again_by_itself_has_no_trouble_any_more(books, client, watch, tmp_path):
    request, _ = watch()
    script(client, "abc", REFUSED, done(tmp_path))
    books.work_off("monitor_download")
    books.sql("UPDATE job_runs SET run_at = now() WHERE status = 'queued'")
    books.work_off("monitor_download")
    assert books.get_request(request).status == "processing"
    assert books.sql("SELECT trouble, trouble_since FROM download_clients") == [(None, None)]


def test_a_release_that_the_client_gives_up_is_not_chosen_again(books, client, watch):
    request, _download = watch()
    client.knows["abc"] = Status("error", error="missing articles")
    books.work_off("monitor_download")
    assert books.get_request(request).error_message == "qBittorrent: missing articles"
    ((blocked,),) = books.blocked_of([request]).values()
    assert (blocked.release_key, blocked.source, blocked.info_hash) == ("quiet harbor [m4b]", "download_fail", "abc")
    books.retry_request(request, by="ann")
    assert books.get_request(request).status == "pending"


def test_files_that_are_still_on_their_way_are_waited_for(books, client, watch, tmp_path):
    _request, download = watch()
    there = tmp_path / "Quiet Harbor"
    away = done(tmp_path / "incomplete", settled=False)
    script(client, "abc", away, away, done(there), done(there))
    client.statuses = _then(client.statuses, 4, there.mkdir)
    books.work_off("monitor_download")
    assert books.get_downloads([download])[download].path == str(there)


def _then(function, number, act):
    calls = iter(range(1, 1000))

    def called(*args):
        if next(calls) == number:
            act()
        return function(*args)

    return called


def test_files_that_never_turn_up_are_left_to_the_import(books, client, watch, tmp_path):
    request, _ = watch()
    client.knows["abc"] = done(tmp_path / "nowhere")
    books.work_off("monitor_download")
    assert books.get_request(request).status == "processing"
    assert any("is a path mapping missing?" in event for event in books.events("monitor_download"))


def test_a_withdrawn_request_is_watched_no_more_and_its_download_removed_where_asked(books, client, watch, tmp_path):
    request, download = watch()
    client.knows["abc"] = done(tmp_path)
    done_with = books.cancel_request(request, by="ann", remove_downloads=True)
    assert (done_with.jobs.cancelled, done_with.removing) == (1, 1)
    books.work_off("monitor_download")
    assert client.asked == []
    assert books.get_request(request).status == "cancelled"
    assert books.jobs("cleanup_seeded_torrents", "target_type, target_id, status") == [
        ("download", str(download), "queued")
    ]


def test_a_request_that_is_found_in_the_library_meanwhile_stays_available(books, client, watch, tmp_path):
    request, _ = watch()
    client.knows["abc"] = done(tmp_path)
    books.transition(request, "available", "Found.", by="test", shelf_guid="x")
    books.work_off("monitor_download")
    assert books.get_request(request).status == "available"
    assert books.jobs("organize_files") == []


def test_a_download_that_nobody_watches_is_found_again(books, client, watch, tmp_path):
    request, _download = watch()
    books.sql("DELETE FROM job_runs")
    assert books.reconcile() == 1
    assert books.reconcile() == 0
    client.knows["abc"] = done(tmp_path)
    books.work_off("monitor_download")
    assert books.get_request(request).status == "processing"


def test_a_request_whose_job_a_person_cancels_says_so_and_can_be_retried(books, client, watch):
    request, _ = watch()
    books.sql("UPDATE job_runs SET status = 'cancelled', finished_at = now()")
    books.reconcile()
    found = books.get_request(request)
    assert found.status == "failed"
    assert "Its job was cancelled" in found.error_message
    books.retry_request(request, by="ann")
    assert books.get_request(request).status == "pending"


@pytest.mark.parametrize(
    ("status", "queue"),
    [("pending", "search_indexers"), ("searching", "search_indexers"), ("processing", "organize_files")],
)
def test_whatever_lost_its_job_gets_it_back(books, status, queue):
    request = books.ask()
    books.sql("DELETE FROM job_runs")
    books.sql("UPDATE requests SET status = :status", status=status)
    books.reconcile()
    assert books.jobs(queue, "target_id, status") == [(str(request), "queued")]


def test_what_lost_its_process_twice_fails(books):
    request = books.ask()
    books.sql("UPDATE job_runs SET status = 'failed', error = 'It ended twice.', finished_at = now()")
    books.reconcile()
    assert books.get_request(request).error_message == "It ended twice."
