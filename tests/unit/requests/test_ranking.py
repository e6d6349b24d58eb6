"""What a release's points are made of, and which one is taken."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.requests.ranking import Preference, format_points, qualifying, rank, score
from tasks.requests.title_match import Book
from tests.unit.requests.test_title_match import NAMES

BOOK = Book("Quiet Harbor", "Jane Doe", 300)
NEUTRAL = Preference(priority=0)


def test_the_worked_example(release):
    points = score(BOOK, release(), Preference(priority=10))
    assert (points.match, points.size, points.format) == (60, 15, 10)
    assert points.seeders == pytest.approx(6.25, abs=0.005)
    assert points.base == pytest.approx(91.25, abs=0.005)
    assert points.bonuses["priority"] == pytest.approx(36.5, abs=0.005)
    assert points.final == pytest.approx(127.75, abs=0.005)
    assert points.notes == ("excellent", "excellent match", "high bitrate", "some seeders")
    assert points.said()["final"] == 127.75


@pytest.mark.parametrize(
    ("seeders", "points"), [(0, 0), (1, 1.81), (5, 4.67), (10, 6.25), (50, 10.25), (100, 12.03), (316, 15), (9999, 15)]
)
def test_seeders_count_less_the_more_there_are(release, seeders, points):
    assert score(BOOK, release(seeders=seeders), NEUTRAL).seeders == pytest.approx(points, abs=0.01)


def test_usenet_needs_no_seeders(release):
    points = score(BOOK, release(protocol="usenet", seeders=None), NEUTRAL)
    assert points.seeders == 15
    assert "seeders" not in " ".join(points.notes)


@pytest.mark.parametrize(
    ("mib", "minutes", "points"),
    [(300, 300, 15), (900, 300, 15), (150, 300, 7.5), (30, 300, 1.5), (300, None, 0), (300, 0, 0), (None, 300, 0)],
)
def test_size_counts_by_the_length_of_the_book(release, mib, minutes, points):
    size = None if mib is None else mib << 20
    assert score(Book("Quiet Harbor", "Jane Doe", minutes), release(size=size), NEUTRAL).size == points


@pytest.mark.parametrize(
    ("title", "points"),
    [
        ("A [M4B]", 10),
        ("A m4b 64kbps", 10),
        ("A [M4B] no chapters", 9),
        ("A (FLAC)", 7),
        ("A.m4a", 6),
        ("A MP3 320", 4),
        ("A [M4B/MP3]", 10),
        ("A [FLAC + MP3]", 4),
        ("A", 1),
    ],
)
def test_formats_are_worth(title, points):
    assert format_points(title) == points


def test_what_is_too_small_for_a_book_is_left_out_and_what_is_not_known_is_not(release):
    sizes = [(20 << 20) - 1, 20 << 20, None]
    kept = rank(BOOK, [release(size=size, guid=str(size)) for size in sizes])
    assert {each.release.size for each in kept} == {20 << 20, None}


def test_a_preferred_indexer_comes_first_and_an_unknown_one_has_priority_ten(release):
    ours, theirs = release(indexer_id=1, guid="ours", seeders=1), release(indexer_id=2, guid="theirs", seeders=400)
    first, second = rank(BOOK, [ours, theirs], {1: Preference(priority=25)})
    assert first.release is ours
    assert first.score.bonuses["priority"] == pytest.approx(first.score.base)
    assert second.score.bonuses["priority"] == pytest.approx(second.score.base * 0.4)


def test_flags_are_compared_without_regard_to_case_and_add_or_take_percent(release):
    rules = Preference(priority=0, flags={" freeleech ": 10, "Hit and Run": -50, "internal": 5})
    points = score(BOOK, release(flags=(" FreeLeech", "hit and run")), rules)
    assert points.bonuses["FreeLeech"] == pytest.approx(points.base * 0.1)
    assert points.bonuses["hit and run"] == pytest.approx(points.base * -0.5)
    assert "internal" not in points.bonuses


def test_what_a_bad_flag_brings_below_fifty_is_not_taken(release):
    preference = {1: Preference(priority=0, flags={"bad": -60})}
    ranked = rank(BOOK, [release(flags=("bad",))], preference)
    assert ranked[0].score.base > 50 > ranked[0].score.final
    assert qualifying(ranked) == []


def test_the_bonus_alone_does_not_bring_a_release_above_fifty(release):
    poor = release("Jane Doe - Quiet Harbor Lights and Other Stories From the Coast", seeders=0, size=25 << 20)
    (ranked,) = rank(BOOK, [poor], {1: Preference(priority=25)})
    assert ranked.score.base < 50 < ranked.score.final
    assert not ranked.score.qualifies


def test_a_perfect_match_is_taken_without_seeders_and_of_unknown_format(release):
    (ranked,) = qualifying(rank(BOOK, [release("Jane Doe - Quiet Harbor", seeders=0, size=None)]))
    assert ranked.score.base == 61


def test_another_book_of_the_author_is_not_taken_however_good_it_is(release):
    ranked = rank(Book("Dune", "Frank Herbert", 300), [release("Frank Herbert - Dune Messiah [M4B]", seeders=999)])
    assert ranked[0].score.base > 50
    assert qualifying(ranked) == []


def test_among_equals_the_newest_comes_first_and_one_without_a_date_last(release):
    dates = {"old": datetime(2001, 1, 1, tzinfo=UTC), "new": datetime(2024, 1, 1, tzinfo=UTC), "none": None}
    ranked = rank(BOOK, [release(guid=name, published=date) for name, date in dates.items()])
    assert [each.release.guid for each in ranked] == ["new", "old", "none"]


def test_all_are_ranked_before_a_hundred_are_kept(release):
    others = [release(f"Jane Doe - Quiet Harbor Nights {number}", guid=str(number)) for number in range(150)]
    ranked = rank(BOOK, [*others, release(guid="best")])
    assert len(ranked) == 100
    assert ranked[0].release.guid == "best"


def test_without_its_author_a_release_is_shown_but_not_chosen(release):
    nameless = release("Quiet Harbor [M4B]")
    assert rank(BOOK, [nameless])[0].score.match == 0
    shown = rank(BOOK, [nameless], require_author=False)[0].score.match
    assert 45 <= shown < 60


def test_among_the_names_of_many_books_each_request_takes_its_own(release):
    pool = [release(name, guid=str(number)) for number, (*_, name, _) in enumerate(NAMES)]
    books = sorted({tuple(row[:3]) for row in NAMES})[::5]
    for title, author, part in books:
        taken = {each.release.title for each in qualifying(rank(Book(title, author, series_part=part or None), pool))}
        own = {row[3] for row in NAMES if tuple(row[:2]) == (title, author)}
        good = {row[3] for row in NAMES if tuple(row[:3]) == (title, author, part) and row[4] == "book"}
        assert good <= taken <= own, (title, author)
