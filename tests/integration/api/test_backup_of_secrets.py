"""A key that was given to Prefect comes back with a backup, still encrypted, and can be read again."""

from __future__ import annotations

import json

import psycopg
import pytest
from cryptography.fernet import Fernet
from prefect.blocks.system import Secret
from sqlalchemy.engine import make_url

from deployments.backup.databases import Databases
from deployments.backup.make import PREFECT, write
from deployments.postgres import binaries
from deployments.postgres.urls import Urls
from tests.integration.warm.prefect_server import fresh_database


@pytest.fixture
def brought_back(postgres_server, prefect_database, database, deployed, tmp_path):
    """Prefect's database as a backup has it: a connection."""
    Secret(value="the key of a stash-box").save("of-a-stash-box", overwrite=True)
    write(Databases(Urls(database, prefect_database, {}), binaries.find()), tmp_path)
    with fresh_database(postgres_server) as empty:
        there = Databases(Urls(database, empty, {}), binaries.find())
        there.run("pg_restore", make_url(empty), "--exit-on-error", "--no-owner", str(tmp_path / PREFECT))
        with psycopg.connect(empty.replace("+asyncpg", "")) as conn:
            yield conn


def test_a_secret_of_a_backup_can_be_read_again_with_what_is_in_it(brought_back):
    (key,) = brought_back.execute("SELECT value ->> 'fernet_key' FROM configuration WHERE key = 'ENCRYPTION_KEY'")
    (held,) = brought_back.execute("SELECT data FROM block_document WHERE name = 'of-a-stash-box'")
    assert "stash-box" not in str(held[0])
    kept = held[0] if isinstance(held[0], str) else held[0]["encrypted_blob"]
    assert json.loads(Fernet(key[0]).decrypt(kept.encode()))["value"] == "the key of a stash-box"
