"""What a person does in a browser, in a word."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.waiting import until


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Do it").click()


def said(page: Page, sentence: str) -> None:
    expect(page.locator("#said")).to_contain_text(sentence)


def heard(page: Page, condition: Callable[[], bool]) -> None:
    """Waits for what a listener on the page is told, which is nothing while the browser is not listened to."""
    until(lambda: condition() or page.wait_for_timeout(20), "what the page was to be heard doing")
