from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from darkroom.settings import Settings
from deployments.errors import StartError
from deployments.postgres.urls import urls_of
from deployments.prefect_env import check_prefect, environment, prefect_url, server_environment
from deployments.up.access import check_login
from deployments.up.programs import Programs

URLS = urls_of("postgresql://ann@db/media")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_without_a_login_this_machine_may_be_listened_to(host: str) -> None:
    check_login(Settings(host=host, login=False))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "nas.lan", ""])
def test_without_a_login_nobody_else_may_reach_the_page(host: str) -> None:
    with pytest.raises(StartError, match=r"leave out --no-auth, or leave DARKROOM_HOST as it is\.$"):
        check_login(Settings(host=host, login=False))
    check_login(Settings(host=host))


@pytest.mark.parametrize("auth", [None, SecretStr(""), SecretStr("no colon")])
def test_beyond_this_machine_prefect_wants_a_password(auth: SecretStr | None) -> None:
    with pytest.raises(StartError, match="DARKROOM_PREFECT_AUTH"):
        check_prefect(Settings(prefect_host="0.0.0.0", prefect_auth=auth))


def test_prefects_password_is_known_to_its_server_and_to_all_that_speak_to_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, prefect_host="0.0.0.0", prefect_port=7699, prefect_auth=SecretStr("ann:secret"))
    check_prefect(settings)
    assert prefect_url(settings) == "http://127.0.0.1:7699"
    assert environment(settings, URLS)["PREFECT_API_AUTH_STRING"] == "ann:secret"
    server = server_environment(settings, URLS)
    assert (server["PREFECT_SERVER_API_HOST"], server["PREFECT_SERVER_API_AUTH_STRING"]) == ("0.0.0.0", "ann:secret")
    assert "secret" not in repr(settings)


def test_prefect_listens_to_this_machine_only_unless_told_otherwise(tmp_path: Path) -> None:
    server = server_environment(Settings(home=tmp_path), URLS)
    assert server["PREFECT_SERVER_API_HOST"] == "127.0.0.1"
    assert "PREFECT_SERVER_API_AUTH_STRING" not in server


def test_a_proxy_is_believed_only_where_it_was_named(tmp_path: Path) -> None:
    def api(settings: Settings) -> str:
        return " ".join(Programs(settings).api().argv)

    url = "postgresql://ann@db/media"
    assert "--no-proxy-headers" in api(Settings(home=tmp_path, database_url=url))
    named = api(Settings(home=tmp_path, database_url=url, trusted_proxies="192.0.2.7,192.0.2.8"))
    assert "--proxy-headers --forwarded-allow-ips 192.0.2.7,192.0.2.8" in named


def test_what_a_command_signs_in_with_is_not_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_TOKEN", "darkroom_1_secret")
    assert "DARKROOM_TOKEN" not in environment(Settings(home=tmp_path), URLS)
