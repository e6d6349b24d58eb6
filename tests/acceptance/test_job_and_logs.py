"""A browser on a job's page and on the logs: what the ledger knows of a job can be read there, and found."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from db import ledger
from db.ledger import Event
from db.models import JobRun
from tests.acceptance.browser import confirm, said
from tests.rows import add_folder, add_job, add_video, ago


@pytest.fixture
def family(engine):
    """A scan, a preview that it led to and that failed at its second attempt, and one that waits."""
    with engine.begin() as conn:
        scan = add_job(conn, "completed", "library-scan", target_label="/media/films")
        words = "moov atom not found"
        of_failed = {"error": words, "attempts": 2, "cpu_seconds": 2.25, "peak_memory": 187_000_000}
        failed = add_job(conn, "failed", "preview", target_label="/media/films/<b>.mkv", parent_id=scan, **of_failed)
        used = {"cpuSeconds": 0.5, "peakMemory": 64_000_000, "ended": "ffmpeg: signal 9 (SIGKILL)"}
        waits = add_job(conn, "queued", "preview", run_at=ago(-300), error="No space left on device")
        ledger.add_events(
            conn,
            [
                Event(
                    failed,
                    1,
                    "warn",
                    "preview",
                    "Attempt 1 of 15 failed; tried again in about 2 s.",
                    {"process": "den:712", "used": used},
                ),
                Event(failed, 2, "error", "preview", "Failed for good.", {"error": words, "process": "attic:9"}),
            ],
        )
    return scan, failed, waits


def test_a_failed_job_tells_its_story_and_is_retried_from_its_page(engine, address, page, family):
    _, failed, _ = family
    page.goto(f"{address}/jobs/{failed}")
    expect(page.locator("#state")).to_have_text("failed")
    expect(page.locator(".job pre")).to_have_text("moov atom not found")
    expect(page.locator(".job .path")).to_contain_text("/media/films/<b>.mkv")
    expect(page.locator(".steps")).to_contain_text("Failed for good")
    expect(page.locator(".steps")).to_contain_text("Attempt 1")
    expect(page.locator(".steps")).to_contain_text("tried again in about 2 s")
    expect(page.locator(".steps")).to_contain_text(
        "On den, process 712. It used 0.5 s of CPU, 64.0 MB of memory at most, ffmpeg: signal 9 (SIGKILL)."
    )
    expect(page.locator(".steps")).to_contain_text("On attic, process 9. It used 2.2 s of CPU, 187 MB of memory")
    expect(page.locator(".events li")).to_have_count(2)
    expect(page.get_by_text("enqueued by", exact=True)).to_be_visible()
    page.get_by_role("link", name="error", exact=True).click()
    expect(page.locator(".events li")).to_have_count(1)
    page.get_by_role("button", name="Retry").click()
    said(page, "Put 1 job back")
    expect(page.locator("#state")).to_have_text("queued")
    with engine.connect() as conn:
        assert conn.scalar(select(JobRun.status).where(JobRun.id == failed)) == "queued"


def test_a_job_leads_to_what_it_works_on_and_back(engine, address, page):
    with engine.begin() as conn:
        video = add_video(conn, add_folder(conn))
        of_video = {"target_type": "video", "target_id": str(video), "target_label": "/media/a.mkv"}
        job = add_job(conn, "failed", "preview", **of_video)
        add_job(conn, "running", "fingerprint", **of_video)
    page.goto(address)
    for row in page.locator("#live-work .path").all():
        expect(row).to_have_attribute("href", f"/library/videos/{video}")
    page.goto(f"{address}/jobs/{job}")
    page.locator(".job .path").click()
    expect(page).to_have_url(f"{address}/library/videos/{video}")
    page.locator(f"#job-{job} .what").click()
    expect(page).to_have_url(f"{address}/jobs/{job}")


def test_a_job_that_waits_says_why(address, page, family):
    page.goto(f"{address}/jobs/{family[2]}")
    expect(page.locator("#waits")).to_contain_text("It failed before and is tried again in")


def test_a_job_that_waits_is_put_first_from_its_page(engine, address, page, family):
    with engine.begin() as conn:
        add_job(conn, "queued", "preview", priority=10)
    page.goto(f"{address}/jobs/{family[2]}")
    page.get_by_role("button", name="Run now").click()
    said(page, "The job is the next of its queue.")
    expect(page.locator("#state")).to_have_text("queued")
    expect(page.locator("#waits")).to_contain_text("It is next")


def test_a_job_is_run_again_in_another_way_from_its_page(engine, address, page, family):
    page.goto(f"{address}/jobs/{family[1]}")
    form = page.locator("details.edit")
    form.get_by_text("Run again in another way").click()
    expect(form.get_by_label("Length of the clip")).to_have_value("8")
    expect(form.get_by_label("Scrubbing sprite")).to_be_checked()
    form.get_by_label("Scrubbing sprite").uncheck()
    form.get_by_label("Length of the clip").fill("20")
    form.get_by_role("button", name="Run again").click()
    said(page, f"Enqueued the work of job {family[1]} again, as job ")
    expect(page.locator("#state")).to_have_text("queued")
    expect(page.get_by_text("enqueued by", exact=True)).to_be_visible()
    with engine.connect() as conn:
        made = conn.scalars(select(JobRun.payload).order_by(JobRun.id.desc())).first()
    assert made == {"trickplay": False, "clipSeconds": 20}


def test_a_job_that_does_not_exist_is_not_found(address, page):
    assert page.goto(f"{address}/jobs/4711").status == 404


def test_the_logs_are_filtered_and_the_address_is_the_state(address, page, family):
    page.goto(f"{address}/logs")
    expect(page.locator("#count")).to_contain_text("3 jobs")
    page.get_by_role("searchbox", name="Search").fill("<B>.MKV")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#count")).to_contain_text("1 job")
    expect(page).to_have_url(re.compile(r"[?&]q="))
    page.reload()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("<B>.MKV")
    page.get_by_role("link", name="remove this filter").click()
    expect(page.locator("#count")).to_contain_text("3 jobs")
    page.goto(f"{address}/logs?status=delayed&queue=nonsense&limit=7")
    expect(page.locator("#count")).to_contain_text("1 job")


def test_all_that_the_filters_find_is_retried_cancelled_and_cleared(engine, address, page, status):
    with engine.begin() as conn:
        bad = [add_job(conn, "failed", "preview", error="moov atom not found") for _ in range(2)]
        cancelled = add_job(conn, "cancelled", "preview")
        other = add_job(conn, "failed", "fingerprint")
    page.goto(f"{address}/logs")
    expect(page.get_by_role("button", name="that ended badly")).to_have_count(0)
    page.goto(f"{address}/logs?queue=preview&status=failed")
    page.get_by_role("button", name="Retry the 2 that ended badly").click()
    expect(page.get_by_text("Retry 2 jobs that failed or were cancelled?")).to_be_visible()
    confirm(page)
    said(page, "Put 2 jobs back.")
    assert [status(job) for job in (*bad, cancelled, other)] == ["queued", "queued", "cancelled", "failed"]
    page.goto(f"{address}/logs?queue=preview")
    page.get_by_role("button", name="Cancel the 2 that have not ended").click()
    confirm(page)
    said(page, "Cancelled 2 jobs that waited.")
    page.get_by_role("button", name="Clear them").click()
    confirm(page)
    said(page, "Cleared 3 jobs.")
    with engine.connect() as conn:
        assert conn.scalar(select(func.count()).where(JobRun.cleared_at.is_not(None))) == 3


def test_what_the_logs_list_is_taken_away_as_a_file(engine, address, page, family):
    with engine.begin() as conn:
        add_job(conn, "completed", "fingerprint", target_label="=1+1.mkv")
    page.goto(f"{address}/logs?queue=fingerprint")
    found = {}
    for words in ("a table", "lines of JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=words).click()
        found[words] = download.value.path().read_text().splitlines()
    assert len(found["a table"]) == 2
    assert ",'=1+1.mkv," in found["a table"][1]
    (line,) = found["lines of JSON"]
    assert json.loads(line)["targetLabel"] == "=1+1.mkv"


def test_what_cannot_be_paged_through_says_so(engine, address, page):
    with engine.begin() as conn:
        for _ in range(30):
            add_job(conn, "completed", "preview")
    page.goto(f"{address}/logs?limit=25")
    expect(page.locator("#count")).to_contain_text("30 jobs, page 1 of 2")
    page.get_by_role("link", name="Older", exact=True).click()
    expect(page.locator(".logs .row")).to_have_count(5)


def test_a_row_of_the_logs_opens_its_story_in_place(address, live, family):
    live.goto(f"{address}/logs?errors=1&status=failed")
    live.get_by_text("Story").click()
    expect(live.locator(".told .events li")).to_have_count(2)
    expect(live.locator("#pill")).to_contain_text("paused")


def test_the_logs_show_the_columns_that_are_wanted_and_a_page_by_its_number(engine, address, page):
    with engine.begin() as conn:
        for number in range(60):
            add_job(conn, "completed", target_label=f"/media/{number}.mkv", trigger="schedule")
    page.goto(f"{address}/logs?limit=25&status=completed")
    first = page.locator(".logs .row").first
    expect(first).to_contain_text("1 of 15")
    page.locator(".columns > summary").click()
    page.get_by_label("attempts").uncheck()
    page.get_by_label("number").check()
    page.get_by_label("wanted by", exact=True).check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(first).to_contain_text("schedule")
    expect(first).to_contain_text("job 60")
    expect(first).not_to_contain_text("1 of 15")
    page.get_by_label("Page", exact=True).fill("3")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator("#count")).to_have_text("60 jobs, page 3 of 3")
    expect(first).to_contain_text("job 10")
    expect(page.locator(".logs .row")).to_have_count(10)


def test_an_error_and_a_command_are_copied_or_marked_where_that_is_forbidden(address, live, family):
    _, failed, _ = family
    # what a button says is not taken back before it was seen
    live.clock.install(time=0)
    live.clock.pause_at(1)
    live.context.grant_permissions(["clipboard-read", "clipboard-write"])
    live.goto(f"{address}/jobs/{failed}")
    for what, text in (
        ("the error", "moov atom not found"),
        ("the target", "/media/films/<b>.mkv"),
        ("the job's number", str(failed)),
        ("the command", f"curl -H \"Authorization: Bearer $DARKROOM_TOKEN\" '{address}/api/jobs/{failed}'"),
    ):
        live.get_by_role("button", name=f"Copy {what}", exact=True).click()
        expect(live.get_by_role("button", name=f"Copied {what}", exact=True)).to_be_visible()
        assert live.evaluate("navigator.clipboard.readText()") == text
    live.clock.run_for(2000)
    live.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    live.get_by_role("button", name="Copy the job's number").click()
    expect(live.get_by_role("button", name="Marked, copy it now the job's number")).to_be_visible()
    assert live.evaluate("getSelection().toString()").strip() == str(failed)
