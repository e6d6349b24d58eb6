"""Take the pictures of the documentation: every page of a running system, in both themes.

    .venv/bin/python -m docs.screenshots http://127.0.0.1:7600 admin PASSWORD [NAME...]

The page's login is needed, because a browser signs in as a person does, the one that
`make install-tests` installs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from deployments.install.machine import browser as browser_of_the_tests
from ops_api.frame import PAGES

OUT = Path(__file__).with_name("screenshots")
#: What the rail does not lead to, by the name of its picture.
MORE = {
    "new-request": "/requests/new",
    "request": "/requests/1",
    "integrations": "/settings/integrations",
    "queue": "/queues/preview",
    "proposals": "/library/proposals",
}
#: Pixels; higher pages are cut here.
WIDTH, HEIGHT = 1280, 1000
#: Time for pictures to load and for the page to say that it is live (milliseconds).
SETTLE = 2500


def main(address: str, login: str, password: str, *names: str) -> None:
    """Sign in, and take each page dark and light, or only those of these names."""
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_of_the_tests(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{address}/login")
        page.get_by_label("Login").fill(login)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        for theme in ("dark", "light"):
            page.context.add_cookies([{"name": "darkroom_theme", "value": theme, "url": address}])
            for name, where in ({shown.name: shown.address for shown in PAGES} | MORE).items():
                if not names or name in names:
                    _take(page, f"{address}{where}", OUT / f"{name}-{theme}.png")
        browser.close()


def _take(page: Page, address: str, file: Path) -> None:
    answer = page.goto(address)
    page.wait_for_timeout(SETTLE)
    # a system in which nobody has asked for a book yet has no page of one
    if answer and answer.ok:
        page.screenshot(path=file)


if __name__ == "__main__":
    main(*sys.argv[1:])
