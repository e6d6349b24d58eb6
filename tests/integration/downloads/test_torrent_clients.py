"""qBittorrent and Transmission themselves, asked in the words that Darkroom has for both."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import qbittorrentapi

from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.patience import patient_statuses
from tasks.clients.downloads.types import MISSING, ClientSettings, DownloadNotFoundError, Grab, Status
from tasks.control import NoControl
from tasks.errors import PermanentError, TransientError
from tasks.requests.path_mapping import PathMapping
from tests.peers.processes import free_port
from tests.peers.torrents import Swarm, Torrent, make_torrent
from tests.waiting import until

NOBODY = "0" * 40


@pytest.fixture(params=["qbittorrent", "transmission"])
def settings(swarm: Swarm, request: pytest.FixtureRequest) -> ClientSettings:
    return getattr(swarm, request.param)


def book(seed: str, size: int = 200_000) -> dict[str, bytes]:
    data = random.Random(seed)
    return {"01.mp3": data.randbytes(size), "extras/02.mp3": data.randbytes(size // 2)}


def lonely(name: str) -> Torrent:
    """A torrent that nobody has."""
    return make_torrent(name, book(name), "http://127.0.0.1:9/announce")


def status(settings: ClientSettings, id: str) -> Status:
    with opened(settings) as client:
        return patient_statuses(client, [id], NoControl())[id]


def test_a_seeded_book_is_downloaded_whole_into_the_folder_it_was_asked_for(swarm, tmp_path):
    files = book("The Quiet Harbor")
    torrent = swarm.seed("The Quiet Harbor", files)
    # the client is told a folder under its own name, and its answers come back under ours
    (tmp_path / "remote").mkdir()
    (tmp_path / "local").symlink_to(tmp_path / "remote")
    mapping = PathMapping(str(tmp_path / "remote"), str(tmp_path / "local"))
    settings = replace(swarm.qbittorrent, mappings=(mapping,))
    grab = Grab("The Quiet Harbor", torrent.content, category="darkroom", save_path=str(tmp_path / "remote/books"))
    with opened(settings) as client:
        id = client.add(grab)
        until(lambda: client.statuses([id])[id].finished, "the download", 60)
        done = client.statuses([id])[id]
    assert (id, done.state, done.progress) == (torrent.hash, "seeding", 1.0)
    assert (done.category, done.size, done.downloaded, done.error) == ("darkroom", 300_000, 300_000, None)
    assert done.path == tmp_path / "local/books/The Quiet Harbor"
    assert {name: (done.path / name).read_bytes() for name in files} == files
    with opened(settings) as client:
        client.set_category(id, "imported")
        moved = client.statuses([id])[id]
        assert (moved.category, moved.path) == ("imported", done.path)
        client.remove(id, delete_files=True)
        until(lambda: not done.path.exists(), "the files to go")


def test_what_transmission_has_already_is_seeding_and_adding_it_is_no_second_download(swarm):
    torrent = swarm.seed("Seeded", book("Seeded"))
    with opened(swarm.transmission) as client:
        assert client.add(Grab("Seeded", torrent.content, category="darkroom")) == torrent.hash
        found = client.statuses([torrent.hash])[torrent.hash]
    assert (found.state, found.progress, found.finished) == ("seeding", 1.0, True)
    assert found.path == swarm.folder / "seeds/Seeded"
    assert found.seeding_seconds is not None


def test_the_password_is_right_and_the_version_known(settings):
    with opened(settings) as client:
        assert client.test()[0].isdigit()


def test_a_wrong_password_is_said_and_never_repeated(settings):
    with opened(replace(settings, password="hunter2-%&")) as client, pytest.raises(PermanentError) as refused:
        client.test()
    assert "password" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_client_that_is_away_may_come_back(settings):
    gone = replace(settings, url=f"http://127.0.0.1:{free_port()}")
    with opened(gone) as client, pytest.raises(TransientError, match="does not answer at http") as away:
        client.statuses([NOBODY])
    assert settings.password not in str(away.value)


def test_adding_a_release_twice_is_once(settings, tmp_path):
    torrent = lonely(f"Twice in {settings.kind}")
    grab = Grab("Twice", torrent.content, category="darkroom", save_path=str(tmp_path))
    with opened(settings) as client:
        assert [client.add(grab), client.add(grab)] == [torrent.hash, torrent.hash]
        assert client.add(Grab("Twice", magnet=torrent.magnet)) == torrent.hash
    # for a moment after adding, a client knows no whole path yet
    until(lambda: status(settings, torrent.hash).path, "its path")
    found = status(settings, torrent.hash)
    assert (found.name, found.category, found.progress) == (f"Twice in {settings.kind}", "darkroom", 0.0)
    assert found.path == tmp_path / found.name
    assert not found.finished


def test_a_magnet_is_known_by_the_hash_it_names(settings):
    torrent = lonely(f"Magnet for {settings.kind}")
    with opened(settings) as client:
        assert client.add(Grab("Magnet", magnet=torrent.magnet, category="darkroom")) == torrent.hash
    found = status(settings, torrent.hash)
    assert (found.state, found.category, found.finished) == ("downloading", "darkroom", False)


def test_many_downloads_are_asked_about_at_once_and_an_unknown_one_is_missing(settings):
    torrents = [lonely(f"Many {number} {settings.kind}") for number in range(3)]
    with opened(settings) as client:
        ids = [client.add(Grab("Many", one.content)) for one in torrents]
        patient_statuses(client, ids, NoControl())
        found = client.statuses([*ids, NOBODY])
    assert found.pop(NOBODY) == MISSING
    assert {id: one.name for id, one in found.items()} == {
        one.hash: f"Many {number} {settings.kind}" for number, one in enumerate(torrents)
    }


def test_a_removed_download_is_missing_and_removing_it_again_is_no_error(settings):
    torrent = lonely(f"Removed from {settings.kind}")
    with opened(settings) as client:
        id = client.add(Grab("Removed", torrent.content))
        patient_statuses(client, [id], NoControl())
        client.remove(id, delete_files=False)
        until(lambda: client.statuses([id])[id] == MISSING, "the download to go")
        client.remove(id, delete_files=True)
        with pytest.raises(DownloadNotFoundError):
            client.set_category(id, "imported")


@pytest.mark.parametrize("content", [b"<html>Log in first</html>", b"d4:infod4:name1:aee", b"d8:announce1:ae"])
def test_a_file_that_is_no_torrent_is_refused_before_the_client_sees_it(settings, content):
    nobody = replace(settings, url="http://127.0.0.1:9")
    with opened(nobody) as client, pytest.raises(PermanentError, match="Choose another release"):
        client.add(Grab("Broken", content))


def test_a_torrent_that_only_the_client_finds_broken_is_a_sentence_too(settings):
    broken = b"d4:infod4:name1:a12:piece lengthi0e6:pieces3:abcee"
    with opened(settings) as client, pytest.raises(PermanentError, match="Choose another release"):
        client.add(Grab("Broken", broken))


def test_a_category_that_qbittorrent_cannot_have_is_said(swarm):
    with opened(swarm.qbittorrent) as client, pytest.raises(PermanentError, match="refuses the category a//b"):
        client.add(Grab("Odd", lonely("Odd").content, category="a//b"))


def test_a_folder_that_cannot_be_written_is_an_error_in_qbittorrent_s_own_words(swarm, tmp_path):
    (tmp_path / "file").write_bytes(b"no folder")
    with opened(swarm.qbittorrent) as client:
        id = client.add(Grab("Nowhere", lonely("Nowhere").content, save_path=str(tmp_path / "file")))
        until(lambda: client.statuses([id])[id].state == "error", "the error")
        assert "Not a directory" in client.statuses([id])[id].error


def test_files_that_lie_among_others_are_named_one_by_one(swarm, tmp_path):
    torrent = lonely("Bare")
    settings = swarm.qbittorrent
    bare = {"content_layout": "NoSubfolder", "save_path": str(tmp_path), "use_auto_torrent_management": False}
    with qbittorrentapi.Client(host=settings.url, username=settings.username, password=settings.password) as by_hand:
        by_hand.torrents_add(torrent_files=torrent.content, **bare)
    with opened(swarm.qbittorrent) as client:
        until(lambda: client.statuses([torrent.hash])[torrent.hash].files, "its files")
        found = client.statuses([torrent.hash])[torrent.hash]
    assert (found.path, found.files) == (tmp_path, (tmp_path / "01.mp3", tmp_path / "extras/02.mp3"))
