from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.identify.proposal import Proposal
from tasks.identify.scene import Scene


def test_names_are_trimmed_and_each_is_there_once_without_regard_to_case():
    said = Proposal(
        performers=["  Ada  Lovelace ", "ada lovelace", "Bob"], tags=["Night", "NIGHT"], studio=" Ö\tFilms "
    )
    assert said.performers == ["Ada Lovelace", "Bob"]
    assert said.tags == ["Night"]
    assert said.studio == "Ö Films"


def test_what_would_break_a_line_or_the_database_is_gone():
    said = Proposal(title="a\x00b\u202ec", details="one\r\ntwo\x00\x1b[31m")
    assert (said.title, said.details) == ("a b c", "one\ntwo[31m")


def test_only_what_is_said_is_proposed():
    assert Proposal(title="A", date="2020-02-29").said() == {"title": "A", "date": "2020-02-29"}
    assert Proposal().said() == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"title": "a" * 501},
        {"date": "2020-02-30"},
        {"urls": ["javascript:alert(1)"]},
        {"urls": ["https://user:secret@example.org/"]},
        {"image": "file:///etc/passwd"},
        {"image": "https://"},
        {"tags": [""]},
        {"performers": ["a"] * 201},
        {"rating": 5},
    ],
)
def test_what_is_beyond_the_bounds_is_refused(wrong):
    with pytest.raises(ValidationError):
        Proposal(**wrong)


def test_a_scene_proposes_its_whole_dates_its_usable_links_and_its_widest_picture():
    scene = Scene.model_validate(
        {
            "id": "x",
            "title": " A  film ",
            "date": "2019-03",
            "urls": [{"url": "https://example.org/a"}, {"url": "javascript:alert(1)"}],
            "performers": [{"performer": {"name": "Ada"}}, {"performer": {"name": " "}}],
            "images": [
                {"url": "https://example.org/tall.jpg", "width": 400, "height": 600},
                {"url": "https://example.org/wide.jpg", "width": 600, "height": 400},
            ],
            "director": "somebody",
        }
    )
    assert scene.proposal().said() == {
        "title": "A film",
        "urls": ["https://example.org/a"],
        "performers": ["Ada"],
        "image": "https://example.org/wide.jpg",
    }
    assert Scene(id="x", date="2019-03-01").proposal().said() == {"date": "2019-03-01"}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"id": ANYTHING},
        optional=dict.fromkeys(("title", "date", "urls", "images", "studio", "tags", "fingerprints"), ANYTHING),
    )
)
def test_no_scene_does_more_harm_than_to_be_refused(said):
    try:
        proposal = Scene.model_validate(said).proposal()
    except ValidationError:
        return
    assert "\x00" not in proposal.model_dump_json()
