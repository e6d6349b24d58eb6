"""Whether a release is the book: by names as indexers give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.requests.authors import authors_of
from tasks.requests.ranking import ENOUGH_MATCH
from tasks.requests.title_match import Book, match, required_part
from tasks.requests.words import dice, read


def table(name):
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


NAMES = table("release_names.tsv")
AUTHORS = table("books.tsv")
#: How uploaders write a book's name.
PATTERNS = (
    "{author} - {title}",
    "{author} - {title} [M4B]",
    "{author} - {title} (Unabridged) [MP3] [64 Kbps]",
    "{author} - {title} (2019)",
    "{author} - {title} 2019 MP3 128kbps",
    "{author} – {title}",
    "{author}: {title}",
    "{author} {title}",
    "{title} by {author} [ENG / M4B]",
    "{title} by {author} [ENG / MP3] [VIP]",
    "{title} - {author} [M4B] [128 Kbps]",
    "{title} (Audiobook) - {author}",
    "{title} {author} Unabridged Audiobook",
    "{title}, read by Someone Else, {author}",
    "[Audiobook] {author} - {title} [Someone Else]",
    "{dotted_author}.-.{dotted_title}.-.Audiobook.MP3",
    "{dotted_author}.{dotted_title}.2019.UNABRIDGED.AUDiOBOOK-CREW",
    "{author} - A Series 03 - {title}",
    "{author} - A Series #3 - {title} [M4A]",
    "{title} (A Series, Book 3) by {author}",
    "{title}: A Series, Book 3 by {author} (Unabridged)",
    "{last}, {first} - {title} [FLAC]",
    "{lower_author} - {lower_title} (mp3)",
    "{upper_author} - {upper_title}",
)
BOOKS = (
    ("Quiet Harbor", "Jane Doe"),
    ("The Name of the Wind", "Patrick Rothfuss"),
    ("Half a King", "Joe Abercrombie"),
    ("1Q84", "Haruki Murakami"),
    ("Ender's Game", "Orson Scott Card"),
    ("Life, the Universe and Everything", "Douglas Adams"),
    ("The Tragedy of Liberation", "Frank Dikötter"),
    ("Slaughterhouse-Five", "Kurt Vonnegut"),
    ("I, Robot", "Isaac Asimov"),
    ("Guns, Germs, and Steel", "Jared Diamond"),
)


def named(pattern: str, title: str, author: str) -> str:
    first, _, last = author.rpartition(" ")
    return pattern.format(
        title=title,
        author=author,
        first=first,
        last=last,
        dotted_title=title.replace(" ", ".").replace("'", ""),
        dotted_author=author.replace(" ", "."),
        lower_title=title.lower(),
        lower_author=author.lower(),
        upper_title=title.upper(),
        upper_author=author.upper(),
    )


@pytest.mark.parametrize(("title", "author", "part", "release", "verdict"), NAMES)
def test_a_name_as_it_is_found(title, author, part, release, verdict):
    points = match(Book(title, author, series_part=part or None), release)
    low, high = {"book": (54, 60), "loose": (30, 54), "longer": (1, ENOUGH_MATCH - 1), "none": (0, 0)}[verdict]
    assert low <= points <= high


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_book_is_known_however_its_name_is_written(pattern):
    for title, author in BOOKS:
        assert match(Book(title, author, series_part="3"), named(pattern, title, author)) >= 54, (title, author)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_book_is_taken_for_another(pattern):
    for title, author in BOOKS:
        for other, its_author in BOOKS:
            if other != title:
                release = named(pattern, other, its_author)
                assert match(Book(title, author), release, require_author=False) < ENOUGH_MATCH, release


@pytest.mark.parametrize("pattern", PATTERNS[::4])
def test_no_book_is_taken_for_another_of_its_authors(pattern):
    for author, *titles in AUTHORS:
        for other in titles:
            release = named(pattern, other, author)
            assert [each for each in titles if match(Book(each, author), release) >= ENOUGH_MATCH] == [other]


@pytest.mark.parametrize(
    ("names", "authors"),
    [
        ("Jane Doe", ("jane doe",)),
        ("Jane Doe, John Roe", ("jane doe", "john roe")),
        ("Jane Doe & John Roe and Max Mustermann", ("jane doe", "john roe", "max mustermann")),
        ("Jane Doe - translator", ("jane doe",)),
        ("Jane Doe, John Roe (narrator)", ("jane doe", "john roe")),
        ("Jane Doe, Jr", ("jane doe",)),
        ("J.R.R. Tolkien", ("j r r tolkien",)),
        ("Anderson Sandy", ("anderson sandy",)),
        ("Émile Zola", ("emile zola",)),
        ("", ()),
    ],
)
def test_people_in_a_line_of_authors(names, authors):
    assert authors_of(names) == authors


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("Quiet Harbor", "Quiet Harbor"),
        ("Quiet Harbor (Unabridged) [2nd] {x}", "Quiet Harbor"),
        ("Quiet Harbor: A Novel", "Quiet Harbor"),
        ("Re:Zero", "Re:Zero"),
        (": Harbor", ": Harbor"),
        ("(Un)", "(Un)"),
    ],
)
def test_the_part_of_a_title_that_must_be_there(title, part):
    assert " ".join(required_part(title).split()) == part


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("JaneDoe-QuietHarbor", "jane doe quiet harbor"),
        ("Quiet_Harbor.mp3", "quiet harbor mp3"),
        ("Straße nach Český Krumlov", "strasse nach cesky krumlov"),
        ("Cafe\u0301 Smørrebrød", "cafe smorrebrod"),
        ("Ender's Ender’s", "enders enders"),
        ("ﬁne １２", "fine 12"),
    ],
)
def test_texts_are_read_as_plain_words(raw, words):
    assert read(raw).plain == words


def test_words_know_where_they_are():
    text = read("Jane Doe - Quiet Harbor [M4B]")
    start = next(text.find(("quiet", "harbor")))
    assert (text.before(start), text.after(start + 1)) == ("Jane Doe - ", " [M4B]")


def test_four_fifths_of_the_words_are_enough():
    book = Book("One Two Three Four Five", "Jane Doe")
    assert match(book, "Jane Doe - One Two Three Four") > 0
    assert match(book, "Jane Doe - One Two Three") == 0


def test_a_title_of_stop_words_only_is_matched_nevertheless():
    assert match(Book("On the By", "Jane Doe"), "Jane Doe - On the By") == 60


def test_stop_words_are_the_languages():
    for language in ("de", "de-DE", "German"):
        assert match(Book("Der Fall und der Sturz", "Jane Doe", language=language), "Jane Doe - Fall Sturz") > 0
    assert match(Book("Der Fall und der Sturz", "Jane Doe"), "Jane Doe - Fall Sturz") == 0


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=120))
def test_no_name_is_too_strange(title, author, release):
    assert 0 <= match(Book(title, author, series_part=author[:3]), release) <= 60.0001


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_goes_both_ways(one, other):
    assert dice(one, other) == dice(other, one)
    assert 0 <= dice(one, other) <= 1
