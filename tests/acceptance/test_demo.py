"""The demonstration of requests, to its end: real Prefect, real download clients, a real indexer over HTTP."""

from __future__ import annotations

import re

import pytest

from tests.demo import requests as demo
from tests.peers.processes import need

STEPS = ["pending", "searching", "downloading", "downloading", "processing", "downloaded", "available"]


@pytest.mark.timeout(600)
def test_both_books_come_from_a_wish_to_the_shelf_and_the_story_is_told(monkeypatch, capsys):
    need(*demo.PROGRAMS)
    # as if somebody ran it beside his own
    monkeypatch.setattr(demo, "listens", lambda port: True)
    demo.main(once=True)
    told = capsys.readouterr().out
    for wish in (demo.HARBOR, demo.TIDE):
        assert re.findall(rf"  {wish.title} +([a-z]+) ", told) == STEPS
    assert "Jane Doe/Quiet Harbor [B002V1OF70]/01.flac" in told
    assert "Jane Doe/Quiet Harbor [B002V1OF70]/cover.jpg" in told
    assert "John Roe/Low Tide [B002V1OF71]/low-tide.flac" in told
