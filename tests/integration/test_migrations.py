"""The migrations make what the models say, once, whoever starts first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from db import ledger
from db.ledger import FollowUp
from db.migrate import MIGRATIONS, upgrade
from db.models import Base
from flows.queues import BY_NAME


def test_the_migrations_make_the_schema_of_the_models(engine):
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), Base.metadata) == []


def test_upgrading_twice_at_once_is_one_upgrade(engine, database):
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with engine.begin() as conn:
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, [database, database]))
    with engine.begin() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest]


def test_a_fresh_database_has_settings_so_that_work_can_be_claimed(engine):
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("preview", "1", "a")], trigger="manual", priority=1)
        assert len(ledger.claim(conn, BY_NAME["preview"], "a")) == 1
