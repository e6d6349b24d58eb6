"""A browser that says where videos are looked up, and decides on what is proposed."""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import select

from db import identify
from db.models import IdentifyResult, JobRun, StashBox
from tests.acceptance.browser import said
from tests.rows import add_folder, add_video
from tests.stash_box import stash_box


def boxes(engine):
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(select(StashBox.name, StashBox.enabled).order_by(StashBox.id))]


def test_a_stash_box_is_added_tested_changed_and_removed(engine, address, page):
    with stash_box() as server:
        page.goto(f"{address}/settings")
        page.locator("#box-new-name").fill("Box")
        page.locator("#box-new-endpoint").fill("http://me:secret@example.org/graphql")
        page.get_by_role("button", name="Add a stash-box").click()
        said(page, "Address: it must be an http or https address without a password")
        assert boxes(engine) == []
        expect(page.locator("#box-new-name")).to_have_value("Box")
        page.locator("#box-new-endpoint").fill(server.endpoint)
        page.get_by_role("button", name="Add a stash-box").click()
        said(page, "Box is asked now.")
        page.get_by_role("button", name="Test Box").click()
        said(page, "Box answers and knows the key as someone's.")
    page.get_by_role("button", name="Test Box").click()
    expect(page.locator("#said .bad")).to_contain_text("Box: ")
    box = page.locator("#box-1")
    box.get_by_label("API key", exact=True).fill("k3y")
    box.get_by_role("button", name="Save Box").click()
    said(page, "Prefect, which keeps the API keys, does not answer. Nothing was changed")
    box.get_by_label("Name").fill("Other")
    box.get_by_label("Ask it").uncheck()
    box.get_by_role("button", name="Save Box").click()
    said(page, "Saved Other.")
    assert boxes(engine) == [("Other", False)]
    page.get_by_role("button", name="Remove Other").click()
    page.get_by_role("button", name="Remove it").click()
    said(page, "Other is asked no longer")
    assert boxes(engine) == []


def test_proposals_are_decided_one_after_the_other_beside_their_videos(engine, address, page):
    with engine.begin() as conn:
        root = add_folder(conn)
        films = [add_video(conn, root, title=title) for title in ("harbour_lights_x264", "lamps")]
        good, bad = (
            identify.hand_in(conn, video_id=film, source="tmdb", remote_id=title, proposed={"title": title}).id
            for film, title in zip(films, ("Harbour Lights", "Nonsense"), strict=True)
        )
    page.goto(f"{address}/library/proposals")
    page.get_by_role("button", name="Run Identify").click()
    said(page, "No stash-box is enabled")
    expect(page.locator(".proposed", has_text="harbour_lights_x264")).to_contain_text("Harbour Lights")
    page.locator(f"#proposal-{bad}").get_by_role("button", name="Reject").click()
    said(page, "Rejected the result.")
    expect(page.locator(".proposed")).to_have_count(1)
    page.locator(f"#proposal-{good}").get_by_role("button", name="Accept").click()
    said(page, "Enqueued 1")
    expect(page.locator("main")).to_contain_text("Nothing is proposed, and no stash-box is asked.")
    with engine.connect() as conn:
        rows = conn.execute(select(IdentifyResult.status, IdentifyResult.chosen).order_by(IdentifyResult.id)).all()
        job = conn.scalar(select(JobRun.id).where(JobRun.queue_name == "metadata-import"))
    assert [tuple(row) for row in rows] == [("accepted", ["title"]), ("rejected", None)]
    page.get_by_role("link", name="accepted", exact=True).click()
    expect(page.locator(".proposed .state")).to_have_text("accepted")
    page.goto(f"{address}/jobs/{job}")
    page.locator(".job .path").click()
    expect(page).to_have_url(f"{address}/library/videos/{films[0]}#proposal-{good}")
