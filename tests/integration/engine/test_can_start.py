"""A flow knows within a moment whether Prefect would start another, however Prefect fails."""

from __future__ import annotations

import socket

import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_RETRY_EXTRA_CODES,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    temporary_settings,
)
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from flows import runs
from flows.queues import BY_NAME
from flows.runs import PrefectRunner
from tests.answering import answering


def can_start(url):
    # as deployments/prefect_env.py has it
    environment = {
        PREFECT_API_URL: f"{url}/api",
        PREFECT_CLIENT_RETRY_EXTRA_CODES: {500, 504},
        PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False,
    }
    with temporary_settings(environment):
        return PrefectRunner(BY_NAME["preview"]).can_start()


@pytest.mark.parametrize(("status", "can"), [(200, True), (401, True), (500, False)])
def test_a_server_that_fails_starts_none(status, can):
    asked = []

    async def ready(_):
        asked.append(status)
        return Response(status_code=status)

    with answering(Starlette(routes=[Route("/api/ready", ready)])) as url:
        assert can_start(url) is can
    assert len(asked) == 1


def test_a_server_that_is_silent_or_away_starts_none(monkeypatch):
    monkeypatch.setattr(runs, "MOMENT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert can_start(url) is False
    assert can_start(url) is False
