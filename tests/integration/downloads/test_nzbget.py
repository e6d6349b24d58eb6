"""NZBGet itself, with articles from a real news server."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace

import pytest

from tasks.clients.downloads.connect import opened
from tasks.clients.downloads.types import MISSING, DownloadNotFoundError, Grab
from tasks.errors import PermanentError, TransientError
from tests.peers.processes import free_port
from tests.peers.usenet import NewsServer
from tests.waiting import until


def test_a_posted_book_is_downloaded_whole_under_its_category_and_adding_it_again_is_once(news: NewsServer):
    book = random.Random(1).randbytes(400_000)
    nzb = news.post("quiet-harbor.m4b", book)
    with opened(news.nzbget) as client:
        id = client.add(Grab("The Quiet: Harbor / Jane Doe", gzip.compress(nzb), category="darkroom"))
        until(lambda: client.statuses([id])[id].finished, "the download")
        done = client.statuses([id, "4711"])
        assert client.add(Grab("Another name", nzb)) == id
    assert done["4711"] == MISSING
    assert (done[id].state, done[id].progress, done[id].category) == ("completed", 1.0, "darkroom")
    assert done[id].path == news.folder / "main/done/darkroom/The Quiet Harbor Jane Doe"
    assert (done[id].path / "quiet-harbor.m4b").read_bytes() == book
    with opened(news.nzbget) as client:
        client.set_category(id, "imported")
        assert client.statuses([id])[id].category == "imported"
        client.remove(id, delete_files=True)
        assert client.statuses([id])[id] == MISSING
        client.remove(id, delete_files=True)
        with pytest.raises(DownloadNotFoundError):
            client.set_category(id, "imported")


def test_a_book_whose_articles_are_gone_is_an_error_that_says_so_and_may_be_tried_again(news: NewsServer):
    nzb = news.post("gone.m4b", random.Random(2).randbytes(200_000)).replace(b"gone.m4b?", b"never-there.m4b?")
    with opened(news.nzbget) as client:
        id = client.add(Grab("Gone", nzb))
        until(lambda: client.statuses([id])[id].state == "error", "the failure")
        failed = client.statuses([id])[id]
        assert failed.error == "NZBGet could not finish this download: too many of its articles are missing."
        assert client.add(Grab("Gone", nzb)) != id


def test_the_version_is_known_and_a_wrong_password_said_but_never_repeated(news: NewsServer):
    with opened(news.nzbget) as client:
        assert client.test()[0].isdigit()
    with opened(replace(news.nzbget, password="hunter2")) as client, pytest.raises(PermanentError) as refused:
        client.test()
    assert "password" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    with opened(replace(news.nzbget, url=f"http://127.0.0.1:{free_port()}")) as client, pytest.raises(TransientError):
        client.test()


@pytest.mark.parametrize(
    "content", [b"<html>Log in first</html>", b"", gzip.compress(b"x", mtime=0), b"\x1f\x8bnonsense"]
)
def test_a_file_that_is_no_nzb_is_refused_before_the_client_sees_it(content, news: NewsServer):
    nobody = replace(news.nzbget, url="http://127.0.0.1:9")
    with opened(nobody) as client, pytest.raises(PermanentError, match="no NZB"):
        client.add(Grab("Broken", content))
