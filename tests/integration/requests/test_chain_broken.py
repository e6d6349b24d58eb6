"""The whole way of a request while the programs on it fail, are killed or run out of room."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from tasks.requests.organize import copying
from tests.integration.organize.conftest import seen, sound
from tests.integration.requests.chain import ASIN, QUEUES, RECENT, WAY
from tests.stubs.answers import MISBEHAVIOURS
from tests.waiting import until


def test_an_indexer_that_fails_at_each_step_delays_a_request_and_no_more(books, at_home, news, tmp_path):
    home, title = at_home(news.nzbget), "Quiet Harbor in Trouble"
    book = sound(tmp_path / "trouble.m4b", 5)
    home.offer(title, b"never served", "usenet")
    home.offer(title, news.post(book.name, book.read_bytes()), "usenet", good=False)
    home.indexer.replies = [MISBEHAVIOURS["broken"]] * 2
    request = home.ask(title)
    home.work_off("search_indexers")
    home.indexer.replies = [MISBEHAVIOURS["broken"]]
    home.work_off(*QUEUES)
    home.look_at_shelf()
    assert books.way(request) == WAY
    ((attempts,),) = books.jobs("search_indexers", "attempts")
    assert attempts > 1
    assert [each.title[-5:] for each in books.downloads_of(request)] == ["[MP3]"]
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/trouble.m4b"]


def killed_midway(books, home, request, peers, go_on):
    """Has what a request downloads watched by a flow, and its client killed in the middle of that and started again."""
    watching = threading.Thread(target=home.work_off, args=("monitor_download",), daemon=True)
    watching.start()
    until(lambda: books.get_request(request).progress > 0, "a part of it")
    peers.kill()
    until(lambda: any("does not answer" in event for event in books.events("monitor_download")), "the next look")
    assert books.get_request(request).status == "downloading"
    assert books.get_request(request).progress < 100
    peers.start()
    go_on()
    watching.join(60)
    assert not watching.is_alive()
    home.work_off(*QUEUES)
    home.look_at_shelf()
    assert books.way(request) == WAY
    assert len(books.downloads_of(request)) == 1


def handed_over(home, swarm, title, book):
    """Ask for a book, until qBittorrent has it to download: the request, and the torrent."""
    torrent = swarm.seed(f"Jane Doe - {title}", {book.name: book.read_bytes()})
    home.offer(title, torrent.content)
    request = home.ask(title)
    home.work_off("search_indexers", "download_torrent")
    return request, torrent


def test_nzbget_killed_midway_finishes_the_one_download(books, at_home, news, tmp_path):
    home, title = at_home(news.nzbget), "Quiet Harbor in Pieces"
    book = sound(tmp_path / "pieces.m4b", 120)
    home.offer(title, news.post(book.name, book.read_bytes()), "usenet")
    request = home.ask(title)
    news.limit(50)
    home.work_off("search_indexers", "download_torrent")
    killed_midway(books, home, request, news, lambda: news.limit(0))
    assert home.jobs() == {queue: ["completed"] for queue in (*QUEUES, RECENT)}
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/pieces.m4b"]


def test_qbittorrent_killed_midway_finishes_the_one_download(books, at_home, swarm, tmp_path):
    home, title = at_home(swarm.qbittorrent), "Quiet Harbor Torn Apart"
    swarm.limit(100)
    request, torrent = handed_over(home, swarm, title, sound(tmp_path / "torn.flac", 120))
    swarm.forget_all_but(torrent)
    killed_midway(books, home, request, swarm, lambda: swarm.limit(0))
    assert home.jobs() == {queue: ["completed"] for queue in (*QUEUES[:-1], RECENT)}
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/torn.flac"]


def test_a_password_that_is_not_right_any_more_is_waited_for_and_costs_no_download(books, at_home, swarm, tmp_path):
    home, title = at_home(swarm.qbittorrent), "Quiet Harbor behind a Door"
    request, torrent = handed_over(home, swarm, title, sound(tmp_path / "door.flac", 5))
    right, home.keys["c"] = home.keys["c"], "the one before"
    home.work_off("monitor_download")
    assert books.get_request(request).status == "downloading"
    assert books.jobs("monitor_download", "status, attempts, error") == [("queued", 0, None)]
    ((client, trouble),) = books.sql("SELECT id, trouble FROM download_clients")
    assert "refuses the user name or the password. Correct them." in trouble
    swarm.forget_all_but(torrent)
    home.keys["c"] = right
    books.ask_again(client)
    home.work_off(*QUEUES)
    home.look_at_shelf()
    assert books.way(request) == WAY
    assert books.jobs("monitor_download", "status, attempts") == [("completed", 1)]
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/door.flac"]
    assert books.sql("SELECT trouble, trouble_since FROM download_clients") == [(None, None)]


@pytest.fixture
def small_disk():
    """Puts a disk with hardly any room at a folder; returns what gives it more."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes an administrator")
    mounted = []

    def small_disk(folder):
        command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(folder)
        return lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)

    yield small_disk
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_lets_the_request_wait_with_nothing_half_made_until_there_is_room(
    books, at_home, news, tmp_path, monkeypatch, small_disk
):
    home, title = at_home(news.nzbget), "Quiet Harbor without Room"
    grow = small_disk(home.library)
    # not found out beforehand: the disk says so itself, in the middle of a file
    monkeypatch.setattr(copying, "ROOM", -(1 << 40))
    book = sound(tmp_path / "large.m4b", 60)
    home.offer(title, news.post(book.name, book.read_bytes()), "usenet")
    request = home.ask(title)
    home.work_off(*QUEUES)
    waiting = books.get_request(request)
    assert (waiting.status, waiting.import_attempts) == ("awaiting_import", 1)
    assert "No space left on device" in waiting.error_message
    assert books.jobs("organize_files", "status, attempts") == [("failed", 3)]
    assert home.filed() == []
    grow("8m")
    books.retry_imports(job_id=1)
    home.work_off(*QUEUES)
    home.look_at_shelf()
    assert books.way(request)[-4:] == ["awaiting_import", "processing", "downloaded", "available"]
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/large.m4b"]


def test_a_flow_killed_right_after_filing_and_a_plex_that_is_away_change_only_when(
    books, at_home, news, tmp_path, database
):
    home, title = at_home(news.nzbget), "Quiet Harbor after Midnight"
    book = sound(tmp_path / "late.m4b", 5)
    home.offer(title, news.post(book.name, book.read_bytes()), "usenet")
    request = home.ask(title)
    home.work_off(*QUEUES[:3])
    home.shelf.down()

    command = [sys.executable, "-m", "tests.integration.requests.dying", json.dumps(home.keys)]
    died = subprocess.run(command, env=os.environ | {"DARKROOM_DATABASE_URL": database}, timeout=50, check=False)
    assert died.returncode == -signal.SIGKILL
    filed = seen(home.library)
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/late.m4b"]
    assert books.jobs("organize_files", "status, attempts") == [("running", 1)]
    assert books.get_request(request).status == "processing"

    # as if half a minute had gone by
    books.sql("UPDATE job_runs SET lease_expires_at = now() WHERE lease_owner IS NOT NULL")
    home.work_off("organize_files")
    assert books.jobs("organize_files", "status, attempts") == [("completed", 2)]
    assert seen(home.library) == filed
    home.look_at_shelf()
    assert books.get_request(request).status == "downloaded"
    home.shelf.up()
    home.look_at_shelf()
    assert books.way(request) == WAY
