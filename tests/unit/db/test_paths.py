from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db import paths

names = st.binary(min_size=1, max_size=60).map(lambda raw: raw.replace(b"\0", b"x"))


@given(names)
@example(b"/films/caf\xe9.mkv")
@example("/films/\U0010ff80\U0010ffff.mkv".encode())
@example(b"\xf4\x8f\xbe\x80")
def test_every_path_comes_back_as_it_was(raw: bytes) -> None:
    spelled = paths.to_text(raw)
    spelled.encode()  # PostgreSQL takes it
    assert os.fsencode(paths.to_native(spelled)) == raw


@given(names, names)
def test_two_paths_are_never_spelled_alike(one: bytes, other: bytes) -> None:
    assert (paths.to_text(one) == paths.to_text(other)) == (one == other)


def test_utf8_is_stored_as_it_reads() -> None:
    assert paths.to_text("/films/Amélie\n.mkv") == "/films/Amélie\n.mkv"
    assert paths.to_path("/films/Amélie.mkv") == Path("/films/Amélie.mkv")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"/films/plain.mkv", "/films/plain.mkv"),
        (b"/films/caf\xe9.mkv", "/films/caf�.mkv"),
        (b"/films/two\nlines.mkv", "/films/two␊lines.mkv"),
        ("/films/\u202egpj.mkv".encode(), "/films/�gpj.mkv"),
    ],
)
def test_a_path_is_shown_on_one_line(raw: bytes, shown: str) -> None:
    assert paths.display(paths.to_text(raw)) == shown
    assert paths.display(shown) == shown
