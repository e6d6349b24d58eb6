"""A wish is made once, however quickly and often its button is clicked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from db import dashboard, ledger
from db.ledger.notify import notify
from tests.acceptance.browser import heard, said
from tests.rows import add_folder, add_job, add_video


@pytest.fixture
def sent(live):
    """What the page has asked for: an entry for each POST."""
    sent: list[str] = []
    live.on("request", lambda request: request.method == "POST" and sent.append(request.url.rpartition("/")[2]))
    return sent


@pytest.fixture
def held(live):
    """Holds the answers to what is asked for from now on; those that are held can be let go."""
    return hold(live, "**/do/*")


def hold(page, addresses):
    held = []

    def wait(route):
        held.append(route)

    page.route(addresses, wait)
    return held


def click_again(page):
    """The second click of a double click, where the first was."""
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)


def lacking(engine, count):
    with engine.begin() as conn:
        root = add_folder(conn)
        for _ in range(count):
            add_video(conn, root)


def test_a_live_read_does_not_give_back_the_button_of_a_wish_that_is_being_done(engine, address, live, sent, held):
    lacking(engine, 3)
    live.goto(address)
    expect(live.locator("#pill")).to_contain_text("live")
    run = live.locator("#queue-preview form[action='/do/run'] button")
    run.click()
    with engine.begin() as conn:
        add_job(conn, "queued", "media-probe")
        notify(conn, "enqueued")
    expect(live.locator("#stat-backlog")).to_have_text("1")
    expect(run).to_have_text("Enqueuing…")
    expect(run).to_be_disabled()
    run.dispatch_event("click")
    live.locator("#queue-preview form[action='/do/run']").evaluate("form => form.requestSubmit()")
    heard(live, lambda: len(held) > 0)
    assert sent == ["run"]
    held.pop().continue_()
    said(live, "Enqueued 3, skipped 0.")
    expect(run).to_have_text("Run Preview")
    expect(run).to_be_enabled()
    assert sent == ["run"]


def test_another_wish_is_made_while_one_is_being_done(engine, address, live, sent, held):
    lacking(engine, 3)
    live.goto(address)
    live.get_by_role("button", name="Run Preview").click()
    live.get_by_role("button", name="Run Fingerprint").click()
    heard(live, lambda: len(held) == 2)
    assert sent == ["run", "run"]
    for each in held:
        each.continue_()
    expect(live.locator("#stat-backlog")).to_have_text("6")


def test_a_wish_that_failed_can_be_made_again(engine, address, live, sent):
    lacking(engine, 1)
    live.goto(address)
    live.route("**/do/run", lambda route: route.abort(), times=1)
    run = live.get_by_role("button", name="Run Preview")
    run.click()
    said(live, "The server did not answer")
    expect(run).to_be_enabled()
    run.click()
    said(live, "Enqueued 1, skipped 0.")
    assert sent == ["run", "run"]


def test_a_second_click_after_a_quick_answer_does_nothing(engine, address, live, sent):
    lacking(engine, 3)
    live.goto(address)
    live.get_by_role("button", name="Run Preview").click()
    said(live, "Enqueued 3, skipped 0.")
    click_again(live)
    live.get_by_role("button", name="Run Preview").click()
    said(live, "Enqueued 0, skipped 3 that were already waiting.")
    assert sent == ["run", "run"]


def test_a_second_click_does_not_hit_what_came_to_lie_under_it(engine, address, live, sent, status):
    with engine.begin() as conn:
        first, second = (add_job(conn, "failed", "preview", error="Invalid data found") for _ in range(2))
    live.goto(address)
    live.locator("details.group summary").first.click()
    live.locator(f"#job-{second}").get_by_role("button", name="Retry").click()
    expect(live.locator(f"#job-{second}")).to_have_count(0)
    retry = live.locator(f"#job-{first}").get_by_role("button", name="Retry")
    box = retry.bounding_box()
    live.mouse.move(box["x"] + 5, box["y"] + 5)
    click_again(live)
    expect(retry).to_be_enabled()
    assert (sent, status(first)) == (["retry-job"], "failed")


def test_a_second_click_does_not_answer_the_question_that_the_first_one_raised(engine, address, live, sent, status):
    with engine.begin() as conn:
        jobs = [add_job(conn, "queued", "preview") for _ in range(2)]
    live.goto(address)
    live.get_by_role("button", name="Cancel Preview").click()
    box = live.get_by_role("button", name="Do it").bounding_box()
    live.mouse.move(box["x"] + 5, box["y"] + 5)
    click_again(live)
    expect(live.locator("dialog#confirm")).to_be_visible()
    live.get_by_role("button", name="Do it").click()
    said(live, "Cancelled 2 jobs that waited.")
    assert (sent, [status(job) for job in jobs]) == (["cancel-queue"], ["cancelled", "cancelled"])


def test_the_second_click_on_pause_does_not_resume(engine, address, live, sent):
    with engine.begin() as conn:
        ledger.pause(conn, "preview", by="somebody")
    live.goto(address)
    card = live.locator("#queue-preview")
    card.get_by_role("button", name="Resume Preview").click()
    said(live, "Preview works again")
    click_again(live)
    expect(card.locator(".state")).to_have_text("idle")
    with engine.connect() as conn:
        assert (sent, dashboard.pauses(conn)) == (["resume"], {})


def test_quick_clicks_on_plus_each_give_a_slot(engine, address, live, sent):
    live.goto(address)
    more = live.locator("#queue-preview").get_by_role("button", name="one slot more for Preview")
    more.click()
    for slots in (2, 3):
        expect(live.locator("#queue-preview .slots")).to_contain_text(f"0 of {slots} slots of its own")
        click_again(live)
    said(live, "Preview has 4 slots of its own")
    assert sent == ["queue-slots"] * 3


def test_a_form_that_leads_to_another_page_is_sent_once(engine, address, live, sent):
    live.goto(f"{address}/access")
    held = hold(live, "**/access/tokens")
    live.get_by_label("What it is for").fill("player")
    live.get_by_role("button", name="Make a token").dblclick(no_wait_after=True)
    heard(live, lambda: len(held) > 0)
    for each in held:
        each.continue_()
    expect(live.locator("code.secret")).to_be_visible()
    assert sent == ["tokens"]
