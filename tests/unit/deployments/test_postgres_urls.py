from __future__ import annotations

from pathlib import Path

import pytest

from deployments.errors import StartError
from deployments.postgres.urls import urls_of, urls_of_socket


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_each_reader_gets_its_driver_however_a_person_spelled_the_url(scheme: str) -> None:
    urls = urls_of(f"{scheme}://ann:secret@db.example:5433/media")

    assert urls.darkroom == "postgresql+psycopg://ann:secret@db.example:5433/media"
    assert urls.prefect == "postgresql+asyncpg://ann:secret@db.example:5433/prefect"


def test_a_password_with_marks_of_a_url_in_it_survives() -> None:
    urls = urls_of("postgresql://ann:p%40ss%2Fword@db/media")

    assert urls.darkroom.startswith("postgresql+psycopg://ann:p%40ss%2Fword@db/")
    assert urls.prefect.startswith("postgresql+asyncpg://ann:p%40ss%2Fword@db/")


def test_asyncpg_gets_the_tls_options_through_its_environment() -> None:
    urls = urls_of("postgresql://ann@db/media?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=3")

    assert "sslmode=verify-full" in urls.darkroom
    assert urls.prefect == "postgresql+asyncpg://ann@db/prefect"
    assert urls.environment == {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/ca.pem"}


def test_a_socket_in_a_folder_with_spaces_is_an_address_for_both() -> None:
    urls = urls_of_socket(Path("/home/ann lee/socket"), "darkroom")

    assert urls.darkroom == "postgresql+psycopg://darkroom@/darkroom?host=%2Fhome%2Fann%20lee%2Fsocket"
    assert urls.prefect == "postgresql+asyncpg://darkroom@/prefect?host=%2Fhome%2Fann%20lee%2Fsocket"


@pytest.mark.parametrize("url", ["mysql://db/media", "db.example", "postgresql://db", "", "postgresql://db:port/x"])
def test_what_is_no_url_of_a_postgresql_database_is_refused_with_the_form_it_has(url: str) -> None:
    with pytest.raises(StartError, match="write postgresql://user:password@host:port/database"):
        urls_of(url)


def test_the_database_that_prefect_keeps_is_refused_for_the_ledger() -> None:
    with pytest.raises(StartError, match="Prefect's own"):
        urls_of("postgresql://db/prefect")
