"""`prefect.yaml` says what `flows/queues.py` says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from db import library_settings
from flows.queues import QUEUES
from ops_api.auto_scan import SLUG

FILE = Path(__file__).resolve().parents[2] / "prefect.yaml"
ENTRIES: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in yaml.safe_load(FILE.read_text())["deployments"]}
NAMES = [queue.name for queue in QUEUES]


def test_each_queue_has_one_deployment_and_there_is_nothing_else_but_dispatch():
    names = [entry["name"] for entry in yaml.safe_load(FILE.read_text())["deployments"]]
    assert sorted(names) == sorted([*NAMES, "dispatch"])


@pytest.mark.parametrize("name", [*NAMES, "dispatch"])
def test_a_deployment_starts_the_flow_of_its_own_name_on_the_pool(name: str):
    entry = ENTRIES[name]
    *module, function = entry["entrypoint"].split(".")
    source = (FILE.parent.joinpath(*module).with_suffix(".py")).read_text()
    assert module[0] == "flows"
    assert function == name.replace("-", "_")
    assert f"\ndef {function}(" in source
    assert entry["work_pool"] == {"name": "darkroom"}


#: The sweeps of requests and the looks at libraries, by Greenwich's clock.
SWEEPS = {
    "scan_plex": "0 */6 * * *",
    "plex_recently_added_check": "*/5 * * * *",
    "retry_missing_torrents": "0 0 * * *",
    "retry_failed_imports": "0 */6 * * *",
    "monitor_rss_feeds": "*/15 * * * *",
    "cleanup_seeded_torrents": "*/30 * * * *",
}


def test_dispatch_the_upkeep_of_collections_and_files_and_sweeps_run_by_themselves_and_a_scan_once_a_person_wants_it():
    schedules = {name: entry["schedules"] for name, entry in ENTRIES.items() if "schedules" in entry}
    sweeps = {name: schedules.pop(name)[0]["cron"] for name in SWEEPS}
    assert sweeps == SWEEPS
    usual = library_settings.Settings()
    assert schedules == {
        "dispatch": [{"slug": "every-minute", "interval": 60}],
        "collection-refresh": [{"slug": "hourly", "interval": 3600}],
        "library-maintenance": [{"slug": "weekly", "cron": "30 4 * * 0"}],
        "library-scan": [
            {"slug": SLUG, "interval": usual.scan_interval_minutes * 60, "active": usual.auto_scan_enabled}
        ],
    }


def test_nothing_is_fetched_before_a_flow_runs():
    assert yaml.safe_load(FILE.read_text())["pull"] == []
