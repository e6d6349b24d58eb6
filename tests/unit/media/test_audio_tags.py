from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tasks.media.audio.tags import understood

SONG, BOOK = Path("song.mp3"), Path("Book.M4B")


@pytest.mark.parametrize(
    ("number", "total", "meaning"),
    [
        ("3", None, (3, None)),
        ("03/12", None, (3, 12)),
        ("3 of 12", None, (3, 12)),
        ("3", "12", (3, 12)),
        ("3/0", "12", (3, 12)),
        ("0/0", None, (None, None)),
        ("A3", None, (None, None)),
        ("1234567", None, (None, None)),
        (None, "12", (None, 12)),
    ],
)
def test_a_number_may_say_of_how_many_it_is(number, total, meaning):
    texts = {name: [text] for name, text in (("track", number), ("tracks", total)) if text}
    tags = understood(texts, SONG)
    assert (tags.track, tags.tracks) == meaning


@pytest.mark.parametrize(
    ("text", "year", "released"),
    [
        ("2019", 2019, None),
        ("2019-04-05", 2019, date(2019, 4, 5)),
        ("2019-04-05T07:00:00Z", 2019, date(2019, 4, 5)),
        ("2019-13-40", 2019, None),
        ("05.04.2019", 2019, None),
        ("20190405", 2019, date(2019, 4, 5)),
        ("120190405", None, None),
        ("0000", None, None),
    ],
)
def test_a_year_is_found_in_any_date_and_a_day_only_in_a_whole_one(text, year, released):
    tags = understood({"date": [text]}, SONG)
    assert (tags.year, tags.released) == (year, released)


@pytest.mark.parametrize(
    ("texts", "path", "narrators"),
    [
        ({}, SONG, ()),
        ({"genres": ["Rock"]}, SONG, ()),
        ({"genres": ["Fantasy; Audiobook"]}, SONG, ("Composer",)),
        ({"genres": ["Spoken & Audio"]}, SONG, ("Composer",)),
        ({"genres": ["Hörbuch"]}, SONG, ("Composer",)),
        ({"asin": ["B07J2HVKPH"]}, SONG, ("Composer",)),
        ({}, BOOK, ("Composer",)),
        ({"narrators": ["Reader"]}, BOOK, ("Reader",)),
        ({"narrators": ["Reader"]}, SONG, ("Reader",)),
    ],
)
def test_only_of_a_book_is_the_composer_the_narrator(texts, path, narrators):
    assert understood({"composers": ["Composer"], **texts}, path).narrators == narrators


def test_names_are_told_apart_by_semicolons_alone_and_each_is_kept_once_as_it_is_first_written():
    tags = understood({"artists": ["Le Guin, Ursula; AC/DC ;", "ac/dc", "Bo"]}, SONG)
    assert tags.artists == ("Le Guin, Ursula", "AC/DC", "Bo")


def test_no_text_is_longer_than_what_can_be_stored():
    tags = understood({"title": ["A\n" * 5000], "genres": ["x" * 5000], "comment": ["c" * 50_000]}, SONG)
    assert (len(tags.title), len(tags.genres[0]), len(tags.comment)) == (499, 200, 20_000)
