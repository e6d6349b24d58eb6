"""Requests as a person meets them, with JavaScript and without."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from darkroom.settings import settings as environment
from db import requests
from tests.acceptance.browser import confirm, said
from tests.acceptance.releases import downloading, found


def test_a_book_is_asked_for_followed_and_withdrawn(page, address, row):
    page.goto(f"{address}/requests")
    page.get_by_role("link", name="New request").click()
    page.get_by_label("Title").fill("Dune")
    page.get_by_label("ASIN").fill("short")
    page.get_by_label("Length").fill("0")
    page.get_by_label("Address of the cover").fill("ftp://x")
    page.get_by_role("button", name="Ask for it").click()
    for mistake in (
        "Say the author.",
        "short is no ASIN",
        "Length must be 1 or more.",
        "it must be an http or https address.",
    ):
        expect(page.locator(".mistake").filter(has_text=mistake)).to_be_visible()
    assert row("SELECT count(*) FROM audiobooks") == 0
    expect(page.get_by_label("Title")).to_have_value("Dune")
    page.get_by_label("Author").fill("Frank Herbert")
    page.get_by_label("ASIN").fill("b002v1of70")
    page.get_by_label("Length").fill("1262")
    page.get_by_label("Address of the cover").fill("")
    page.get_by_label("Release date").fill("1965-08-01")
    page.get_by_role("button", name="Ask for it").click()
    said(page, "Dune by Frank Herbert: Asked for; its search begins.")
    expect(page.locator("#state")).to_have_text("about to be searched for")
    expect(page.locator("#timeline")).to_contain_text("Asked for; its search begins.")
    expect(page.locator("#waits")).to_contain_text("Search indexers")
    kept = row("SELECT asin, runtime_minutes, release_date::text, request_source FROM requests, audiobooks")
    assert kept == ("B002V1OF70", 1262, "1965-08-01", "page")
    page.get_by_role("button", name="Cancel the request").click()
    confirm(page)
    said(page, "Withdrew the request for Dune by Frank Herbert. 1 job ends with it.")
    expect(page.locator("#state")).to_have_text("withdrawn")
    expect(page.get_by_role("button", name="Search now")).to_have_count(0)
    assert row("SELECT r.status, j.status FROM requests r, job_runs j") == ("cancelled", "cancelled")


def test_a_book_that_is_asked_for_already_is_refused_and_nothing_typed_is_lost(page, address, asked, row):
    request = asked()
    page.goto(f"{address}/requests/new")
    page.get_by_label("Title").fill("dune")
    page.get_by_label("Author").fill("Frank Herbert")
    page.get_by_label("Search for it at once").uncheck()
    page.get_by_role("button", name="Ask for it").click()
    said(page, f"Dune is asked for already: request {request} is pending.")
    expect(page.get_by_label("Author")).to_have_value("Frank Herbert")
    expect(page.get_by_label("Search for it at once")).not_to_be_checked()
    assert row("SELECT count(*) FROM requests") == 1


def test_the_address_is_the_state_of_the_list(page, address, asked, engine):
    for number in range(52):
        asked(f"Volume {number}", search=False)
    asked("Dune Messiah", "searching", "failed")
    page.goto(f"{address}/requests")
    expect(page.locator("#count")).to_have_text("53 requests")
    expect(page.locator("li.request")).to_have_count(50)
    page.get_by_role("link", name="Older", exact=True).click()
    expect(page.locator("li.request")).to_have_count(3)
    page.get_by_role("link", name="Newest", exact=True).click()
    page.get_by_role("spinbutton", name="Page").fill("2")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator("#count")).to_have_text("53 requests, page 2 of 2")
    expect(page.locator("li.request").first).to_contain_text("Volume 2")
    page.get_by_role("link", name="Newest", exact=True).click()
    expect(page.locator("#count-yours")).to_have_text("1")
    page.get_by_role("link", name="1 failed").click()
    expect(page.locator("li.request")).to_have_count(1)
    expect(page.locator("li.request")).to_contain_text("It came to failed.")
    page.get_by_label("Search", exact=True).fill("volume 51")
    page.get_by_label("Status").select_option(label="nothing found yet")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("li.request")).to_have_count(1)
    expect(page).to_have_url(re.compile(re.escape("/requests?q=volume+51&show=awaiting_search&by=")))
    page.goto(f"{address}/requests?q=volume&before=3")
    expect(page.locator("li.request")).to_have_count(2)
    page.goto(f"{address}/requests?q=nobody+wrote+this")
    expect(page.locator("#live")).to_contain_text("No request has “nobody wrote this” in its title or author.")


def test_what_is_downloaded_says_how_far_it_is(page, address, asked, engine):
    request = asked("Dune", "searching", "downloading")
    downloading(engine, request, 42)
    page.goto(f"{address}/requests")
    for place in (page.locator("li.request"), page.locator(f"#download-{request}")):
        expect(place).to_contain_text("42 %")
        expect(place).to_contain_text("2.5 MB/s, about 1 min 15 s left")
        page.goto(f"{address}/requests/{request}")


def test_a_release_is_chosen_and_another_blocked(engine, page, address, asked, row):
    request = asked(search=False)
    found(engine, request)
    page.goto(f"{address}/requests/{request}")
    assert "k3y-of-somebody" not in page.content()
    second = page.locator("li.row").filter(has_text="Dune [MP3]")
    second.locator("summary").click()
    expect(second).to_contain_text("58.0 of 60")
    expect(second).to_contain_text("Freeleech")
    page.get_by_role("button", name="Block Dune [M4B]").click()
    said(page, "Dune [M4B] is not chosen again for this request.")
    assert row("SELECT release_key, source FROM blocklist") == ("dune [m4b]", "manual")
    page.get_by_role("button", name="Unblock dune [m4b]").click()
    said(page, "The release may be chosen again.")
    assert row("SELECT count(*) FROM blocklist") == 0
    page.get_by_role("button", name="Choose Dune [MP3]").click()
    expect(page.locator("#state")).to_have_text("downloading")
    expect(page.locator("#timeline")).to_contain_text("Chosen by hand: Dune [MP3]")
    assert row("SELECT queue_name, status FROM job_runs") == ("download_torrent", "queued")
    assert row("SELECT title FROM releases WHERE chosen") == "Dune [MP3]"


def test_a_person_who_wants_to_choose_has_the_indexers_asked(page, address, asked, row):
    request = asked(search=False)
    page.goto(f"{address}/requests/{request}")
    page.get_by_label("Search by").fill("dune herbert unabridged")
    page.get_by_role("button", name="Search, and let me choose").click()
    expect(page.locator("#searching")).to_be_visible()
    expect(page.locator("#state")).to_have_text("nothing found yet")
    assert row("SELECT payload FROM job_runs") == {"interactive": True, "terms": "dune herbert unabridged"}
    page.get_by_label("Search by").fill("herbert 1965")
    page.get_by_role("button", name="Search, and take the best").click()
    said(page, "accepted; its search is about to begin")
    assert row("SELECT status, search_terms FROM requests") == ("pending", "herbert 1965")


def test_what_waits_for_approval_is_approved_or_denied_with_a_reason(engine, page, address, asked, row):
    with engine.begin() as conn:
        requests.write_settings(conn, auto_approve=False)
    first, second = asked(may_approve=False), asked("Dune Messiah", may_approve=False)
    page.goto(f"{address}/requests?show=yours")
    page.get_by_role("button", name="Approve Dune", exact=True).click()
    said(page, "Dune by Frank Herbert: accepted; its search is about to begin")
    page.get_by_role("link", name="Deny… Dune Messiah").click()
    page.get_by_label("Reason for denying it").fill("There is no room.")
    page.get_by_role("button", name="Deny").click()
    expect(page.locator("#state")).to_have_text("denied")
    expect(page.locator("#timeline")).to_contain_text("Denied: There is no room.")
    assert row("SELECT status FROM requests WHERE id = :id", id=first) == "pending"
    assert row("SELECT status FROM requests WHERE id = :id", id=second) == "denied"


def test_what_has_stopped_is_tried_again_and_what_waits_is_searched_for_now(page, address, asked, row):
    failed = asked("Dune", "searching", "failed")
    waiting = asked("Dune Messiah", search=False)
    page.goto(f"{address}/requests")
    page.get_by_role("button", name="Retry Dune", exact=True).click()
    said(page, "Dune by Frank Herbert: accepted; its search is about to begin.")
    page.get_by_role("button", name="Search now Dune Messiah").click()
    said(page, "Dune Messiah by Frank Herbert: accepted")
    for request in (failed, waiting):
        assert row("SELECT status FROM requests WHERE id = :id", id=request) == "pending"
    page.goto(f"{address}/requests/{failed}")
    expect(page.locator("#timeline li.step")).to_have_count(4)
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)


def test_several_are_marked_and_done_with_at_once_after_one_question(engine, page, address, asked, row):
    with engine.begin() as conn:
        requests.write_settings(conn, auto_approve=False)
    failed = [asked(f"Volume {number}", "searching", "failed") for number in range(3)]
    waits = asked("Dune Messiah", may_approve=False)
    page.goto(f"{address}/requests")
    for title in ("Volume 0", "Volume 1", "Dune Messiah"):
        page.get_by_label(f"Mark {title}").check()
    page.get_by_role("button", name="Retry…").click()
    expect(page.locator("#question-of-many")).to_have_text(
        "Retry 2 requests? 1 of those that are meant cannot be, as they are now."
    )
    expect(page.locator("main li")).to_have_text(["Volume 0 by Frank Herbert", "Volume 1 by Frank Herbert"])
    page.get_by_role("button", name="Do it").click()
    said(page, "Retried 2 requests.")
    status = "SELECT status FROM requests WHERE id = :id"
    assert [row(status, id=each) for each in failed] == ["pending", "pending", "failed"]
    page.get_by_role("button", name="Deny…").click()
    said(page, "there is none to deny among 0")
    page.get_by_label("all 4 requests of this list").check()
    page.get_by_role("button", name="Deny…").click()
    page.get_by_label("Reason for denying them").fill("No room.")
    page.get_by_role("button", name="Do it").click()
    said(page, "Denied 1 request.")
    assert row("SELECT message FROM request_history WHERE request_id = :id ORDER BY id DESC LIMIT 1", id=waits) == (
        "Denied: No room."
    )
    page.goto(f"{address}/requests?q=volume")
    page.get_by_label("all 3 requests of this list").check()
    page.get_by_role("button", name="Withdraw…").click()
    page.get_by_role("link", name="Leave them").click()
    assert row(status, id=failed[2]) == "failed"
    page.get_by_label("all 3 requests of this list").check()
    page.get_by_role("button", name="Withdraw…").click()
    page.get_by_role("button", name="Do it").click()
    said(page, "Withdrew 3 requests.")
    assert [row(status, id=each) for each in failed] == ["cancelled"] * 3


def test_files_that_are_there_are_imported_from_a_folder_that_was_looked_for(
    page, address, asked, row, tmp_path, monkeypatch
):
    (tmp_path / "Dune" / "CD 1").mkdir(parents=True)
    monkeypatch.setattr(environment(), "browse", str(tmp_path))
    request = asked("Dune", "searching", "downloading", "processing", "warn")
    page.goto(f"{address}/requests/{request}")
    page.get_by_role("link", name="Look through the folders of this machine").click()
    page.get_by_role("link", name=f"{tmp_path}/").click()
    page.get_by_role("link", name="Dune/").click()
    expect(page.get_by_label("Folder or file")).to_have_value(f"{tmp_path}/Dune")
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#state")).to_have_text("being filed")
    assert row("SELECT queue_name, payload FROM job_runs WHERE queue_name = 'organize_files'") == (
        "organize_files",
        {"path": f"{tmp_path}/Dune"},
    )


def test_a_withdrawn_request_takes_its_download_with_it(engine, page, address, asked, row):
    request = asked("Dune", "searching", "downloading")
    downloading(engine, request, 10)
    page.goto(f"{address}/requests/{request}")
    page.get_by_label("and remove its download, with the files").check()
    page.get_by_role("button", name="Cancel the request").click()
    confirm(page)
    said(page, "1 download will be removed.")
    assert row("SELECT status FROM job_runs WHERE queue_name = 'cleanup_seeded_torrents'") == "queued"


def test_what_happens_elsewhere_appears_without_a_reload(live, address, asked, engine):
    request = asked("Dune", "searching")
    live.goto(f"{address}/requests")
    expect(live.locator("li.request")).to_contain_text("searching")
    expect(live.locator("#pill-word")).to_have_text("live")
    with engine.begin() as conn:
        requests.transition(conn, request, "awaiting_search", "No indexer lists this book yet.", by="test")
    # sooner than it would be read without news of it
    expect(live.locator("li.request")).to_contain_text("No indexer lists this book yet.", timeout=15_000)
    expect(live.locator("#count-waiting")).to_have_text("1")


def test_what_is_not_there_is_said_to_be_so(page, address):
    page.goto(f"{address}/requests/4711")
    expect(page.locator("main")).to_contain_text("There is no request 4711.")
