from __future__ import annotations

import json
from pathlib import Path

import pytest

from darkroom.settings import settings
from tests.unit.cli.stub import Darkroom, System, one_sentence

TOKENS = [
    {"id": 7, "name": "Backup", "scope": "read", "createdAt": "2026-01-02T03:04:05Z", "lastUsedAt": None},
    {"id": 8, "name": "other", "scope": "admin", "createdAt": "2026-01-02T03:04:05Z", "lastUsedAt": None},
]


@pytest.fixture
def home(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home on which the system runs, as `darkroom up` leaves it."""
    monkeypatch.setenv("DARKROOM_HOME", str(tmp_path))
    monkeypatch.delenv("DARKROOM_URL")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "darkroom.json").write_text(json.dumps({"url": system.url}))
    (tmp_path / "token").write_text("darkroom_1_own\n")
    settings.cache_clear()
    system.on("GET /api/libraries", {"libraries": []})
    return tmp_path


def test_on_its_home_a_command_shows_the_homes_token(system: System, darkroom: Darkroom, home: Path) -> None:
    assert darkroom("roots", "list").code == 0
    assert system.shown == ["Bearer darkroom_1_own"]


def test_a_named_token_is_shown_instead(
    system: System, darkroom: Darkroom, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_TOKEN", "darkroom_2_named")
    assert darkroom("roots", "list").code == 0
    assert system.shown == ["Bearer darkroom_2_named"]


def test_a_system_elsewhere_never_sees_the_homes_token(
    system: System, darkroom: Darkroom, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARKROOM_URL", system.url)
    assert darkroom("roots", "list").code == 0
    assert system.shown == [None]


def test_a_token_that_is_not_good_is_told_with_what_to_set(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs", {"error": {"code": "unauthenticated", "message": "Sign in."}}, status=401)
    ran = darkroom("status")
    assert ran.code == 1
    assert one_sentence(ran) == f"Darkroom at {system.url} wants a token that is good: set DARKROOM_TOKEN to one."


def test_a_new_token_is_all_that_is_printed(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/admin/tokens", {"name": "backup", "scope": "read", "token": "darkroom_9_secret"}, status=201)
    assert darkroom("access", "token", "add", "backup", "--scope", "read").out == "darkroom_9_secret\n"
    assert system.asked[0][2] == {"name": "backup", "scope": "read"}


def test_a_token_needs_a_scope_that_there_is(system: System, darkroom: Darkroom) -> None:
    assert darkroom("access", "token", "add", "backup").code == 2
    assert darkroom("access", "token", "add", "backup", "--scope", "all").code == 2
    assert system.asked == []


def test_a_token_is_revoked_by_its_name(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/admin/tokens", {"tokens": TOKENS})
    system.on("DELETE /api/admin/tokens/7", {}, status=204)
    assert darkroom("access", "token", "revoke", "backup").out == "The token backup is good for nothing now.\n"
    assert system.requests()[-1] == "DELETE /api/admin/tokens/7"
    ran = darkroom("access", "token", "revoke", "nothing")
    assert one_sentence(ran) == "There is no token nothing; `darkroom access token list` shows them."


def test_tokens_are_listed_without_secrets(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/admin/tokens", {"tokens": TOKENS})
    assert "Backup" in darkroom("access", "token", "list").out
    assert darkroom("access", "token", "list", "--json").json == {"tokens": TOKENS}


def test_a_password_is_made_anew_and_printed(system: System, darkroom: Darkroom) -> None:
    system.on("PUT /api/admin/people/admin/password", {"login": "admin", "password": "abcde-fghjk"})
    assert darkroom("access", "password").out == "The password of admin is now abcde-fghjk\n"
    system.on("PUT /api/admin/people/ann%40home/password", {"login": "ann@home", "password": "x"})
    assert darkroom("access", "password", "ann@home").code == 0


def test_logins_are_added_listed_and_removed(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/admin/people", {"login": "ann", "password": "abcde"}, status=201)
    people = [{"login": "ann", "scope": "operate", "createdAt": "2026-01-02T03:04:05Z", "lastSeenAt": None}]
    system.on("GET /api/admin/people", {"people": people})
    system.on("DELETE /api/admin/people/ann", {}, status=204)
    assert (
        darkroom("access", "login", "add", "ann", "--scope", "operate").out
        == "ann may sign in with the password abcde\n"
    )
    assert {"operate", "never"} <= set(darkroom("access", "login", "list").out.split())
    system.on("PATCH /api/admin/people/ann", {}, status=204)
    assert darkroom("access", "login", "change", "ann", "--scope", "read").out == "ann may read now.\n"
    assert darkroom("access", "login", "remove", "ann").out == "ann may sign in no longer.\n"
