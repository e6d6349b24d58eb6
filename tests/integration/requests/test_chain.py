"""The whole way of a request with real programs, as the API tells it; and with each of them failing on the way."""

from __future__ import annotations

import os
import subprocess
import threading

import pytest
from mutagen.id3 import ID3

from flows.requests import grab, monitor
from flows.requests.organize import OrganizeWork
from tasks.clients.downloads.connect import opened
from tasks.requests.organize import copying
from tests.integration.organize.conftest import seen, sound
from tests.integration.requests.chain import ASIN, QUEUES, RECENT, SHELVES_BY_KIND, Home, recording, set_up
from tests.peers.processes import wait_until
from tests.serve import program, serving
from tests.stubs.indexer import MISBEHAVIOURS
from tests.stubs.indexer import indexer as indexer_server
from tests.stubs.shelf import TOKEN, running

WAY = ["pending", "searching", "downloading", "downloading", "processing", "downloaded", "available"]


@pytest.fixture
def at_home(books, tmp_path, monkeypatch):
    """Sets everything up around a download client, and the clocks faster than life."""
    monkeypatch.setattr(monitor, "TICK", 0.4)
    monkeypatch.setattr(monitor, "LONGEST_WAIT", 0.5)
    monkeypatch.setattr(grab, "FIRST_LOOK", 0.2)
    library = tmp_path / "library"
    library.mkdir()
    books.write_settings(library_folder=str(library))
    open_servers = []

    def at_home(client, shelf="plex"):
        stub = running(SHELVES_BY_KIND[shelf][0](TOKEN, 0, library))
        indexer = indexer_server()
        open_servers.extend((stub, indexer))
        home = Home(books, indexer.__enter__(), stub.__enter__(), library)
        set_up(books, home.indexer, home.shelf, client, monkeypatch)
        return home

    yield at_home
    for server in open_servers:
        server.__exit__(None, None, None)


def story(engine, request):
    """What the API tells of a request."""
    with serving(engine) as (url, _), program(engine, url) as client:
        return client.get(f"/api/requests/{request}").json()


def test_a_wish_is_searched_downloaded_by_qbittorrent_filed_and_found_on_the_shelf(
    books, engine, at_home, swarm, tmp_path
):
    home, title = at_home(swarm.qbittorrent), "Quiet Harbor by Tracker"
    torrent = swarm.seed(f"Jane Doe - {title}", recording(tmp_path, title))
    home.offer(title, torrent.content)
    request = home.ask(title)
    home.work_off(*QUEUES)
    home.look_at_shelf()

    told = story(engine, request)
    assert [step["toStatus"] for step in told["history"]] == WAY
    assert (told["status"], told["progress"], told["errorMessage"]) == ("available", 100, None)
    assert [step["by"] for step in told["history"]][1:] == [
        *("search_indexers", "search_indexers", "download_torrent", "monitor_download", "organize_files", RECENT)
    ]
    (download,) = told["downloads"]
    assert (download["status"], download["progress"], download["infoHash"]) == ("completed", 100, torrent.hash)
    assert {job["status"] for job in told["jobs"]} == {"completed"}
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/0{number}.mp3" for number in (1, 2)]
    said = ID3(home.library / home.filed()[0])
    assert (said["TALB"].text, said["TXXX:ASIN"].text) == ([title], [ASIN])
    with opened(swarm.qbittorrent) as client:
        seeding = client.statuses([torrent.hash])[torrent.hash]
    assert seeding.state == "seeding"
    assert [each.read_bytes() for each in sorted(seeding.path.iterdir())] == list(recording(tmp_path, title).values())

    before = (seen(home.library), home.jobs())
    home.work_off(*QUEUES)
    assert (seen(home.library), home.jobs()) == before


def test_the_same_through_transmission(books, engine, at_home, swarm, tmp_path):
    home, title = at_home(swarm.transmission), "Quiet Harbor by Transmission"
    torrent = swarm.seed_for_transmission(f"Jane Doe - {title}", recording(tmp_path, title))
    home.offer(title, torrent.content)
    request = home.ask(title)
    home.work_off("search_indexers", "download_torrent")
    swarm.introduce(torrent)
    home.work_off(*QUEUES)
    home.look_at_shelf()
    assert [step["toStatus"] for step in story(engine, request)["history"]] == WAY
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/0{number}.mp3" for number in (1, 2)]


def test_the_same_through_nzbget_and_what_usenet_has_brought_is_gone(books, engine, at_home, news, tmp_path):
    home, title = at_home(news.nzbget, "audiobookshelf"), "Quiet Harbor by Usenet"
    book = sound(tmp_path / "by-usenet.m4b", 10)
    home.offer(title, news.post(book.name, book.read_bytes()), "usenet")
    request = home.ask(title)
    home.work_off(*QUEUES)
    home.look_at_shelf()
    told = story(engine, request)
    assert [step["toStatus"] for step in told["history"]] == WAY
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/by-usenet.m4b"]
    assert [each["status"] for each in told["downloads"]] == ["removed"]
    assert not list((news.folder / "main/done").rglob("by-usenet.m4b"))


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


def test_a_client_that_is_killed_midway_and_comes_back_finishes_the_one_download(books, at_home, news, tmp_path):
    home, title = at_home(news.nzbget), "Quiet Harbor in Pieces"
    book = sound(tmp_path / "pieces.m4b", 120)
    home.offer(title, news.post(book.name, book.read_bytes()), "usenet")
    request = home.ask(title)
    news.limit(50)
    home.work_off("search_indexers", "download_torrent")
    watching = threading.Thread(target=home.work_off, args=("monitor_download",))
    watching.start()
    wait_until(lambda: books.get_request(request).progress > 0, "a part of it")
    news.kill()
    wait_until(lambda: any("does not answer" in event for event in books.events("monitor_download")), "the next look")
    assert books.get_request(request).status == "downloading"
    news.start()
    news.limit(0)
    watching.join(60)
    home.work_off(*QUEUES)
    home.look_at_shelf()
    assert books.way(request) == WAY
    assert home.jobs() == {queue: ["completed"] for queue in (*QUEUES, RECENT)}
    assert len(books.downloads_of(request)) == 1
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/pieces.m4b"]


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


def test_a_worker_that_fails_after_filing_and_a_plex_that_is_away_change_only_when(
    books, at_home, news, tmp_path, monkeypatch
):
    home, title = at_home(news.nzbget), "Quiet Harbor after Midnight"
    book = sound(tmp_path / "late.m4b", 5)
    home.offer(title, news.post(book.name, book.read_bytes()), "usenet")
    request = home.ask(title)
    home.work_off(*QUEUES[:3])
    home.shelf.down()

    work, run, times = OrganizeWork(), OrganizeWork.run, []

    def dies_once(self, *args):
        filed = run(self, *args)
        times.append(seen(home.library))
        if len(times) == 1:
            raise ConnectionError("the machine has lost its network")
        return filed

    monkeypatch.setattr(OrganizeWork, "run", dies_once)
    books.work_off("organize_files", work)
    assert len(times) == 2
    assert times[0] == times[1]
    assert books.jobs("organize_files", "status, attempts") == [("completed", 2)]
    home.look_at_shelf()
    assert books.get_request(request).status == "downloaded"
    home.shelf.up()
    home.look_at_shelf()
    assert books.way(request) == WAY
    assert home.filed() == [f"Jane Doe/{title} [{ASIN}]/late.m4b"]
