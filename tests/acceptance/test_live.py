"""An open page shows what happened since, whenever it did and whatever the reader was about."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from db import ledger
from tests.acceptance.browser import heard
from tests.rows import add_job

#: Keeps the news that a page hears.
HEARS = """
window.heard = [];
window.EventSource = class extends EventSource {
  constructor(...given) {
    super(...given);
    this.addEventListener("changed", ({ data }) => window.heard.push(...JSON.parse(data).events));
  }
};
"""


@pytest.fixture
def passes(live):
    """Time stands still for the page, but for what is said to pass (milliseconds)."""
    live.clock.install(time=0)
    live.clock.pause_at(1)
    live.add_init_script(HEARS)
    return live.clock.run_for


@pytest.fixture
def enqueued(engine, live):
    """Enqueues a job and lets the page hear of it."""

    def enqueued():
        with engine.begin() as conn:
            ledger.enqueue(conn, [ledger.FollowUp("preview", "1", "/a.mkv")], trigger="manual", priority=1)
        heard(live, lambda: live.evaluate("heard.includes('enqueued')"))

    return enqueued


def test_what_happens_while_the_page_is_being_read_is_shown_at_once(address, live, passes, enqueued):
    held = []
    live.route("**/live", lambda route: held.append((route, route.fetch())), times=1)
    live.goto(address)
    heard(live, lambda: len(held) > 0)
    enqueued()
    passes(1000)
    for route, answer in held:
        route.fulfill(response=answer)
    expect(live.locator("#stat-backlog")).to_have_text("1")


def test_what_happens_while_a_menu_is_open_is_shown_when_it_is_closed(address, live, passes, enqueued):
    live.goto(address)
    menu = live.locator("#queue-preview details.menu").first
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    enqueued()
    with live.expect_response("**/live"):
        passes(1000)
    menu.locator("summary").click()
    expect(menu).not_to_have_attribute("open", "")
    passes(1000)
    expect(live.locator("#stat-backlog")).to_have_text("1")


def test_that_something_is_copied_is_said_for_a_moment_whatever_else_happens(engine, address, live, passes, enqueued):
    with engine.begin() as conn:
        job = add_job(conn, "failed", "media-probe", error="moov atom not found")
    live.context.grant_permissions(["clipboard-read", "clipboard-write"])
    live.goto(f"{address}/jobs/{job}")
    live.get_by_role("button", name="Copy the error", exact=True).click()
    copied = live.get_by_role("button", name="Copied the error", exact=True)
    expect(copied).to_be_visible()
    with engine.begin() as conn:
        ledger.add_events(conn, [ledger.Event(job, 1, "info", "test", "Looked at again.")])
    enqueued()
    passes(1000)
    expect(live.locator(".events")).to_contain_text("Looked at again.")
    expect(copied).to_be_visible()
    passes(1000)
    expect(live.get_by_role("button", name="Copy the error", exact=True)).to_be_visible()
