"""What torrent clients say, as Darkroom understands it: rows as their programs write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.clients.downloads import qbittorrent, transmission
from tasks.clients.downloads.types import ClientSettings

QBITTORRENT = qbittorrent.QBittorrent(ClientSettings("qbittorrent", "http://127.0.0.1:9"))
TRANSMISSION = transmission.Transmission(ClientSettings("transmission", "http://127.0.0.1:9"))


def qbittorrent_row(**changes):
    row = {"hash": "0" * 40, "name": "Book", "state": "uploading", "progress": 1, "size": 10, "completed": 10}
    return row | {"dlspeed": 0, "eta": 8640000, "ratio": 0.5, "seeding_time": 60, "save_path": "/done/"} | changes


def transmission_row(**changes):
    row = {"hashString": "0" * 40, "name": "Book", "status": 6, "error": 0, "errorString": "", "percentDone": 1}
    return row | {"leftUntilDone": 0, "metadataPercentComplete": 1, "downloadDir": "/done", "eta": -1} | changes


@pytest.mark.parametrize(
    ("where", "finished"),
    [
        ("/done/Book", True),
        ("/done", True),
        ("/done-unfinished/Book", False),
        ("/unfinished/Book", False),
        ("Book", False),
    ],
)
def test_a_book_is_finished_only_once_its_files_are_where_they_stay(where, finished, monkeypatch):
    monkeypatch.setattr(qbittorrent.QBittorrent, "_files", lambda *_: ())
    found = QBITTORRENT._status(qbittorrent_row(content_path=where))
    assert (found.state, found.finished) == ("seeding", finished)


def test_on_windows_slashes_and_letters_of_either_kind_name_the_same_folder():
    row = qbittorrent_row(content_path="d:\\Done\\Book", save_path="D:/done")
    assert QBITTORRENT._status(row).finished


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("metaDL", "downloading"),
        ("checkingUP", "downloading"),
        ("moving", "downloading"),
        ("stalledDL", "stalled"),
        ("queuedDL", "queued"),
        ("stoppedDL", "paused"),
        ("stoppedUP", "completed"),
        ("forcedUP", "seeding"),
        ("a state of a version to come", "downloading"),
    ],
)
def test_every_state_of_qbittorrent_has_one_of_ours(said, state):
    assert QBITTORRENT._status(qbittorrent_row(state=said, content_path="/done/Book")).state == state


def test_a_tracker_s_trouble_is_no_failure_of_transmission_s_and_lost_files_are():
    for error in (1, 2):
        found = TRANSMISSION._status(transmission_row(error=error, errorString="Tracker gave HTTP response code 503"))
        assert (found.state, found.error, found.path) == ("seeding", None, Path("/done/Book"))
    lost = TRANSMISSION._status(transmission_row(error=3, errorString="No data found!"))
    assert (lost.state, lost.finished) == ("error", False)
    assert lost.error == "Transmission stopped this download: No data found!"


def test_transmission_is_not_done_for_the_moment_in_which_it_says_both():
    assert not TRANSMISSION._status(transmission_row(status=4)).finished
    assert TRANSMISSION._status(transmission_row(status=0)).state == "completed"
    assert TRANSMISSION._status(transmission_row(status=0, leftUntilDone=5, percentDone=0.5)).state == "paused"


@pytest.mark.parametrize("client", [qbittorrent, transmission])
def test_a_full_disk_is_said_with_what_to_do(client):
    told = client.explained(
        'File error alert. Torrent: "Book". Reason: "Book file_write error: No space left on device"'
    )
    assert told.endswith("is full. Make room there, then resume the download.")
