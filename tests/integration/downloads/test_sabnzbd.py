"""SABnzbd, as its wiki says that it answers: it is in no package that could be installed for tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.types import MISSING, DownloadNotFoundError, Grab
from tasks.errors import PermanentError
from tasks.requests.path_mapping import PathMapping
from tests.stubs.sabnzbd import KEY, SABnzbdStub, running_sabnzbd

NZB = b'<?xml version="1.0"?><nzb xmlns="http://www.newzbin.com/DTD/2003/nzb"></nzb>'
GRAB = Grab("The Quiet: Harbor", NZB, category="darkroom")


@pytest.fixture
def sabnzbd() -> Iterator[SABnzbdStub]:
    with running_sabnzbd() as stub:
        yield stub


def test_a_book_goes_through_queue_and_history_to_its_folder_on_this_machine(sabnzbd):
    settings = replace(sabnzbd.settings, mappings=(PathMapping("/config/complete", "/mnt/usenet"),))
    with opened(settings) as client:
        id = client.add(GRAB)
        assert sabnzbd.uploads == [("The Quiet Harbor.nzb", NZB)]
        sabnzbd.queue[0] |= {"status": "Downloading", "mbleft": "50.0", "timeleft": "1:02:03"}
        going = client.statuses([id, "SABnzbd_nzo_none"])
        assert going["SABnzbd_nzo_none"] == MISSING
        assert (going[id].state, going[id].progress, going[id].eta) == ("downloading", 0.75, 3723)
        assert (going[id].size, going[id].downloaded, going[id].speed) == (200 << 20, 150 << 20, 1 << 20)
        sabnzbd.finish("Extracting")
        assert (client.statuses([id])[id].state, client.statuses([id])[id].finished) == ("downloading", False)
        sabnzbd.history[0] |= {"status": "Completed"}
        assert not client.statuses([id])[id].finished
        sabnzbd.history[0] |= {"storage": "/config/complete/darkroom/The Quiet Harbor"}
        done = client.statuses([id])[id]
    assert (done.state, done.finished, done.category) == ("completed", True, "darkroom")
    assert done.path == Path("/mnt/usenet/darkroom/The Quiet Harbor")


def test_adding_a_release_twice_is_once_unless_it_failed(sabnzbd):
    with opened(sabnzbd.settings) as client:
        id = client.add(GRAB)
        assert client.add(GRAB) == id
        sabnzbd.finish("Failed", fail_message="Aborted, cannot be completed")
        failed = client.statuses([id])[id]
        assert (failed.state, failed.path) == ("error", None)
        assert failed.error == "SABnzbd could not finish this download: Aborted, cannot be completed"
        assert client.add(GRAB) != id


def test_a_removed_download_is_missing_and_an_unknown_one_has_no_category(sabnzbd):
    with opened(sabnzbd.settings) as client:
        id = client.add(GRAB)
        client.set_category(id, "imported")
        assert client.statuses([id])[id].category == "imported"
        client.remove(id, delete_files=True)
        assert client.statuses([id])[id] == MISSING
        with pytest.raises(DownloadNotFoundError):
            client.set_category(id, "imported")


def test_a_queue_that_a_full_disk_holds_says_so(sabnzbd):
    with opened(sabnzbd.settings) as client:
        id = client.add(GRAB)
        sabnzbd.whole |= {"paused": True, "diskspace1": "0.01"}
        held = client.statuses([id])[id]
    assert held.state == "paused"
    assert held.error == "The disk of SABnzbd is full. Make room there, then resume its downloads."


def test_a_wrong_key_is_said_and_the_right_one_is_in_no_address(sabnzbd):
    with opened(sabnzbd.settings) as client:
        assert client.test() == "4.3.2"
    with opened(replace(sabnzbd.settings, password="hunter2")) as client, pytest.raises(PermanentError) as refused:
        client.test()
    assert "Copy it anew" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert not any(KEY in address or "hunter2" in address for address in sabnzbd.addresses)
