"""A browser with NSFW mode off, then on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.acceptance.browser import confirm, said
from tests.rows import add_folder, add_job


def test_what_is_nsfw_is_hidden_until_the_mode_is_switched(engine, address, page, status):
    with engine.begin() as conn:
        add_folder(conn, "/media/unmentionable", is_nsfw=True)
        plain = [add_job(conn, "queued", "preview") for _ in range(2)]
        hidden = add_job(conn, "queued", "preview", is_nsfw=True)
        running = add_job(conn, "running", "preview", is_nsfw=True, target_label="/media/unmentionable/a.mkv")
    page.goto(address)
    expect(page.locator("#stat-backlog")).to_have_text("2")
    expect(page.locator("#stat-running")).to_have_text("0")
    expect(page.locator("body")).not_to_contain_text("unmentionable")
    page.get_by_role("button", name="Cancel Preview").click()
    expect(page.get_by_text("Cancel 2 jobs of Preview?")).to_be_visible()
    confirm(page)
    said(page, "Cancelled 2 jobs that waited.")
    assert [status(job) for job in (*plain, hidden, running)] == ["cancelled", "cancelled", "queued", "running"]

    page.goto(f"{address}/settings")
    expect(page.locator("#hidden-folders")).to_have_text("1 folder is hidden while NSFW mode is off.")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Name of /media/unmentionable")).to_be_visible()
    page.goto(address)
    expect(page.locator(f"#job-{running}")).to_contain_text("/media/unmentionable/a.mkv")
    expect(page.locator("#stat-backlog")).to_have_text("1")
    page.goto(f"{address}/jobs/{hidden}")
    expect(page.locator("#state")).to_have_text("queued")
    page.get_by_role("button", name="Off").click()
    expect(page.locator("main")).to_contain_text(f"There is no job {hidden}.")
