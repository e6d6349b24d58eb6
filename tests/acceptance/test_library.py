"""A browser in the library, on real files of which everything was really made."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, text

from darkroom.settings import settings
from db import collections, identify
from db.models import HlsSet, IdentifyResult, JobRun
from tasks.media.tools import MediaTools
from tests.acceptance.browser import said
from tests.rows import add_folder, add_job, add_video, ago
from tests.seen import Seen


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_CACHE_DIR", str(folder))
        settings.cache_clear()
        yield folder
    settings.cache_clear()


@pytest.fixture(scope="module")
def tools():
    with MediaTools(nice=False) as tools:
        yield tools


@pytest.fixture
def film(engine, cache, tools, tmp_path):
    """A video with all that is made of one, and another of which nothing was made yet."""
    with engine.begin() as conn:
        seen = Seen(conn, cache, tmp_path / "films", tools)
        hashes = {"oshash": "8e245d9679d31e12", "fingerprint_revision": 1}
        number = seen.video("Harbour Lights", width=1920, height=1080, **hashes)
        add_video(conn, seen.folder, title="Paper Boats")
        add_job(conn, "failed", "preview", target_id=str(number), error="moov atom not found")
    return number


@pytest.fixture
def shelf(engine, cache, tools, tmp_path):
    """A library to be filled; what is in it is there once it is `done`."""
    conn = engine.connect()
    shelf = Seen(conn, cache, tmp_path / "shelf", tools)
    shelf.done = conn.commit
    yield shelf
    conn.close()


def scalar(engine, statement):
    with engine.connect() as conn:
        return conn.scalar(statement)


def test_a_video_is_found_among_the_posters_and_told_on_its_page(engine, address, page, film):
    page.goto(f"{address}/library")
    expect(page.locator("#count")).to_have_text("2 videos")
    expect(page.locator(".poster", has_text="Paper Boats")).to_contain_text("no picture yet")
    page.get_by_label("Search").fill("harbour")
    page.get_by_label("Without").select_option(label="an identity")
    page.get_by_role("button", name="Find").click()
    poster = page.locator(".poster")
    expect(poster).to_have_count(1)
    expect(poster.locator(".badge")).to_have_text("1080p")
    expect(poster.locator(".length")).to_have_text("0:12")
    assert poster.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    page.get_by_role("link", name="Harbour Lights").click()
    facts = page.locator(".facts")
    expect(facts).to_contain_text("1920 × 1080")
    expect(facts).to_contain_text("8e245d9679d31e12")
    expect(page.locator(".row", has_text="moov atom not found")).to_be_visible()
    page.get_by_role("link", name="subtitles, en").click()
    expect(page.locator("body")).to_contain_text("WEBVTT")


def test_an_adaptive_set_is_asked_for_and_stopped(engine, address, page, film):
    page.goto(f"{address}/library/videos/{film}")
    page.get_by_role("button", name="Make adaptive set").click()
    said(page, "The adaptive set waits to be made.")
    assert scalar(engine, select(HlsSet.video_id)) == film
    assert scalar(engine, select(JobRun.status).where(JobRun.queue_name == "hls-transcode")) == "queued"
    page.get_by_role("button", name="Stop adaptive set").click()
    said(page, "There is no adaptive set of this video any more.")
    expect(page.get_by_role("button", name="Make adaptive set")).to_be_visible()
    assert scalar(engine, select(JobRun.status).where(JobRun.queue_name == "hls-transcode")) == "cancelled"


def test_of_a_proposal_what_was_ticked_is_accepted_and_another_is_rejected(engine, address, page, film):
    with engine.begin() as conn:
        good, bad = (
            identify.hand_in(
                conn,
                video_id=film,
                source="tmdb",
                remote_id=name,
                proposed={"title": name, "studio": "Quay", "tags": ["Noir", "Night"]},
            ).id
            for name in ("The Harbour", "Something else")
        )
    page.goto(f"{address}/library/videos/{film}")
    other = page.locator(f"#proposal-{bad}")
    for box in other.get_by_role("checkbox").all():
        box.uncheck()
    other.get_by_role("button", name="Accept").click()
    said(page, "Tick at least one field")
    other.get_by_role("button", name="Reject").click()
    said(page, "Rejected the result.")
    proposal = page.locator(f"#proposal-{good}")
    expect(proposal.locator("tr", has_text="The Harbour")).to_contain_text("Harbour Lights")
    proposal.get_by_label("studio").uncheck()
    proposal.get_by_role("button", name="Accept").click()
    said(page, "Enqueued 1")
    expect(proposal.locator(".state")).to_have_text("accepted")
    with engine.connect() as conn:
        rows = conn.execute(select(IdentifyResult.status, IdentifyResult.chosen).order_by(IdentifyResult.id)).all()
    assert [tuple(row) for row in rows] == [("accepted", ["title", "tags"]), ("rejected", None)]


def test_a_poster_plays_under_the_pointer_and_is_scrubbed_along_its_edge(address, live, film):
    live.goto(f"{address}/library")
    shot = live.locator(f"#card-{film} .shot")
    box = shot.locator("img").bounding_box()
    live.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    expect(shot.locator("video.on")).to_be_visible()
    expect(shot.locator("video")).to_have_js_property("muted", True)
    expect(shot.locator("video")).to_have_js_property("paused", False)
    seen = []
    for part in (0.1, 0.9):
        live.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] * 0.9)
        clock = f"0:{round(12 * part):02}"
        expect(shot.locator(".tile b")).to_have_text(clock)
        seen.append(shot.locator(".tile i").evaluate("tile => tile.style.backgroundPosition"))
    assert seen[0] != seen[1]
    live.mouse.move(0, 0)
    expect(shot.locator("video, .tile")).to_have_count(0)


def test_the_keyboard_moves_through_a_poster(address, live, film):
    live.goto(f"{address}/library?q=harbour")
    live.get_by_role("button", name="Find").focus()
    for key in ("Tab", "Tab", "Tab", "ArrowRight", "ArrowRight"):
        live.keyboard.press(key)
    expect(live.locator(f"#card-{film} .tile b")).to_have_text("0:01")


def test_pictures_are_in_the_order_of_their_numbers_and_followed_one_by_one(engine, address, page, shelf):
    quay = shelf.gallery("Quay", 0)
    shelf.gallery("Quay/Lamps", 11, parent_id=quay)
    shelf.done()
    page.goto(f"{address}/library/galleries")
    expect(page.locator("#count")).to_have_text("1 gallery")
    expect(page.locator(".poster")).to_contain_text("1 gallery")
    page.get_by_role("link", name="Quay").click()
    page.get_by_role("link", name="Lamps").click()
    expect(page.locator(".poster .name")).to_have_text([f"page {number}" for number in range(1, 12)])
    first = page.locator(".poster img").first
    assert first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    page.get_by_role("link", name="page 9").click()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", name="page 10", level=1)).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("640 × 480")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="Lamps").click()
    expect(page.locator(".poster")).to_have_count(11)


def test_a_track_has_its_waveform_and_its_chapters(address, page, shelf):
    shelf.audio("The Lamp Keeper", 2)
    job = add_job(shelf.conn, "completed", "audio-waveform", target_type="track", target_id="1")
    shelf.done()
    page.goto(f"{address}/jobs/{job}")
    drawn = page.locator(".made img")
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.goto(f"{address}/library/audio?q=harbour")
    page.get_by_role("link", name="The Lamp Keeper").click()
    rows = page.locator(".tracks .row")
    expect(rows.nth(1)).to_contain_text("part 2 A. Harbour")
    expect(rows.nth(1)).to_contain_text("2 chapters")
    rows.nth(0).get_by_role("link", name="part 1").click()
    wave = page.get_by_role("img", name="Waveform")
    assert wave.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    expect(page.locator("ol.rows")).to_contain_text("Dusk")
    expect(page.locator(".facts")).to_contain_text("0:06")


def test_what_is_missing_is_told_by_folder(engine, address, page):
    with engine.begin() as conn:
        root = add_folder(conn)
        for number in range(22):
            add_video(conn, root, file_path=f"/media/old/film {number}.mkv", missing_since=ago(3600))
        add_video(conn, root, file_path="/media/other/reel.mkv", missing_since=ago(90_000))
        add_video(conn, root)
    page.goto(f"{address}/library/missing")
    expect(page.locator("#count")).to_contain_text("23 files in 2 folders")
    group = page.locator("details.group").first
    expect(group).to_contain_text("/media/old")
    group.locator("summary").click()
    expect(group.locator(".row")).to_have_count(20)
    expect(group.locator(".row").nth(2)).to_contain_text("film 2.mkv")
    expect(group).to_contain_text("The first 20 of 22 are shown.")
    page.get_by_label("Forget what has been missing").fill("7")
    page.get_by_role("button", name="Forget them").click()
    said(page, "No file has been missing for more than 7 days.")
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE videos SET missing_since = now() - interval '8 days' WHERE file_path LIKE '/media/old/%'")
        )
    page.get_by_label("Forget what has been missing").fill("7")
    page.get_by_role("button", name="Forget them").click()
    expect(page.get_by_text("Forget 22 files that have been missing for more than 7 days?")).to_be_visible()
    page.get_by_role("button", name="Forget them").click()
    said(page, "Forgetting 22 videos.")
    payload = scalar(engine, select(JobRun.payload).where(JobRun.queue_name == "library-maintenance"))
    assert payload["files"] == 22
    page.get_by_label("Search").fill("reel")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="reel.mkv").click()
    expect(page.locator(".banner.wait")).to_contain_text("has been missing since 1 d ago")


@pytest.mark.parametrize("width", [320, 900])
def test_no_width_scrolls_sideways_in_the_library(engine, address, live, film, shelf, width):
    gallery, library = shelf.gallery("g", 1), shelf.audio("a", 1)
    shelf.done()
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE audio_tracks SET title = repeat('x', 300), file_path = '/media/' || repeat('y', 300)")
        )
        rules = {"type": "condition", "field": "title", "operator": "equals", "value": "x" * 300}
        collections.add_collection(conn, name="x" * 200, mode="hybrid", rules=rules)
        collections.pick(conn, 1, [("video", film), ("gallery", gallery), ("audio-track", 1)])
        identify.hand_in(conn, video_id=film, source="tmdb", remote_id="1", proposed={"title": "x" * 300})
        identify.add_box(conn, name="x" * 100, endpoint="https://" + "x" * 300, enabled=True, secret_block="x")
        conn.execute(text("UPDATE images SET title = repeat('x', 300), file_path = '/media/' || repeat('y', 300)"))
        conn.execute(
            text("UPDATE videos SET title = repeat('x', 300), file_path = '/media/' || repeat('y', 300) || id")
        )
    live.set_viewport_size({"width": width, "height": 800})
    paths = ["/library", "/library?q=x&lacks=identity", f"/library/videos/{film}", "/library/galleries"]
    paths += [f"/library/galleries/{gallery}", "/library/pictures/1", f"/library/audio/{library}", "/library/tracks/1"]
    paths += ["/library/proposals", "/library/collections", "/library/collections/1", "/library/collections/1/edit"]
    for path in [*paths, "/access", "/settings"]:
        live.goto(address + path)
        assert live.evaluate("document.documentElement.scrollWidth") <= width, path
