from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops_api.words import TAIL, counted, cut, duration, exact, first_line, number, relative, shown

NOW = datetime(2026, 3, 1, 14, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
        (86400 * 3 + 4 * 3600, "3 d 4 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-4, "just now"),
        (-40, "40 s ago"),
        (40, "in 40 s"),
        (-185, "3 min ago"),
        (3600 * 5, "in 5 h"),
        (-86400 * 9, "9 d ago"),
    ],
)
def test_a_moment_is_said_as_seen_from_now(seconds, words):
    assert relative(NOW + timedelta(seconds=seconds), NOW) == words


def test_an_exact_moment_names_its_zone():
    assert exact(NOW).startswith("2026-03-0")
    assert exact(NOW).split()[-1] == NOW.astimezone().tzname()


def test_numbers_have_separators_and_nouns_agree():
    assert number(1234567) == "1,234,567"
    assert [counted(n, "job") for n in (0, 1, 1200)] == ["0 jobs", "1 job", "1,200 jobs"]


@pytest.mark.parametrize(
    "text", ["", "short.mkv", "x" * TAIL, "/a/" + "b" * 200, "/media/" + "deep/" * 40 + "film.mkv"]
)
def test_a_cut_path_loses_nothing_and_keeps_its_end_short(text):
    head, tail = cut(text)
    assert head + tail == text
    assert len(tail) <= TAIL


def test_a_file_name_that_fits_stays_whole_behind_the_cut():
    assert cut("/media/videos/a long folder name/film.mkv") == ("/media/videos/a long folder name", "/film.mkv")


def test_a_hostile_name_is_shown_on_one_line():
    assert "\n" not in shown("a\nb\x1b[31m\u202ec")


def test_the_first_line_that_says_something_is_found():
    assert first_line("\n\n  moov atom not found \nmore") == "moov atom not found"
    assert first_line(None) == ""
