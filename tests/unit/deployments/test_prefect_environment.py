from __future__ import annotations

from pathlib import Path

import pytest

from darkroom.settings import Settings
from deployments.postgres.urls import urls_of
from deployments.prefect_env import MARK, environment, server_environment

URLS = urls_of("postgresql://ann@db/media?sslmode=require")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, prefect_port=7699)


def test_everything_meets_at_one_server_and_one_ledger(settings: Settings) -> None:
    found = environment(settings, URLS)

    assert found["PREFECT_API_URL"] == "http://127.0.0.1:7699/api"
    assert found["PREFECT_HOME"] == f"{settings.home}/prefect"
    assert found["DARKROOM_DATABASE_URL"] == URLS.darkroom
    assert found[MARK] == str(settings.home)
    assert found["DO_NOT_TRACK"] == "1"


def test_a_person_s_own_prefect_cloud_is_left_out_of_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_KEY", "pnu_secret")
    monkeypatch.setenv("PREFECT_PROFILE", "cloud")
    monkeypatch.setenv("PREFECT_API_URL", "https://elsewhere.example/api")

    found = environment(settings, URLS)

    assert "PREFECT_API_KEY" not in found
    assert "PREFECT_PROFILE" not in found
    assert found["PREFECT_API_URL"] == "http://127.0.0.1:7699/api"


def test_a_proxy_is_not_asked_for_this_machine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "nas.local")

    assert environment(settings, URLS)["NO_PROXY"] == "nas.local,127.0.0.1,localhost"


def test_only_the_server_gets_what_is_the_server_s(settings: Settings) -> None:
    server = server_environment(settings, URLS)

    assert server["PREFECT_SERVER_DATABASE_CONNECTION_URL"] == URLS.prefect
    assert server["PGSSLMODE"] == "require"
    assert "*" not in server["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"]
    assert "PREFECT_SERVER_DATABASE_CONNECTION_URL" not in environment(settings, URLS)
