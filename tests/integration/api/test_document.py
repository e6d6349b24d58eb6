"""Whatever the API's own document provokes, no answer is a server's error."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from sqlalchemy import Engine, create_engine, text

from tests.serve import serving, token

#: Endless by design.
STREAM = "/api/events"


@pytest.fixture(scope="module")
def application(postgres_server, template_database):
    """The application on a database that the whole module may spoil."""
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    name = f"{template_database}_document"
    with server.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    engine: Engine = create_engine(postgres_server.set(database=name))
    with serving(engine) as (url, _):
        yield url, lambda: {"Authorization": f"Bearer {token(engine)}"}
    engine.dispose()
    with server.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def test_no_request_that_the_document_allows_is_a_server_error(application):
    url, shows = application
    document = schemathesis.openapi.from_url(f"{url}/api/openapi.json", headers=shows()).exclude(path=STREAM)
    asked = []
    for operation in (each.ok() for each in document.get_all_operations()):

        @settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case):
            answer = case.call(headers=shows())  # a new one: what is asked for may be to revoke it
            assert answer.status_code != 401
            # What is away (Prefect here) is said with 503, and is no error of this server.
            if answer.status_code != 503:
                case.validate_response(answer, checks=(not_a_server_error,))

        ask()
        asked.append(operation.label)
    assert len(asked) > 50
