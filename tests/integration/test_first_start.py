"""What a start makes so that somebody can come in."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine

from darkroom.settings import Settings
from db.access import passwords, people, tokens
from deployments.up.access import Keys, make_keys


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def whose(engine: Engine, token: str) -> str | None:
    with engine.begin() as conn:
        found = tokens.find(conn, token.strip())
    return found and f"{found} ({found.scope})"


def test_the_first_start_hands_out_a_login_and_a_token_and_the_second_nothing(
    settings: Settings, engine: Engine, database: str
) -> None:
    keys = make_keys(settings, database)
    assert isinstance(keys, Keys)
    with engine.connect() as conn:
        person = people.find(conn, "admin")
    assert person
    assert passwords.matches(keys.password, person.password_hash)
    assert whose(engine, keys.token) == "token admin (admin)"
    assert make_keys(settings, database) is None
    assert whose(engine, keys.token) == "token admin (admin)"


def test_the_command_lines_token_is_kept_while_it_is_good_and_made_anew_when_it_is_not(
    settings: Settings, engine: Engine, database: str
) -> None:
    make_keys(settings, database)
    first = settings.token_file.read_text()
    assert stat.S_IMODE(settings.token_file.stat().st_mode) == 0o600
    assert str(whose(engine, first)).startswith("token command line on ")
    make_keys(settings, database)
    assert settings.token_file.read_text() == first
    settings.token_file.write_text("nonsense")
    settings.token_file.chmod(0o644)
    make_keys(settings, database)
    assert whose(engine, settings.token_file.read_text())
    assert stat.S_IMODE(settings.token_file.stat().st_mode) == 0o600
    assert whose(engine, first) is None


def test_where_there_is_to_be_no_login_nothing_is_made(tmp_path: Path, engine: Engine, database: str) -> None:
    settings = Settings(home=tmp_path, login=False)
    assert make_keys(settings, database) is None
    assert not settings.token_file.exists()
    with engine.connect() as conn:
        assert people.listed(conn) == []
