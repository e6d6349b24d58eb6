from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest

from darkroom.settings import settings
from deployments.cli import client
from deployments.cli.options import LARGEST_ID
from tests.unit.cli.stub import Darkroom, System, one_sentence


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Darkroom of its own that was never started."""
    monkeypatch.delenv("DARKROOM_URL", raising=False)
    monkeypatch.setenv("DARKROOM_HOME", str(tmp_path))
    settings.cache_clear()
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def _forget_settings() -> None:
    settings.cache_clear()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fly",), "No such command 'fly'."),
        (("scan",), "Missing argument 'PATH'."),
        (("roots",), "Missing command."),
        (("status", "--loud"), "No such option: --loud"),
        (("jobs", "--limit", "0"), "--limit"),
        (("jobs", "--limit", "many"), "--limit"),
        (("jobs", "--status", "asleep"), "'queued', 'running', 'completed', 'failed', 'cancelled'"),
        (("job", "first"), "'first' is not a job's number; `darkroom jobs` lists them."),
        (("job", "0"), "'0' is not a job's number"),
        (("retry", "٣"), "is not a job's number"),
        (("cancel", str(LARGEST_ID + 1)), "is not a job's number"),
        (("run", "sleep"), "There is no queue 'sleep'; the queues are library-scan, gallery-scan,"),
        (("jobs", "--queue", "a\nb"), "There is no queue"),
        (("up", "--library", "/nowhere/at/all"), "/nowhere/at/all is not a folder."),
        (("up", "--library", "/tmp", "--sample"), "not both"),
        (("scan", "/tmp", "--timeout", "-1"), "--timeout"),
    ],
)
def test_wrong_usage_is_one_sentence_and_2(
    system: System, darkroom: Darkroom, words: tuple[str, ...], says: str
) -> None:
    ran = darkroom(*words)
    assert ran.code == 2
    assert says in one_sentence(ran)
    assert system.asked == []


def test_an_unknown_id_is_the_systems_sentence_and_1(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs/9", {"error": {"code": "not_found", "message": "There is no job 9."}}, 404)
    ran = darkroom("job", "9")
    assert (ran.code, one_sentence(ran)) == (1, "There is no job 9.")


def test_what_the_system_calls_invalid_is_2(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs/search", {"error": {"code": "invalid", "message": "limit: Too large."}}, 422)
    ran = darkroom("jobs")
    assert (ran.code, one_sentence(ran)) == (2, "limit: Too large.")


def test_a_database_that_is_away_is_the_systems_sentence_and_1(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs", {"error": {"code": "database_away", "message": "The database is away."}}, 503)
    ran = darkroom("status", "--json")
    assert (ran.code, one_sentence(ran)) == (1, "The database is away.")


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>hello"), (200, [1]), (502, b"<html>oops"), (404, {"detail": 1})]
)
def test_another_program_at_the_address_is_named_as_such(
    system: System, darkroom: Darkroom, status: int, body: object
) -> None:
    system.on("GET /api/jobs", body, status)
    ran = darkroom("status")
    assert ran.code == 1
    assert one_sentence(ran).startswith(f"What answers at {system.url} is not Darkroom")


def test_a_server_that_is_gone_is_one_sentence(darkroom: Darkroom, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DARKROOM_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        ran = darkroom("status")
    assert ran.code == 1
    assert "does not answer at http://127.0.0.1:" in one_sentence(ran)


def test_a_server_that_hangs_is_one_sentence(darkroom: Darkroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT", httpx.Timeout(0.05))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DARKROOM_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        ran = darkroom("status")
    assert ran.code == 1
    assert "did not answer in time" in one_sentence(ran)


@pytest.mark.parametrize("url", ["", "ftp://here", "localhost:7600", "http://", "http://[", "http://a:99999"])
def test_an_address_that_is_none_is_wrong_usage(
    darkroom: Darkroom, monkeypatch: pytest.MonkeyPatch, home: Path, url: str
) -> None:
    monkeypatch.setenv("DARKROOM_URL", url)
    ran = darkroom("status")
    expected = (2, "DARKROOM_URL must be") if url else (1, "Darkroom is not running")
    assert ran.code == expected[0]
    assert one_sentence(ran).startswith(expected[1])


def test_a_system_that_was_not_started_is_named(darkroom: Darkroom, home: Path) -> None:
    ran = darkroom("status")
    assert (ran.code, one_sentence(ran)) == (1, "Darkroom is not running; `darkroom up` starts it.")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_note_of_the_address_is_one_sentence(darkroom: Darkroom, home: Path, content: str) -> None:
    (home / "run" / "darkroom.json").write_text(content)
    ran = darkroom("status")
    assert ran.code == 1
    assert "darkroom.json cannot be read" in one_sentence(ran)


def test_the_address_is_found_where_up_wrote_it(system: System, darkroom: Darkroom, home: Path) -> None:
    (home / "run" / "darkroom.json").write_text(json.dumps({"pid": 1, "url": system.url}))
    system.on("GET /api/jobs/search", {"jobs": [], "nextBefore": None})
    assert darkroom("jobs").code == 0
    assert system.requests() == ["GET /api/jobs/search"]


def test_a_setting_that_makes_no_sense_is_named(
    darkroom: Darkroom, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_PORT", "high")
    ran = darkroom("status")
    assert ran.code == 2
    assert "DARKROOM_PORT" in one_sentence(ran)


def test_ctrl_c_ends_with_130(system: System, darkroom: Darkroom, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(client.Client, "_ask", interrupt)
    ran = darkroom("status")
    assert (ran.code, ran.out) == (130, "")
