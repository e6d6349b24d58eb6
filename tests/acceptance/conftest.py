"""A browser on the application on a real database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select, text

from db import requests
from db.models import JobRun
from db.requests import NewBook
from deployments.install import machine
from tests.serve import serving, session

#: Milliseconds after which waiting is in vain, however busy the machine is.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.browser(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def address(engine) -> Iterator[str]:
    with serving(engine) as (url, _):
        yield url


@pytest.fixture(params=["script", "no script"])
def page(engine, browser, address, request) -> Iterator[Page]:
    """The page, with JavaScript and without; a message in the browser's console fails the test."""
    complaints: list[str] = []
    page = browser.new_page(java_script_enabled=request.param == "script")
    page.context.add_cookies([session(engine) | {"url": address}])
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    # That an action was refused is the browser's to mention and the page's to explain.
    assert [words for words in complaints if not words.startswith("Failed to load resource")] == []


@pytest.fixture
def live(engine, browser, address) -> Iterator[Page]:
    """The page with JavaScript only."""
    page = browser.new_page()
    page.context.add_cookies([session(engine) | {"url": address}])
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


@pytest.fixture
def status(engine):
    def status(job_id):
        with engine.connect() as conn:
            return conn.scalar(select(JobRun.status).where(JobRun.id == job_id))

    return status


@pytest.fixture
def asked(engine):
    """Asks for a book, as somebody else, and takes it as far as is said; returns the request's id."""

    def asked(title="Dune", *statuses, **more):
        with engine.begin() as conn:
            made = requests.create_request(conn, NewBook(title=title, author="Frank Herbert"), by="ann", **more).id
            for status in statuses:
                requests.transition(conn, made, status, f"It came to {status}.", by="test")
        return made

    return asked


@pytest.fixture
def row(engine):
    """One value, or the values of one row."""

    def row(sql, **values):
        with engine.connect() as conn:
            found = tuple(conn.execute(text(sql), values).one())
        return found[0] if len(found) == 1 else found

    return row
