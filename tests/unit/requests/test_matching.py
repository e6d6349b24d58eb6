"""The matcher: what is one book in two lists, and what only looks like it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.requests.matching import Wanted, match, points

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "listed.tsv").read_text().splitlines()
    if line and not line.startswith("#")
]


@dataclass(frozen=True)
class Item:
    title: str
    author: str | None = None
    asin: str | None = None
    isbn: str | None = None


def found(wanted, listed, taken=None):
    return [(each.wanted, each.item.title, each.how) for each in match(wanted, listed, taken)]


HARBOR = Wanted(title="Quiet Harbor", author="Jane Doe", narrator="Ann Reader", asin="B002V1OF70", isbn="0553293354")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[2]} = {row[3]} by {row[4]}")
def test_titles_as_people_ask_for_them_and_libraries_list_them(row):
    title, author, part, listed, by, verdict = row
    language = "de" if title.startswith("Der ") else "en"
    wanted = Wanted(title=title, author=author, series_part=part or None, language=language)
    assert bool(match([wanted], [Item(listed, by or None)])) is (verdict == "yes")


def test_an_asin_says_it_all_whatever_the_title_and_its_case():
    assert found([HARBOR], [Item("Quiet Harbor", "Jane Doe"), Item("Stiller Hafen", "?", "b002v1of70")]) == [
        (0, "Stiller Hafen", "asin")
    ]


@pytest.mark.parametrize("isbn", ["0-553-29335-4", "978-0-553-29335-7", "9780553293357"])
def test_an_isbn_is_known_with_ten_digits_or_thirteen(isbn):
    assert found([HARBOR], [Item("Stiller Hafen", "?", isbn=isbn)]) == [(0, "Stiller Hafen", "isbn")]


@pytest.mark.parametrize("empty", ["", " ", None])
def test_numbers_that_are_empty_match_nothing(empty):
    wanted = Wanted(title="Quiet Harbor", author="Jane Doe", asin=empty, isbn=empty)
    assert found([wanted], [Item("Something Else", "John Roe", empty, empty)]) == []


def test_another_asin_is_another_book_however_alike():
    assert found([HARBOR], [Item("Quiet Harbor", "Jane Doe", "B000000001")]) == []


def test_of_the_same_book_in_two_editions_either_will_do():
    assert len(found([HARBOR], [Item("Quiet Harbor (Unabridged)", "Jane Doe"), Item("Quiet Harbor", "Jane Doe")])) == 1


def test_where_two_books_fit_as_well_neither_is_taken():
    halo = Wanted(title="Halo", author="Eric Nylund")
    reach, strike = Item("Halo: The Fall of Reach", "Eric Nylund"), Item("Halo: First Strike", "Eric Nylund")
    assert found([halo], [reach, strike]) == []


def test_an_item_is_one_books_and_goes_to_the_surest_then_to_the_oldest():
    unsure, sure = Wanted(title="Color Harbor", author="Jane Doe"), Wanted(title="Colour Harbor", author="Jane Doe")
    item = Item("Colour Harbor", "Jane Doe")
    assert found([unsure, sure], [item]) == [(1, "Colour Harbor", "title")]
    assert found([sure, sure], [item]) == [(0, "Colour Harbor", "title")]
    assert found([unsure, sure], [item, item]) == [(0, "Colour Harbor", "title"), (1, "Colour Harbor", "title")]


def test_what_is_another_books_already_is_left_to_it():
    mine, other = Wanted(title="Quiet Harbor", author="Jane Doe", book=1), 2
    item = Item("Quiet Harbor", "Jane Doe")
    assert found([mine], [item], {0: other}) == []
    assert found([mine], [item], {0: 1}) == [(0, "Quiet Harbor", "title")]


def test_a_narrator_in_the_authors_place_is_known_and_an_author_that_is_not_said_is_no_obstacle():
    assert points(HARBOR, Item("Quiet Harbor", "Ann Reader")) >= 70
    assert points(HARBOR, Item("Quiet Harbor")) == 85
    assert points(HARBOR, Item("Quiet Harbor", "John Roe")) == 0


ODD = ("", " ", "!!!", "%", "_", "(Unabridged)", ":", "\x00", "🎧", "#", "Book 1", "x" * 5000)


@pytest.mark.parametrize("title", ODD)
def test_odd_titles_match_themselves_at_most(title):
    wanted = [Wanted(title=title, author="Jane Doe"), HARBOR]
    assert all(each.wanted == 0 for each in match(wanted, [Item(title, "Jane Doe")]))


def test_nothing_wanted_or_nothing_listed_is_nothing_found():
    assert match([], [Item("Quiet Harbor", "Jane Doe")]) == match([HARBOR], []) == match([], []) == []
