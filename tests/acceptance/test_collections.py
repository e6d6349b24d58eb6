"""A browser that makes collections, sees what is in them, and lets them go."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, select, text

from db import collections
from db.models import Collection, CollectionItem, JobRun
from tests.acceptance.browser import confirm, said
from tests.rows import add_folder, add_video

LONG = {"type": "condition", "entityTypes": [], "field": "duration", "operator": "greater_than", "value": 3600}


@pytest.fixture
def films(engine):
    """Three films, two of them long."""
    with engine.begin() as conn:
        root = add_folder(conn)
        return [
            add_video(conn, root, title=title, duration=seconds, probe_revision=1)
            for title, seconds in (("Harbour", 5400), ("Lamps", 7200), ("Paper Boats", 60))
        ]


def rules(engine):
    with engine.connect() as conn:
        return conn.scalar(select(Collection.rules))


def test_a_collection_by_rules_is_built_previewed_saved_refreshed_and_deleted(engine, address, page, films):
    page.goto(f"{address}/library")
    page.locator(".tabs").get_by_role("link", name="Collections").click()
    expect(page.locator("main")).to_contain_text("There is no collection yet.")
    page.get_by_role("link", name="New collection").click()
    page.get_by_label("Name").fill("Long ones")
    page.get_by_label("Field").select_option("duration")
    page.get_by_label("Comparison").select_option("contains")
    page.get_by_label("Value").fill("3600")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("duration cannot be asked with 'contains'; it takes")
    page.get_by_label("Comparison").select_option("greater_than")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("#preview")).to_contain_text("These rules select 2 items")
    expect(page.locator("#preview .poster")).to_have_count(2)
    page.get_by_label("Rules, as JSON").fill("{\n  nonsense")
    page.get_by_role("button", name="Show what they select").click()
    expect(page.get_by_role("alert")).to_contain_text("this is no JSON")
    expect(page.get_by_role("alert")).to_contain_text("at line 2, column 3.")
    assert rules(engine) is None
    page.get_by_label("Rules, as JSON").fill("")
    page.get_by_label("Value").fill("3600")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("button", name="Save").click()
    said(page, "Saved Long ones. Its rules are being evaluated.")
    page.get_by_role("link", name="Edit").click()
    rules_as_json = re.compile(r'^\{\n  "type": "group",\n  "operator": "and",')
    expect(page.get_by_label("Rules, as JSON")).to_have_value(rules_as_json)
    page.get_by_role("button", name="Save").click()
    said(page, "Saved Long ones.")
    assert rules(engine) == {"type": "group", "operator": "and", "children": [LONG]}
    with engine.begin() as conn:
        collections.refresh(conn, conn.scalar(select(Collection.id)), seconds=10)
    page.reload()
    expect(page.locator(".poster .name")).to_have_text(["Harbour", "Lamps"])
    expect(page.locator(".rules")).to_contain_text("duration (seconds) is more than 3600")
    page.get_by_role("button", name="Refresh now").click()
    said(page, "skipped 1 that were already waiting")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Delete Long ones? The 2 items in it stay in the library")).to_be_visible()
    confirm(page)
    said(page, "Deleted Long ones.")
    with engine.connect() as conn:
        assert conn.scalar(select(Collection.id)) is None
        assert conn.scalar(select(JobRun.status)) == "cancelled"
    page.get_by_role("button", name="Undo").click()
    said(page, "Long ones is back; its rules are being evaluated.")
    assert rules(engine) == {"type": "group", "operator": "and", "children": [LONG]}


def test_what_is_picked_by_hand_is_put_in_and_taken_out(engine, address, page, films):
    page.goto(f"{address}/library/collections/new")
    page.get_by_label("Name").fill("Mine")
    page.get_by_label("by hand", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Nothing is in it yet.")
    page.goto(f"{address}/library/videos/{films[2]}")
    page.get_by_role("button", name="Put into a collection").click()
    said(page, "It is in Mine now.")
    page.get_by_role("link", name="Mine").click()
    expect(page.locator(".poster")).to_have_count(1)
    with engine.connect() as conn:
        assert conn.scalar(select(CollectionItem.video_id)) == films[2]
    page.get_by_role("button", name="Take out Paper Boats").click()
    said(page, "Taken out. It stays in the library.")
    with engine.connect() as conn:
        assert conn.scalar(select(CollectionItem.id)) is None


def test_a_collection_is_renamed_and_its_name_cannot_be_another_ones(engine, address, page, films):
    with engine.begin() as conn:
        for name in ("First", "Second"):
            conn.execute(insert(Collection).values(name=name))
        conn.execute(text("INSERT INTO collection_items (collection_id, video_id, source) VALUES (2, 1, 'manual')"))
    page.goto(f"{address}/library/collections")
    expect(page.locator("#count")).to_have_text("2 collections")
    expect(page.locator("#card-2 .length")).to_have_text("1")
    page.get_by_role("link", name="Second").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("first")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a collection named first already")
    page.get_by_label("Name").fill("Third")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Third", level=1)).to_be_visible()
    with engine.connect() as conn:
        assert conn.scalars(select(Collection.name).order_by(Collection.id)).all() == ["First", "Third"]
