"""Every page in both themes as axe-core sees it: nothing serious. And every page whole on a phone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from db import collections, identify, ledger, requests
from db.ledger import Event
from db.requests import INDEXERS, NewBook
from ops_api.frame import PAGES
from tests.acceptance.releases import downloading, found
from tests.rows import add_folder, add_job, add_video

#: Best practices that are a matter of taste are not counted. The light theme differs in its colours only.
RULES = {
    "dark": {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}},
    "light": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
}


#: Every page, and the looks of some that have several.
PATHS = (
    *(page.address for page in PAGES),
    "/jobs/{job}",
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
)

#: What of a page lies beyond the edges of the window, is cut off, or is too small for a thumb.
LOOK = Path(__file__).with_name("narrow.js").read_text()
#: Pixels of CSS, as a common phone has them.
PHONE = {"width": 390, "height": 844}

#: No place to break a line for longer than a phone is wide.
LONG = f"/media/videos/A-Series-{'with-a-long-name-' * 6}/Season 01/{'Another-long-name-' * 6}.mkv"


@pytest.fixture
def job(engine):
    """A ledger in which something of everything is to be seen; returns a failed job."""
    with engine.begin() as conn:
        film = add_video(conn, add_folder(conn), file_path=LONG)
        identify.hand_in(conn, video_id=film, source="tmdb", remote_id="1", proposed={"title": LONG, "studio": "Quay"})
        for state in ("queued", "running", "completed", "cancelled"):
            add_job(conn, state, "preview", target_label=LONG)
        ledger.pause(conn, "fingerprint", by="Ada")
        rules = {"type": "condition", "field": "rating", "operator": "is_null"}
        collections.add_collection(conn, name="Unrated", mode="dynamic", rules=rules)
        collections.refresh(conn, 1, seconds=10)
        failed = add_job(conn, "failed", "preview", error=f"{LONG}: moov atom not found")
        book = NewBook(title="Dune", author="Frank Herbert", release_date=date(9999, 1, 1), description="Long.")
        wanted = requests.create_request(conn, book, by="Ada").id
        INDEXERS.add(conn, name="Books", kind="torznab", url=f"http://127.0.0.1:9{LONG.replace(' ', '')}")
        requests.block(conn, wanted, "Dune Abridged", source="manual", reason="Too short.")
        ledger.add_events(conn, [Event(failed, 1, "error", "preview", "Failed for good.", {"error": "moov"})])
    found(engine, wanted)
    downloading(engine, wanted, 42)
    return failed


@pytest.mark.parametrize("theme", RULES)
def test_no_page_has_a_serious_finding(address, live, job, theme):
    live.context.add_cookies([{"name": "darkroom_theme", "value": theme, "url": address}])
    found = {}
    for path in PATHS:
        live.goto(f"{address}{path.format(job=job)}")
        looked = Axe().run(live, options=RULES[theme]).response
        assert "color-contrast" in {rule["id"] for rule in looked["passes"] + looked["violations"]}
        serious = [each for each in looked["violations"] if each["impact"] in ("serious", "critical")]
        found |= {
            (path, each["id"]): [node["html"][:200] + " " + node["failureSummary"][:200] for node in each["nodes"][:3]]
            for each in serious
        }
    assert found == {}


def test_a_phone_shows_every_page_whole_and_has_room_for_a_thumb(address, live, job):
    live.set_viewport_size(PHONE)
    found = {}
    for path in (*PATHS, "/library?columns=path,size", "/library/galleries", "/library/audio"):
        live.goto(f"{address}{path.format(job=job)}")
        found[path] = live.evaluate(LOOK)
    assert {path: complaints for path, complaints in found.items() if complaints} == {}


def test_what_a_phone_does_not_show_whole_is_noticed(live):
    live.set_viewport_size(PHONE)
    live.set_content(
        "<p style='width: 500px'>Too wide<p style='width: 99px; overflow-x: hidden; white-space: nowrap'>"
        "Cut off, as it is longer than it may be</p><button style='font-size: 8px'>Go</button>"
    )
    kinds = {complaint.split(":")[0] for complaint in live.evaluate(LOOK)}
    assert kinds == {"the page scrolls sideways", "beyond the edge", "cut off", "too small for a thumb"}
