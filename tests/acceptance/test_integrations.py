"""The programs that requests are carried out with, set up by a person, with JavaScript and without; the first steps."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from db import requests
from db.requests import CLIENTS, INDEXERS, SHELVES, NewDownload
from tests.acceptance.browser import said
from tests.rows import add_job, ago
from tests.stubs.indexer import indexer
from tests.stubs.plex import plex
from tests.stubs.sabnzbd import running_sabnzbd


@pytest.fixture
def feed():
    """A feed that needs no key."""
    with indexer(key=None) as server:
        yield server


def test_an_indexer_is_set_up_tried_changed_and_removed(page, address, row, feed):
    page.goto(f"{address}/requests")
    expect(page.locator("#first-steps [aria-current=step]")).to_contain_text("Say where books are put")
    page.get_by_role("link", name="Add an indexer").click()
    form = page.locator("#indexer details.add")
    form.locator("summary").click()
    form.get_by_label("Kind").select_option("torznab")
    form.get_by_label("Address").fill("nowhere")
    form.get_by_label("Flags").fill("Freeleech = much")
    form.get_by_role("button", name="Add an indexer").click()
    for mistake in ("Say the name.", "it must be an http or https address", "Flags must be a number."):
        expect(form.locator(".mistake").filter(has_text=mistake)).to_be_visible()
    form.get_by_label("Name").fill("My feed")
    form.get_by_label("Address").fill(f"{feed.url}/torznab/api")
    form.get_by_label("Flags").fill("Freeleech = 10\nInternal = -5.5")
    form.get_by_role("button", name="Add an indexer").click()
    said(page, "Added My feed. Test it, to know that it answers.")
    kept = row("SELECT kind, priority, categories, flag_modifiers, enabled FROM indexers")
    assert kept == ("torznab", 10, [3030], {"Freeleech": 10.0, "Internal": -5.5}, True)
    expect(page.locator("#first-steps li").nth(1)).to_contain_text("done")
    page.get_by_role("button", name="Test My feed").click()
    said(page, "My feed answers: ")
    card = page.locator("#indexer article")
    card.get_by_text("Edit").click()
    card.get_by_label("Priority").fill("26")
    card.get_by_role("button", name="Save").click()
    said(page, "Priority must be 25 or less.")
    card.get_by_label("Priority").fill("25")
    card.get_by_label("Use it").uncheck()
    card.get_by_role("button", name="Save").click()
    said(page, "Saved My feed.")
    assert row("SELECT priority, enabled, flag_modifiers -> 'Freeleech' FROM indexers") == (25, False, 10.0)
    page.get_by_role("button", name="Remove My feed").click()
    page.get_by_role("button", name="Remove it").click()
    said(page, "My feed is used no more, and its key is forgotten.")
    assert row("SELECT count(*) FROM indexers") == 0


def test_a_program_that_does_not_answer_is_kept_and_what_was_said_is_told(page, address, row):
    page.goto(f"{address}/settings/integrations")
    form = page.locator("#download-client details.add")
    form.locator("summary").click()
    form.get_by_label("Name").fill("Mine")
    form.get_by_label("Kind").select_option("transmission")
    form.get_by_label("Address").fill("http://127.0.0.1:9")
    form.get_by_label("Path mappings").fill("/downloads = /mnt/nas/downloads")
    form.get_by_role("button", name="Add a download client").click()
    said(page, "Added Mine.")
    kept = row("SELECT kind, category, remote_path, local_path FROM download_clients, path_mappings")
    assert kept == ("transmission", "darkroom", "/downloads", "/mnt/nas/downloads")
    page.get_by_role("button", name="Test Mine").click()
    expect(page.locator("#said .bad")).to_contain_text("refused")


def test_a_library_server_says_which_libraries_it_has(page, address, row):
    page.goto(f"{address}/settings/integrations")
    form = page.locator("#library-server details.add")
    form.locator("summary").click()
    with plex(token=None) as server:
        server.sections += ({"key": "7", "type": "artist", "title": "Radio plays", "agent": "-", "scanner": "-"},)
        form.get_by_label("Name").fill("Shelf")
        form.get_by_label("Address").fill(server.url)
        form.get_by_role("button", name="Add a library server").click()
        said(page, "Added Shelf. Shelf answers: Plex 1.41")
        assert row("SELECT kind, library_id, enabled FROM shelves") == ("plex", "", False)
        card = page.locator("#library-server article")
        expect(card).to_contain_text("no library is chosen yet")
        card.get_by_role("button", name="Save").click()
        said(page, "Say the library.")
        card.get_by_label("Library", exact=False).select_option(label="Radio plays (7)")
        card.get_by_role("button", name="Save").click()
        said(page, "Saved Shelf.")
        assert row("SELECT library_id, enabled, scan_after_import FROM shelves") == ("7", True, True)
        server.sections = server.sections[:-1]
        page.get_by_role("button", name="Test Shelf").click()
        expect(page.locator("#said .bad")).to_contain_text("has no library 7; it has 1 (Audiobooks)")
        card.get_by_text("Edit").click()
        chosen = card.get_by_label("Library", exact=False).locator("option:checked")
        expect(chosen).to_have_text("7 (not there any more)")


def test_a_library_server_that_refuses_says_so_until_it_answers(page, address, engine, row):
    with plex(token=None) as server, engine.begin() as conn:
        made = SHELVES.add(conn, name="Shelf", kind="plex", url=server.url, library_id="1")
        requests.say_refusal(conn, SHELVES, made.id, "Shelf refuses the token.")
        conn.commit()
        page.goto(f"{address}/settings/integrations")
        card = page.locator("#library-server article")
        expect(card).to_contain_text("Asked only every few hours since ")
        expect(card).to_contain_text("Shelf refuses the token.")
        page.get_by_role("button", name="Test Shelf").click()
        said(page, "Shelf answers: Plex")
        expect(card).not_to_contain_text("Asked only")
    assert row("SELECT trouble, libraries FROM shelves") == (None, {"1": "Audiobooks"})


def test_a_download_client_that_refuses_is_put_right_and_what_waited_goes_on(
    page, address, engine, asked, row, monkeypatch
):
    request = asked("Quiet Harbor", "searching", "downloading")
    with running_sabnzbd() as server, engine.begin() as conn:
        url = server.settings.url
        client = CLIENTS.add(conn, name="Sab", kind="sabnzbd", url=url).id
        watched(conn, request, client)
        conn.commit()
        page.goto(f"{address}/settings/integrations")
        page.get_by_role("button", name="Test Sab").click()
        expect(page.locator("#said .bad")).to_contain_text("refuses the API key")
        card = page.locator("#download-client article")
        expect(card.locator(".mistake")).to_contain_text(
            "Put that right here or there, then test it; what it downloads"
        )
        page.goto(f"{address}/status")
        line = page.locator("li.row", has_text="Download client Sab")
        expect(line).to_contain_text("Copy it anew from its General settings. Put it right there or on")
        page.goto(f"{address}/requests/{request}")
        expect(page.locator("#refusing")).to_contain_text("Sab cannot be asked since")
        monkeypatch.setattr("tests.stubs.sabnzbd.KEY", "")
        page.goto(f"{address}/settings/integrations")
        page.get_by_role("button", name="Test Sab").click()
        said(page, "Sab answers: version 4.3.2")
        expect(card.locator(".mistake")).to_have_count(0)
    assert row("SELECT trouble, trouble_since FROM download_clients") == (None, None)
    assert row("SELECT run_at <= now() FROM job_runs WHERE queue_name = 'monitor_download'")


def watched(conn, request, client):
    """A download of a request's that its client is asked for in an hour."""
    about = {"client_id": client, "client": "sabnzbd", "client_item_id": "1", "title": "Quiet Harbor", "score": 90.0}
    found = {"indexer_id": None, "indexer": "Books", "protocol": "usenet", "info_hash": None, "info_url": None}
    facts = {"size": 1000, "seeders": None, "leechers": None}
    made, _ = requests.add_download(conn, NewDownload(request_id=request, **(about | found | facts)))
    add_job(conn, "queued", "monitor_download", target_type="download", target_id=str(made), run_at=ago(-3600))


def test_a_secret_is_never_kept_half(page, address, row):
    page.goto(f"{address}/settings/integrations")
    form = page.locator("#notification-target details.add")
    form.locator("summary").click()
    form.get_by_label("Name").fill("Me")
    form.get_by_label("Apprise address").fill("nonsense")
    form.get_by_role("button", name="Add somebody to tell").click()
    expect(form.locator(".mistake")).to_have_count(1)
    assert "nonsense" not in page.content()
    form.get_by_label("Apprise address").fill("json://127.0.0.1:9/s3cret")
    form.get_by_label("grabbed").uncheck()
    form.get_by_role("button", name="Add somebody to tell").click()
    said(page, "Prefect, which keeps the API keys, does not answer. Nothing was changed")
    expect(form.get_by_label("grabbed")).not_to_be_checked()
    assert "s3cret" not in page.content()
    assert row("SELECT count(*) FROM notification_targets") == 0


def test_what_all_requests_share_is_saved(page, address, row):
    page.goto(f"{address}/settings/integrations")
    files = page.locator("#files")
    files.get_by_label("Library folder").fill("audiobooks")
    files.get_by_role("button", name="Save").click()
    said(page, "Library folder: it must be a whole path")
    files.get_by_label("Library folder").fill("/srv/audiobooks")
    files.get_by_label("Folders of a book").fill("{author}/{series}/{title}")
    files.get_by_label("Write tags").uncheck()
    files.get_by_role("button", name="Save").click()
    said(page, "Saved.")
    expect(page.locator("#example")).to_have_text("/srv/audiobooks/Frank Herbert/Dune/Dune Messiah")
    shared = page.locator("#searching")
    shared.get_by_label("Approve everybody's requests").uncheck()
    shared.get_by_label("Attempts to file").fill("3")
    shared.get_by_role("button", name="Save").click()
    said(page, "Saved.")
    kept = row("SELECT library_folder, write_tags, hard_links, auto_approve, max_import_attempts FROM request_settings")
    assert kept == ("/srv/audiobooks", False, True, False, 3)


def test_a_template_shows_where_a_book_would_be_put_while_it_is_typed(live, address):
    live.goto(f"{address}/settings/integrations")
    live.get_by_label("Folders of a book").fill("{year}/{title}")
    expect(live.locator("#example")).to_have_text("1969/Dune Messiah")
    live.get_by_label("Folders of a book").fill("{who}")
    expect(live.locator("#example")).to_contain_text("there is no {who}")


def test_the_first_steps_are_put_away_and_come_back(page, address):
    page.goto(f"{address}/requests")
    page.get_by_role("button", name="Put away the first steps").click()
    expect(page.locator("#first-steps")).to_have_count(0)
    page.get_by_role("button", name="Show the first steps").click()
    expect(page.locator("#first-steps li")).to_have_count(6)


def test_the_first_steps_are_gone_once_they_are_done(engine, page, address, asked):
    asked()
    with engine.begin() as conn:
        requests.write_settings(conn, library_folder="/srv/audiobooks")
        INDEXERS.add(conn, name="i", kind="torznab", url="http://i")
        CLIENTS.add(conn, name="c", kind="nzbget", url="http://c")
    page.goto(f"{address}/requests")
    expect(page.locator("#first-steps [aria-current=step]")).to_contain_text("Add a library server")
    with engine.begin() as conn:
        SHELVES.add(conn, name="s", kind="plex", url="http://s", library_id="1")
    page.goto(f"{address}/requests")
    expect(page.locator("#first-steps")).to_have_count(0)
