from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.requests.organize.found import Part
from tasks.requests.organize.kinds import Book
from tasks.requests.organize.naming import VARIABLES, check, file_names, folders
from tasks.requests.organize.order import by_folders

DEFAULT = "{author}/{title} [{asin}]"


def book(title="Quiet Harbor", author="Jane Doe", **more):
    return Book(title=title, author=author, **more)


def parts(*names):
    found = [Part(Path("/dl", name), PurePath(name), 1) for name in names]
    return sorted(found, key=lambda part: by_folders(part.relative))


@pytest.mark.parametrize(
    ("template", "more", "expected"),
    [
        (DEFAULT, {"asin": "B002V1OF70"}, "Jane Doe/Quiet Harbor [B002V1OF70]"),
        (DEFAULT, {}, "Jane Doe/Quiet Harbor"),
        ("{author}/{series}/{title}", {}, "Jane Doe/Quiet Harbor"),
        ("{author}/{series}/{title}", {"series": "Tides"}, "Jane Doe/Tides/Quiet Harbor"),
        ("{author}/{series_part} - {title} ({year})", {"year": 2020}, "Jane Doe/Quiet Harbor (2020)"),
        ("{title} - {narrator}", {}, "Quiet Harbor"),
        ("/{author}/{title}/", {}, "Jane Doe/Quiet Harbor"),
    ],
)
def test_a_template_names_what_is_known_and_leaves_no_holes(template, more, expected):
    assert "/".join(folders(template, book(**more))) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Harbor: A Novel", "Harbor - A Novel"),
        ("AC/DC", "AC-DC"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("...And Then?", "And Then"),
        ("a\x00b\u202ecod.exe\nc", "abcod.exe c"),
        ("CON", "_CON"),
        ("???", "Unknown"),
        ("{author}", "{author}"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_whatever_a_title_is_its_folder_has_a_name_that_every_disk_takes(title, expected):
    assert folders("{title}", book(title)) == (expected,)


def test_a_long_title_is_shortened_and_the_number_that_servers_look_for_stays():
    (_, folder) = folders(DEFAULT, book("Ü" * 300, asin="B002V1OF70"))
    assert folder.endswith("Ü [B002V1OF70]")
    assert 240 < len(folder.encode()) <= 255


@given(st.text(min_size=1), st.text(min_size=1), st.text())
def test_no_words_lead_out_of_the_library_or_make_a_name_that_is_none(title, author, narrator):
    made = folders("{author}/{narrator}/{title} [{asin}]", book(title, author, narrator=narrator))
    for name in made:
        assert 0 < len(name.encode()) <= 255
        assert not {"/", "\\", "\x00"} & set(name)
        assert not name.startswith(".")
        assert name == name.strip(" .")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{author}/{titel}", "no {titel}"),
        ("{author}", "must name {title}"),
        ("{author}/../{title}", "each folder needs a name"),
        ("{author}//{title}", "each folder needs a name"),
        ("{title", "a brace stands alone"),
        ("", "must name {title}"),
    ],
)
def test_a_template_that_is_none_is_refused_with_a_reason(template, words):
    with pytest.raises(ValueError, match=words.replace("{", r"\{").replace("}", r"\}")):
        check(template)


def test_every_name_that_a_template_may_use_is_one_that_books_have():
    check("/".join(f"{{{name}}}" for name in VARIABLES))
    assert len(folders("/".join(f"{{{name}}}" for name in VARIABLES), book())) == 2


def test_discs_come_in_the_order_of_their_numbers_and_say_so_in_the_names():
    found = parts("CD10/1.mp3", "CD2/10.mp3", "CD2/9.mp3", "intro.mp3")
    assert file_names(found) == ["intro.mp3", "CD02 - 9.mp3", "CD02 - 10.mp3", "CD10 - 1.mp3"]


def test_files_of_one_folder_keep_their_names_and_no_two_get_the_same_one():
    assert file_names(parts("Book/10.mp3", "Book/9.MP3", "Book/a?.mp3", "Book/A.mp3")) == [
        "9.mp3",
        "10.mp3",
        "A.mp3",
        "a (2).mp3",
    ]


def test_a_book_named_as_a_video_is_named_as_a_book():
    assert file_names(parts("Book.mp4")) == ["Book.m4b"]


def test_a_long_file_name_keeps_its_extension():
    (name,) = file_names(parts("x" * 251 + ".mp3"))
    assert name.endswith("x.mp3")
    assert len(name) < 255
