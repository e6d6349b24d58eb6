"""What rules select: the same that a naive reading of them selects, item by item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from db.collections import ENTITIES, FIELDS, matching, parse, preview
from tests.integration.collections.library import (
    CODECS,
    FORMATS,
    PERFORMERS,
    STUDIOS,
    TAGS,
    TITLES,
    random_library,
)
from tests.integration.collections.naive import ALL, HAVE, selects


@pytest.fixture(scope="module")
def conn(postgres_server, template_database):
    """One transaction in a database of its own, with a random library in it."""
    name = f"{template_database}_rules"
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as admin:
        admin.execute(text(f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    engine = create_engine(postgres_server.set(database=name))
    with engine.begin() as conn:
        yield conn
    engine.dispose()
    with server.connect() as admin:
        admin.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="module")
def library(conn):
    return random_library(conn)


TODAY = datetime.now(UTC).date()
NAMES = st.sampled_from([*TAGS, *PERFORMERS, *STUDIOS, "unknown", "nobody"])
PIECES = st.sampled_from([*TITLES, *CODECS, *FORMATS, "%", "_", "\\", "/", "é", "O", "00"])
DAYS = st.sampled_from(["1927-01-10", "2024-02-29", *(str(TODAY - timedelta(days=n)) for n in (0, 1, 3, 10))])
NUMBERS = st.sampled_from([0, 0.5, 1, 2, 2.5, 7, 30, 50, 50.5, 60, 64, 640, 1000, 1990, 5400.25, 64_000, 5e9, -1])
CHOICES = {"resolution": ["4k", "1080P", "720p", "480p"], "galleryType": ["folder", "Archive"]}


def swapped(texts):
    """Without regard to case."""
    return st.builds(lambda text, change: change(text), texts, st.sampled_from([str, str.lower, str.upper]))


def values(field):
    if field in CHOICES:
        return st.sampled_from(CHOICES[field])
    if field in {"tags", "performers", "studio"}:
        return swapped(NAMES)
    if field in {"title", "codec", "format", "artist", "album", "narrator"}:
        return swapped(PIECES)
    if field in {"date", "createdAt"}:
        return DAYS
    return st.integers(1, 5) if field == "videoSeriesId" else NUMBERS


def value(field, operator):
    if operator in {"is_null", "is_not_null", "is_true", "is_false"}:
        return st.none()
    if operator == "within_days":
        return st.integers(1, 500)
    if operator == "between":
        return st.lists(values(field), min_size=2, max_size=2).map(sorted)
    return st.lists(values(field), min_size=1, max_size=3) if operator in {"in", "not_in"} else values(field)


@st.composite
def conditions(draw):
    field = draw(st.sampled_from(sorted(FIELDS)))
    operator = draw(st.sampled_from(FIELDS[field].operators))
    types = draw(st.lists(st.sampled_from(sorted(HAVE.get(field, ALL))), min_size=field in HAVE, unique=True))
    return {
        "type": "condition",
        "entityTypes": types,
        "field": field,
        "operator": operator,
        "value": draw(value(field, operator)),
    }


def groups(children):
    return st.builds(
        lambda operator, children: {"type": "group", "operator": operator, "children": children},
        st.sampled_from(["and", "or", "not"]),
        st.lists(children, min_size=1, max_size=3),
    )


#: A condition without types is asked of all kinds: another that not all have would be refused beside it otherwise.
WIDE = {"type": "condition", "entityTypes": [], "field": "title", "operator": "not_equals", "value": "no such title"}


@settings(max_examples=120, deadline=None)
@given(st.recursive(conditions(), groups, max_leaves=8), st.booleans())
def test_rules_select_what_a_naive_reading_of_them_selects(conn, library, tree, wide):
    tree = {"type": "group", "operator": "and", "children": [WIDE, tree]} if wide else tree
    if not wide and any_vague(tree):
        tree = {"type": "group", "operator": "or", "children": [tree, WIDE]}
    rules, today = parse(tree), conn.scalar(text("SELECT current_date"))
    wanted = {
        kind: {item.id for item in items if selects(tree, kind, item, today)} for kind, items in library.items.items()
    }
    found = {name: set(conn.execute(matching(rules, entity)).scalars()) for name, entity in ENTITIES.items()}
    assert found == wanted
    assert {kind: total for kind, total in preview(conn, rules).totals.items() if total} == {
        kind: len(ids) for kind, ids in wanted.items() if ids
    }


def any_vague(node):
    if node["type"] == "group":
        return any(any_vague(child) for child in node["children"])
    return not node["entityTypes"]


def ask(conn, field, operator, value=None, types=("video",)):
    condition = {"type": "condition", "field": field, "operator": operator, "entityTypes": list(types), "value": value}
    return set(conn.execute(matching(parse(condition), ENTITIES["video"])).scalars())


def test_unknown_names_mean_nothing_and_not_everything_but_them(conn, library):
    videos = {item.id for item in library.items["video"] if not item.missing}
    for field in ("tags", "performers", "studio"):
        assert ask(conn, field, "in", ["no such name"]) == set()
        assert ask(conn, field, "not_in", ["no such name"]) == videos


def test_what_has_no_value_is_not_equal_to_anything(conn):
    unknown = ask(conn, "codec", "is_null")
    assert unknown
    assert unknown <= ask(conn, "codec", "not_equals", "hevc")
    assert unknown <= ask(conn, "codec", "not_in", ["hevc", "h264"])
    assert unknown <= ask(conn, "codec", "not_contains", "h")


def test_wildcards_of_sql_are_letters_like_others(conn, library):
    def titled(part):
        return {item.id for item in library.items["video"] if part in item.facts["title"] and not item.missing}

    assert ask(conn, "title", "contains", "%") == titled("%")
    assert ask(conn, "title", "contains", "_") == titled("_")
    assert ask(conn, "title", "contains", "\\") == titled("\\")
