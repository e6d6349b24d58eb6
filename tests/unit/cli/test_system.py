from __future__ import annotations

from pathlib import Path

import pytest

from darkroom.settings import settings
from deployments.cli import app
from deployments.errors import StartError
from tests.unit.cli.stub import Darkroom, System, one_sentence


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DARKROOM_HOME", str(tmp_path))
    settings.cache_clear()
    return tmp_path


def test_a_second_up_on_a_home_says_that_the_first_runs(darkroom: Darkroom, home: Path) -> None:
    from deployments.up.lock import HomeLock

    with HomeLock(home) as lock:
        lock.take()
        ran = darkroom("up")
    assert ran.code == 1
    assert "already running" in one_sentence(ran)


def test_down_where_nothing_runs_says_so(darkroom: Darkroom) -> None:
    assert darkroom("down").out == "Nothing was running.\n"


def test_what_did_not_start_shows_its_own_last_words(darkroom: Darkroom, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise StartError("Prefect's server ended instead of starting", "Traceback\n  \x1b[31mport taken")

    monkeypatch.setattr(app, "app", fail)
    ran = darkroom("up")
    assert ran.code == 1
    assert ran.err == "Prefect's server ended instead of starting.\nTraceback\n  ␛[31mport taken\n"


def test_the_doctor_says_what_is_wrong_and_what_to_do(darkroom: Darkroom, system: System) -> None:
    checks = [
        {"group": "Prefect", "name": "Server", "state": "bad", "says": "Does not answer.", "remedy": "darkroom up"},
        {"group": "Database", "name": "Clock", "state": "ok", "says": "They agree.", "remedy": None},
    ]
    system.on("GET /api/health", {"state": "bad", "checks": checks})
    ran = darkroom("doctor")
    assert ran.code == 1
    assert "Does not answer. darkroom up" in ran.out
    assert "what to do stands beside it" in ran.err
    system.answers.clear()
    system.on("GET /api/health", {"state": "ok", "checks": checks[1:]})
    assert darkroom("doctor", "--json").json["state"] == "ok"
