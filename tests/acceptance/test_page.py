"""A browser on the operations page: what is clicked happens in the ledger, and the page shows it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from db import dashboard, ledger
from db.ledger.notify import notify
from db.models import JobRun, LibraryRoot
from flows.queues import BY_NAME
from tests.acceptance.browser import confirm, said
from tests.rows import add_folder, add_job, add_video, ago
from tests.serve import serving, session


def test_run_enqueues_and_the_card_shows_it(engine, address, page):
    with engine.begin() as conn:
        root = add_folder(conn)
        for _ in range(3):
            add_video(conn, root)
    page.goto(address)
    card = page.locator("#queue-preview")
    expect(card).to_contain_text("3 files lack this")
    card.get_by_role("button", name="Run Preview").click()
    said(page, "Enqueued 3, skipped 0.")
    expect(card.locator("[data-well=queued]")).to_have_text("3")
    expect(card).not_to_contain_text("lack this")
    expect(page.locator("#stat-backlog")).to_have_text("3")


def test_a_queue_has_a_page_that_says_how_it_gets_on(engine, address, page, status):
    with engine.begin() as conn:
        for seconds in (0.05, 2, 2, 30):
            times = {"started_at": ago(100), "finished_at": ago(100 - seconds)}
            add_job(conn, "completed", "preview", **times)
        waits = add_job(conn, "queued", "preview", run_at=ago(7200), created_at=ago(7200))
    page.goto(address)
    page.locator("#queue-preview").get_by_role("link", name="Preview").click()
    expect(page.locator(".facts").first).to_contain_text("due 2 h ago")
    expect(page.locator(".facts").first).to_contain_text("2.0 s or less in half of the newest 4, 30 s or less in 95")
    expect(page.locator(".bars dd")).to_have_text(["1", "0", "2", "1", "0", "0", "0"], use_inner_text=True)
    expect(page.locator(".facts").nth(1)).to_contain_text("Up to 15 attempts")
    page.get_by_role("button", name="Cancel Preview").click()
    said(page, "Cancelled 1 job that waited.")
    assert status(waits) == "cancelled"
    assert page.goto(f"{address}/queues/nonsense").status == 404


def test_everything_is_made_anew_after_a_question(engine, address, page):
    with engine.begin() as conn:
        root = add_folder(conn)
        done = {"revision": 1, "fingerprint_revision": 1, "duration": 60, "probe_revision": 1}
        for _ in range(2):
            add_video(conn, root, **done)
    page.goto(address)
    card = page.locator("#queue-fingerprint")
    card.get_by_role("button", name="Run Fingerprint").click()
    said(page, "There are no")
    card.get_by_text("More").first.click()
    card.get_by_role("button", name="Perceptual hashes for all").click()
    confirm(page)
    said(page, "Enqueued 2, skipped 0.")
    card.get_by_text("More").first.click()
    card.get_by_role("button", name="Rebuild all Fingerprint").click()
    expect(page.get_by_text("Run Fingerprint for everything")).to_be_visible()
    confirm(page)
    said(page, "Enqueued 0, skipped 2 that were already waiting.")
    with engine.connect() as conn:
        payloads = conn.scalars(select(JobRun.payload).where(JobRun.queue_name == "fingerprint")).all()
    assert payloads == [{"phash": True, "everything": True}] * 2


def test_cancelling_a_queue_asks_once_with_the_number(engine, address, page, status):
    with engine.begin() as conn:
        jobs = [add_job(conn, "queued", "preview") for _ in range(2)]
    page.goto(address)
    page.get_by_role("button", name="Cancel Preview").click()
    expect(page.get_by_text("Cancel 2 jobs of Preview?")).to_be_visible()
    assert [status(job) for job in jobs] == ["queued", "queued"]
    confirm(page)
    said(page, "Cancelled 2 jobs that waited.")
    assert [status(job) for job in jobs] == ["cancelled", "cancelled"]
    expect(page.locator("#queue-preview [data-well=queued]")).to_have_text("0")
    expect(page.get_by_role("button", name="Cancel Preview")).to_have_count(0)


def test_a_running_job_is_cancelling_until_the_ledger_says_cancelled(engine, address, page, status):
    with engine.begin() as conn:
        add_job(conn, "queued", "preview", target_label="/media/film.mkv")
        (job,) = ledger.claim(conn, BY_NAME["preview"], "slot")
        ledger.start(conn, job.id, "slot")
    page.goto(address)
    line = page.locator(f"#live-work #job-{job.id}")
    expect(line).to_contain_text("attempt 1 of 15")
    line.get_by_role("button", name="Cancel").click()
    expect(line.get_by_role("button")).to_have_text("Cancelling…")
    expect(line.get_by_role("button")).to_be_disabled()
    assert status(job.id) == "running"
    with engine.begin() as conn:
        ledger.settle(conn, "slot", [ledger.Outcome(job.id, "cancelled", error="Cancelled.")])
    page.goto(address)
    expect(line).to_have_count(0)
    expect(page.locator("#failures")).to_contain_text("Cancelled by hand")


def test_failures_are_opened_retried_and_cleared(engine, address, page, status):
    words = "Invalid data found\n<b>second</b> line"
    with engine.begin() as conn:
        bad = [add_job(conn, "failed", "preview", error=words) for _ in range(2)]
        other = add_job(conn, "failed", "media-probe", error="Permission denied")
    page.goto(address)
    group = page.locator("details.group", has_text="Invalid data found")
    group.locator("summary").first.click()
    expect(group.locator("pre").first).to_have_text(words)
    expect(group).to_contain_text("Trying again by itself would not mend it")
    group.locator(f"#job-{bad[0]}").get_by_role("button", name="Retry").click()
    said(page, "Put 1 job back.")
    assert [status(job) for job in (*bad, other)] == ["queued", "failed", "failed"]
    page.get_by_role("button", name="Clear all failures").click()
    confirm(page)
    said(page, "Cleared 2 jobs. Their errors are kept.")
    expect(page.locator("#failures")).to_contain_text("No uncleared failures.")
    assert status(other) == "failed"


def test_failures_show_the_columns_that_are_wanted_before_and_after_an_update_and_an_action(engine, address, page):
    with engine.begin() as conn:
        first, second = (add_job(conn, "failed", "preview", trigger="schedule") for _ in range(2))
    page.goto(address)
    group, row = page.locator("details.group.bad"), page.locator(f"#job-{first}")
    group.locator("summary").first.click()
    expect(row).to_contain_text("attempt 1 of 15")
    page.locator("#failures .columns > summary").click()
    page.get_by_label("attempts").uncheck()
    page.get_by_label("wanted by", exact=True).check()
    page.get_by_role("button", name="Show", exact=True).click()
    group.locator("summary").first.click()
    expect(row).to_contain_text("schedule")
    expect(row).not_to_contain_text("attempt")
    page.locator(f"#job-{second}").get_by_role("button", name="Clear").click()
    said(page, "Cleared 1 job. Their errors are kept.")
    expect(page.locator(f"#job-{second}")).to_have_count(0)
    expect(row).to_contain_text("schedule")
    expect(row).not_to_contain_text("attempt")


def test_kill_all_stops_what_runs_and_leaves_what_waits(engine, address, page, status):
    with engine.begin() as conn:
        running = [add_job(conn, "running", queue) for queue in ("preview", "fingerprint")]
        waiting = add_job(conn, "queued", "preview")
    page.goto(address)
    page.get_by_role("button", name="Kill all").click()
    confirm(page)
    said(page, "2 running jobs are being stopped.")
    for job in running:
        expect(page.locator(f"#job-{job}").get_by_role("button")).to_have_text("Cancelling…")
    assert status(waiting) == "queued"


def test_the_first_folder_is_added_and_scanned(engine, address, page, tmp_path):
    page.goto(address)
    page.get_by_label("Path on this machine").fill("relative")
    page.get_by_role("button", name="Watch and scan").click()
    said(page, "relative is no absolute path")
    page.get_by_label("Path on this machine").fill(str(tmp_path))
    page.get_by_role("button", name="Watch and scan").click()
    said(page, "is watched now. Enqueued 3, skipped 0.")
    expect(page.locator("#add-folder")).to_have_count(0)
    with engine.connect() as conn:
        assert conn.scalar(select(LibraryRoot.path)) == str(tmp_path)
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Scan now").click()
    said(page, "Enqueued 0, skipped 3 that were already waiting.")


def test_the_page_follows_the_ledger_without_being_touched(engine, address, live):
    live.goto(address)
    expect(live.locator("#pill")).to_contain_text("live")
    with engine.begin() as conn:
        add_job(conn, "failed", "preview")
        job = add_job(conn, "running", "preview", progress=40)
        notify(conn, "settled")
    expect(live.locator("#stat-failures")).to_have_text("1")
    expect(live).to_have_title(re.compile(r"^\(1\) Operations"))
    expect(live.locator(f"#job-{job} progress")).to_have_attribute("value", "40")


def test_focus_and_opened_groups_survive_an_update(engine, address, live):
    with engine.begin() as conn:
        add_job(conn, "failed", "preview", error="First")
    live.goto(address)
    live.locator("details.group summary").first.click()
    run = live.get_by_role("button", name="Run Preview")
    run.focus()
    with engine.begin() as conn:
        for _ in range(2):
            add_job(conn, "failed", "media-probe", error="Second")
        notify(conn, "settled")
    expect(live.locator("#stat-failures")).to_have_text("3")
    expect(live.locator("details.group", has_text="First")).to_have_attribute("open", "")
    expect(live.locator("details.group", has_text="Second")).not_to_have_attribute("open", "")
    expect(run).to_be_focused()


def test_an_answer_no_changes_nothing(engine, address, live, status):
    with engine.begin() as conn:
        jobs = [add_job(conn, "queued", "preview") for _ in range(2)]
    live.goto(address)
    live.get_by_role("button", name="Cancel Preview").click()
    live.keyboard.press("Escape")
    expect(live.locator("dialog#confirm")).to_be_hidden()
    assert [status(job) for job in jobs] == ["queued", "queued"]


def test_a_server_that_is_gone_leaves_the_page_and_says_stale(engine, browser):
    with serving(engine) as (url, _):
        page = browser.new_page()
        page.context.add_cookies([session(engine) | {"url": url}])
        page.goto(url)
        expect(page.locator("#pill")).to_contain_text("live")
    page.get_by_role("button", name="Run Preview").click()
    said(page, "The server did not answer")
    page.get_by_role("link", name="Refresh", exact=True).click()
    expect(page.locator("#pill")).to_contain_text("stale")
    expect(page.locator("#live")).to_have_class("stale")
    page.close()


@pytest.mark.parametrize("width", [320, 390, 900, 1440])
def test_no_width_scrolls_sideways(engine, address, live, width):
    with engine.begin() as conn:
        for state in ("running", "failed", "cancelled", "completed"):
            add_job(
                conn, state, target_label="/media/" + "x" * 300, **({"error": "e" * 500} if state == "failed" else {})
            )
    live.set_viewport_size({"width": width, "height": 800})
    live.goto(address)
    for group in live.locator("details.group").all():
        group.locator("summary").first.click()
    assert live.evaluate("document.documentElement.scrollWidth") <= width


def test_what_was_cleared_can_be_taken_back(engine, address, page):
    with engine.begin() as conn:
        for _ in range(2):
            add_job(conn, "failed", "preview")
    page.goto(address)
    page.get_by_role("button", name="Clear Preview failures").click()
    confirm(page)
    said(page, "Cleared 2 jobs")
    expect(page.locator("#stat-failures")).to_have_text("0")
    page.get_by_role("button", name="Undo").click()
    said(page, "Put 2 jobs back on the list")
    expect(page.locator("#stat-failures")).to_have_text("2")


def test_the_keyboard_marks_jobs_and_cancels_them_after_a_question(engine, address, live, status):
    with engine.begin() as conn:
        first, second, _ = (add_job(conn, "running", "preview") for _ in range(3))
    live.goto(address)
    expect(live.locator("#stat-running")).to_have_text("3")
    for key in ("j", "x", "j", "x", "c"):
        live.keyboard.press(key)
    expect(live.locator("#question")).to_have_text("Cancel 2 jobs?")
    confirm(live)
    said(live, "2 running jobs are being stopped")
    with engine.connect() as conn:
        asked = conn.scalars(select(JobRun.id).where(JobRun.cancel_requested_at.is_not(None)).order_by(JobRun.id))
        assert list(asked) == [first, second]
    live.keyboard.press("?")
    expect(live.locator("dialog#keys")).to_be_visible()
    live.keyboard.press("Escape")
    live.keyboard.press("g")
    live.keyboard.press("s")
    expect(live.get_by_role("heading", name="Settings", level=1)).to_be_visible()


def test_the_colours_that_were_chosen_stay(address, page):
    page.goto(address)
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.goto(f"{address}/settings")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_the_page_is_live_and_says_so(engine, address, live):
    live.goto(address)
    expect(live.locator("#pill")).to_contain_text("live")
    with engine.begin() as conn:
        ledger.enqueue(conn, [ledger.FollowUp("preview", "1", "/a.mkv")], trigger="manual", priority=1)
    # sooner than it would be read without news of it
    expect(live.locator("#stat-backlog")).to_have_text("1", timeout=15_000)


def test_a_queue_is_paused_from_its_card_and_says_by_whom(engine, address, page):
    page.goto(address)
    card = page.locator("#queue-preview")
    card.get_by_text("Pause").first.click()
    card.get_by_role("button", name="For an hour Preview").click()
    said(page, "Preview takes no new work for 1 h 00 min")
    expect(card.locator(".state")).to_contain_text("paused by")
    with engine.connect() as conn:
        assert dashboard.pauses(conn)["preview"].until is not None
    card.get_by_role("button", name="Resume Preview").click()
    said(page, "Preview works again")
    with engine.connect() as conn:
        assert dashboard.pauses(conn) == {}


def test_the_backlog_says_what_is_tried_again_and_how_long_the_oldest_waits(engine, address, live):
    with engine.begin() as conn:
        add_job(conn, "queued", "preview", run_at=ago(7200))
        add_job(conn, "queued", "preview", run_at=ago(-600), error="No space left on device")
        add_job(conn, "queued", "fingerprint", run_at=ago(-300))
    live.goto(address)
    backlog = live.locator(".number", has_text="Backlog").locator(".detail")
    expect(backlog).to_contain_text("1 ready, the oldest due 2 h ago · 2 delayed (1 to be tried again), next in")


def test_a_pause_of_everything_stands_across_the_top(engine, address, page):
    page.goto(address)
    page.get_by_text("Pause every queue").click()
    page.get_by_role("button", name="Until I resume it every queue").click()
    expect(page.locator("#paused-all")).to_contain_text("Every queue is paused by")
    page.get_by_role("button", name="Resume all").click()
    expect(page.locator("#paused-all")).to_be_hidden()


def test_slots_are_changed_by_one_on_a_card_and_taken_back_in_the_settings(engine, address, page):
    page.goto(address)
    card = page.locator("#queue-preview")
    expect(card.locator(".slots")).to_contain_text("0 of 1 slot")
    expect(card.get_by_role("button", name="one slot less for Preview")).to_be_disabled()
    for slots in (2, 3):
        card.get_by_role("button", name="one slot more for Preview").click()
        said(page, f"Preview has {slots} slots of its own, from the next job on.")
        expect(card.locator(".slots")).to_contain_text(f"0 of {slots} slots of its own")
    with engine.connect() as conn:
        assert ledger.read_queue_settings(conn)["preview"].slots == 3
    page.goto(f"{address}/settings")
    row = page.locator(".row", has_text="3 slots, set by person-")
    row.get_by_role("button", name="Reset Preview").click()
    said(page, "Preview has no settings of its own any more.")
    with engine.connect() as conn:
        assert ledger.read_queue_settings(conn) == {}


def test_a_queues_priority_is_chosen_and_taken_back_on_its_page(engine, address, page):
    page.goto(f"{address}/queues/preview")
    facts = page.locator(".facts").nth(1)
    page.get_by_role("button", name="High priority of Preview").click()
    said(page, "The priority of Preview is high.")
    expect(facts).to_contain_text("high, set by person-")
    expect(page.get_by_role("button", name="High priority of Preview")).to_be_disabled()
    page.get_by_role("button", name="one slot more for Preview").click()
    said(page, "Preview has 2 slots of its own")
    page.get_by_role("button", name="Reset the priority of Preview").click()
    said(page, "The priority of Preview is low again")
    page.get_by_role("button", name="Reset the slots of Preview").click()
    said(page, "Preview has 1 slot again, as the settings say.")
    with engine.connect() as conn:
        assert ledger.read_queue_settings(conn) == {}


def test_who_may_only_operate_sees_slots_and_priority_and_cannot_change_them(engine, address, browser):
    page = browser.new_page()
    page.context.add_cookies([session(engine, "operate") | {"url": address}])
    page.goto(f"{address}/queues/preview")
    expect(page.locator(".slots")).to_contain_text("0 of 1 slot")
    expect(page.locator(".facts").nth(1)).to_contain_text("Priority")
    expect(page.locator(".stepper")).to_have_count(0)
    page.close()
