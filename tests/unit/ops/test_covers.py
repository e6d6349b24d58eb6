from __future__ import annotations

import pytest

from darkroom.settings import settings
from db.requests import Book
from ops_api import covers
from ops_api.covers import Covers

PNG = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture
def fetch(monkeypatch, tmp_path):
    """Lets these bodies be found elsewhere, in order; returns how often somebody looked there."""
    monkeypatch.setattr(settings(), "cache_dir", tmp_path / "cache")

    def fetch(*bodies):
        asked, left = [], iter(bodies)

        def fetched(url):
            asked.append(url)
            return next(left)

        monkeypatch.setattr(covers, "_fetched", fetched)
        return asked

    return fetch


def book(**more):
    return Book(id=1, title="Dune", author="Frank Herbert", cover_url="https://covers.example/dune", **more)


def test_a_picture_is_fetched_once_whoever_asks(fetch):
    asked = fetch(PNG)
    for known in (Covers(), Covers()):
        path, kind = known.find(book())
        assert (path.read_bytes(), kind) == (PNG, "image/png")
    assert asked == ["https://covers.example/dune"]


@pytest.mark.parametrize("body", [b"<svg onload='x'>", b"<html>", b"", b"RIFF0000WAVE"])
def test_what_is_no_picture_is_neither_kept_nor_asked_for_again_soon(fetch, tmp_path, body):
    asked, known = fetch(body, PNG), Covers()
    assert known.find(book()) is None
    assert known.find(book()) is None
    assert len(asked) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_cover_beside_the_files_comes_first(fetch, tmp_path):
    asked = fetch()
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    assert Covers().find(book(folder=str(tmp_path))) == (tmp_path / "cover.jpg", "image/jpeg")
    assert asked == []
