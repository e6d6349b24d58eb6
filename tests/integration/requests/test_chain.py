"""The whole way of a request with real programs, as the API tells it."""

from __future__ import annotations

from mutagen.id3 import ID3

from tasks.clients.downloads.connect import opened
from tests.integration.organize.conftest import seen, sound
from tests.integration.requests.chain import ASIN, QUEUES, RECENT, WAY, recording
from tests.serve import program, serving


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
