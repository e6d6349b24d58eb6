"""Every page in both themes, as axe-core sees it: nothing serious."""

from __future__ import annotations

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe

from db import collections, ledger, requests
from db.ledger import Event
from db.requests import INDEXERS, NewBook
from ops_api.frame import PAGES
from tests.rows import add_folder, add_job, add_video

#: Best practices that are a matter of taste are not counted.
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def job(engine):
    """A ledger in which something of everything is to be seen; returns a failed job."""
    with engine.begin() as conn:
        add_video(conn, add_folder(conn))
        for state in ("queued", "running", "completed", "cancelled"):
            add_job(conn, state, "preview")
        ledger.pause(conn, "fingerprint", by="Ada")
        rules = {"type": "condition", "field": "rating", "operator": "is_null"}
        collections.add_collection(conn, name="Unrated", mode="dynamic", rules=rules)
        collections.refresh(conn, 1, seconds=10)
        failed = add_job(conn, "failed", "preview")
        book = NewBook(title="Dune", author="Frank Herbert", release_date=date(9999, 1, 1), description="Long.")
        wanted = requests.create_request(conn, book, by="Ada").id
        INDEXERS.add(conn, name="Books", kind="torznab", url="http://127.0.0.1:9")
        requests.block(conn, wanted, "Dune Abridged", source="manual", reason="Too short.")
        ledger.add_events(conn, [Event(failed, 1, "error", "preview", "Failed for good.", {"error": "moov"})])
    return failed


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_page_has_a_serious_finding(address, live, job, theme):
    live.context.add_cookies([{"name": "darkroom_theme", "value": theme, "url": address}])
    found = {}
    for path in (
        *(page.address for page in PAGES),
        f"/jobs/{job}",
        "/library/videos/1",
        "/library/missing",
        "/requests/new",
        "/requests/1",
        "/requests/1?browse=",
        "/library/proposals",
        "/queues/preview",
        "/library/collections/new",
        "/library/collections/1",
        "/logs?errors=1",
        "/settings?browse=",
        "/settings/integrations?browse=",
    ):
        live.goto(f"{address}{path}")
        looked = Axe().run(live, options=RULES).response
        assert "color-contrast" in {rule["id"] for rule in looked["passes"] + looked["violations"]}
        serious = [each for each in looked["violations"] if each["impact"] in ("serious", "critical")]
        found |= {
            (path, each["id"]): [node["html"][:200] + " " + node["failureSummary"][:200] for node in each["nodes"][:3]]
            for each in serious
        }
    assert found == {}
