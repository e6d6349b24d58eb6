"""A Prefect server with all deployments, and who compares it with the ledger."""

from __future__ import annotations

import pytest

from db import ledger
from ops_api.agreement import Agreement
from ops_api.prefect import Prefect


@pytest.fixture
def api(api):
    yield api
    api.delete_runs()


@pytest.fixture
def prefect(deployed):
    prefect = Prefect(deployed["PREFECT_API_URL"])
    yield prefect
    prefect.close()


@pytest.fixture
def freed():
    """One for each time that queues were told to wait no longer."""
    return []


@pytest.fixture
def agreement(engine, prefect, freed):
    return Agreement(engine, prefect, freed=lambda: freed.append(True))


@pytest.fixture
def noted(engine):
    def noted():
        with engine.connect() as conn:
            return [each.says for each in ledger.recent(conn)]

    return noted
