from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import pytest

from tasks.library import info_json, metadata, nfo
from tasks.library.describe import metadata_beside
from tasks.library.metadata import NOTHING, Metadata

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<episodedetails>
  <title>Salt &amp; Wind</title><plot>Two&#10;lines.</plot><aired>2011-04-09</aired><rating>7.5</rating>
  <genre>Drama</genre><tag>sea</tag><genre>drama</genre>
  <actor><name>Ada Quist</name><role>Keeper</role></actor>
</episodedetails>"""
SAID = Metadata("Salt & Wind", "Two\nlines.", date(2011, 4, 9), 75, ("Drama", "sea"), ("Ada Quist",))


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        ("4.5", 90),
        (5, 100),
        (7.5, 75),
        ("10", 100),
        (64, 64),
        (100, 100),
        (0, 0),
        (12_345, None),
        (-1, None),
        ("nan", None),
        ("inf", None),
        ("good", None),
        (None, None),
    ],
)
def test_a_rating_becomes_a_percentage(value: object, percent: int | None) -> None:
    assert metadata.rating(value) == percent


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2011-04-09", date(2011, 4, 9)),
        ("2011-4-9T20:00:00Z", date(2011, 4, 9)),
        ("20110409", date(2011, 4, 9)),
        (20110409, date(2011, 4, 9)),
        ("2011-13-09", None),
        ("2011", None),
        ("soon", None),
    ],
)
def test_a_day_is_read(value: object, day: date | None) -> None:
    assert metadata.day(value) == day


def test_an_nfo_is_read() -> None:
    assert nfo.parse(WHOLE.encode()) == SAID


@pytest.mark.parametrize(
    "broken",
    [
        WHOLE + "\nhttps://example.org/tt123",
        WHOLE.replace("</episodedetails>", ""),
        WHOLE.replace("<plot>", "<b>bold<plot>"),
        WHOLE + WHOLE.replace("Salt", "Sugar"),
    ],
)
def test_an_nfo_that_is_no_xml_is_read_all_the_same(broken: str) -> None:
    assert nfo.parse(broken.encode()) == SAID


def test_nested_ratings_and_premieres_are_read() -> None:
    said = nfo.parse(
        b"<movie><title>T</title><premiered>1999-01-02</premiered><ratings>"
        b'<rating max="5"><value>1</value></rating><rating max="10" default="true"><value>4</value></rating>'
        b"</ratings></movie>"
    )
    assert (said.released, said.rating) == (date(1999, 1, 2), 40)


def test_entities_of_an_nfo_are_never_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    for doctype in (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', f'<!ENTITY l0 "ha">{bomb}<!ENTITY x "&l8;">'):
        said = nfo.parse(f"<!DOCTYPE m [{doctype}]><m><title>Title &x;</title></m>".encode())
        assert said == Metadata(title="Title &x;")


@pytest.mark.parametrize("content", [b"<title>" * 140_000, b"<title " * 140_000, b"<a>" * 140_000, b"", b"\0\xff\xfe"])
def test_a_hostile_nfo_costs_little_time(content: bytes) -> None:
    began = time.process_time()
    assert nfo.parse(content) == NOTHING
    assert time.process_time() - began < 5


def test_a_downloaders_json_is_read() -> None:
    keys = {
        "fulltitle": "Salt\u0000 &amp; Wind",
        "description": "About salt.",
        "upload_date": "20110409",
        "average_rating": 4.5,
        "tags": ["Sea", "sea", 7, None],
        "categories": ["Drama"],
        "genre": "Drama, Storm",
        "cast": [{"name": "Ada Quist"}, "Bo Lind"],
    }
    assert info_json.parse(json.dumps(keys).encode()) == Metadata(
        "Salt & Wind", "About salt.", date(2011, 4, 9), 90, ("Sea", "Drama", "Storm"), ("Ada Quist", "Bo Lind")
    )


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b"\xff", b'{"title": ' + b"9" * 5000 + b"}"])
def test_json_that_cannot_be_read_says_so(content: bytes) -> None:
    with pytest.raises(ValueError):
        info_json.parse(content)


def test_json_of_another_kind_says_nothing() -> None:
    assert info_json.parse(b"[1]") == NOTHING
    assert info_json.parse(b'{"title": ["x"], "tags": {}, "upload_date": {}}') == NOTHING
    info_json.parse(b'{"title": "\\ud800 lone"}').title.encode()  # type: ignore[union-attr]


def test_the_nfo_wins_and_the_json_fills_the_gaps(tmp_path: Path) -> None:
    (tmp_path / "a.nfo").write_text("<m><title>Ours</title><tag>sea</tag></m>")
    (tmp_path / "a.json").write_text('{"title": "Theirs", "description": "More.", "tags": ["Sea", "salt"]}')
    said = metadata_beside(str(tmp_path), str(tmp_path), "a.nfo", "a.json", fail)
    assert said == Metadata("Ours", "More.", tags=("sea", "salt"))


def test_a_sidecar_that_is_too_long_or_broken_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.nfo").write_bytes(b" " * (nfo.LIMIT + 1))
    (tmp_path / "a.json").write_text("{")
    refused: list[tuple[str, str]] = []
    said = metadata_beside(str(tmp_path), str(tmp_path), "a.nfo", "a.json", lambda *what: refused.append(what))
    assert said == NOTHING
    assert [Path(path).name for path, _ in refused] == ["a.nfo", "a.json"]
    assert "longer than 1,048,576 bytes" in refused[0][1]


def fail(path: str, reason: str) -> None:
    raise AssertionError(f"{path}: {reason}")
