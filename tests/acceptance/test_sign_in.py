"""A browser that signs in: with and without JavaScript, and by a link on another site's page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import text

from db.access import people
from tests.acceptance.conftest import PATIENCE
from tests.rows import add_job
from tests.serve import session

PASSWORD = "correct horse battery"


@pytest.fixture(params=["script", "no script"])
def page(browser, request):
    page = browser.new_page(java_script_enabled=request.param == "script")
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Login").fill("ann")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_one_signs_in_works_and_signs_out(engine, address, page):
    with engine.begin() as conn:
        people.add(conn, "ann", PASSWORD, "admin")
    page.goto(f"{address}/settings")
    expect(page).to_have_title("Sign in · Darkroom")
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("There is no such login with this password.")
    expect(page.get_by_label("Login")).to_have_value("ann")
    sign_in(page)
    expect(page).to_have_url(f"{address}/settings")
    page.goto(address)
    page.get_by_role("button", name="Run Library scan").click()
    expect(page.locator("#said")).to_contain_text("There are no folders to scan")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{address}/login")
    page.goto(address)
    expect(page).to_have_url(f"{address}/login")


def test_a_link_on_another_page_leads_in_who_is_signed_in(engine, address, page):
    page.context.add_cookies([session(engine) | {"url": address, "sameSite": "Strict"}])
    link = f'<a href="{address}/settings">Darkroom</a>'
    page.route("http://dashboard.example/", lambda route: route.fulfill(body=link, content_type="text/html"))
    page.goto("http://dashboard.example/")
    page.get_by_role("link", name="Darkroom").click()
    expect(page).to_have_url(f"{address}/settings")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_page_whose_session_ends_leads_to_the_form(engine, address, browser):
    page = browser.new_page()
    page.context.add_cookies([session(engine) | {"url": address}])
    page.goto(address)
    expect(page.locator("#pill")).to_contain_text("live")
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM sessions"))
    page.get_by_role("link", name="Refresh", exact=True).click()
    expect(page).to_have_title("Sign in · Darkroom")
    page.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_form_reads_well_in_both_themes(address, browser, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{address}/login")
    looked = Axe().run(page).response
    assert [each["id"] for each in looked["violations"]] == []
    expect(page.get_by_label("Login")).to_be_focused()
    page.close()


def test_who_may_only_look_finds_no_button_and_an_administrator_gives_them(engine, address, page, browser):
    with engine.begin() as conn:
        people.add(conn, "ann", PASSWORD, "read")
        failed, running = add_job(conn, "failed", "preview"), add_job(conn, "running", "preview")
    page.goto(address)
    sign_in(page)
    expect(page.locator("#queue-preview")).to_be_visible()
    for path in ("/", f"/jobs/{failed}", "/schedules", "/logs"):
        page.goto(address + path)
        expect(page.locator("main form:not(.filters)"), path).to_have_count(0)
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)
    with browser.new_page() as admin:
        admin.context.add_cookies([session(engine) | {"url": address}])
        admin.goto(f"{address}/access")
        admin.get_by_label("What ann may").select_option("operate")
        admin.get_by_role("button", name="Save what ann may").click()
        expect(admin.locator("#said")).to_contain_text("ann may look and operate now.")
    with engine.connect() as conn:
        assert conn.scalar(text("SELECT scope FROM people WHERE login = 'ann'")) == "operate"
    page.goto(f"{address}/jobs/{running}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#said")).to_contain_text("The job is being stopped.")
    page.goto(f"{address}/access")
    expect(page.get_by_text("ann may look and operate")).to_be_visible()
    expect(page.get_by_role("heading", name="People")).to_have_count(0)
