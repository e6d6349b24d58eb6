"""What a person does in a browser, in a word."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Do it").click()


def said(page: Page, sentence: str) -> None:
    expect(page.locator("#said")).to_contain_text(sentence)
