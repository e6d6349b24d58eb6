"""The migrations make what the models say, once, whoever starts first; from every schema that there ever was."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, text

from db import ledger
from db.ledger import FollowUp
from db.migrate import MIGRATIONS, NewerSchemaError, config, run_migrations, upgrade
from db.models import Base
from flows.queues import BY_NAME
from tests import every_table

REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]
#: What a later schema does without: what it counts itself, and what it knows in another way.
DROPPED = {"collections": {"item_count"}, "videos": {"identify_revision"}}


def test_the_migrations_make_the_schema_of_the_models(engine):
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), Base.metadata) == []


def test_upgrading_twice_at_once_is_one_upgrade(engine, database):
    with engine.begin() as conn:
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, [database, database]))
    with engine.begin() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == REVISIONS[-1:]


def test_a_fresh_database_has_settings_so_that_work_can_be_claimed(engine):
    with engine.begin() as conn:
        ledger.enqueue(conn, [FollowUp("preview", "1", "a")], trigger="manual", priority=1)
        assert len(ledger.claim(conn, BY_NAME["preview"], "a")) == 1


class Ladder:
    """One transaction on an empty database that goes up from schema to schema and is never committed."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.revision: str | None = None

    def climb(self, revision: str) -> None:
        if self.revision is None or revision < self.revision:
            self.conn.rollback()
        command.upgrade(config(self.conn), revision)
        self.revision = revision


@pytest.fixture(scope="module")
def ladder(postgres_server: URL) -> Iterator[Ladder]:
    name = f"schemas_{uuid.uuid4().hex[:8]}"
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    engine = create_engine(postgres_server.set(database=name))
    with engine.connect() as conn:
        yield Ladder(conn)
    engine.dispose()
    with server.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_nothing_is_lost_on_the_way_from_any_schema_to_this_one(ladder: Ladder, revision: str) -> None:
    ladder.climb(revision)
    conn = ladder.conn
    with conn.begin_nested() as as_it_was:
        every_table.fill(conn)
        before = every_table.contents(conn)
        assert all(before.values()), "every table has rows"
        run_migrations(conn)
        after = every_table.contents(conn)
        for table, rows in ((table, rows) for table, rows in before.items() if table not in every_table.GONE):
            dropped = DROPPED.get(table, set())
            kept = [{name: row.get(name) for name in rows[0].keys() - dropped} for row in after[table]]
            assert len(kept) == len(rows), table
            for row in rows:
                assert {name: row[name] for name in row.keys() - dropped} in kept, table
        the_database_is_whole(conn)
        as_it_was.rollback()


def the_database_is_whole(conn: Connection) -> None:
    assert conn.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]
    assert conn.scalar(text("SELECT count(*) FROM pg_constraint WHERE NOT convalidated")) == 0
    counted = text("SELECT status, is_nsfw, sum(jobs) FROM job_totals GROUP BY 1, 2 HAVING sum(jobs) <> 0 ORDER BY 1")
    there = text("SELECT status, is_nsfw, count(*) FROM job_runs WHERE cleared_at IS NULL GROUP BY 1, 2 ORDER BY 1")
    assert conn.execute(counted).all() == conn.execute(there).all() != []
    # what waited can be worked on, what is NSFW can be hidden
    assert [job.target_label for job in ledger.claim(conn, BY_NAME["preview"], "a")] == ["job_runs target_label 1"]
    assert conn.scalar(text("SELECT count(*) FROM without_nsfw.videos")) == 1


def test_the_tables_of_a_newer_version_are_refused_and_left_alone(engine, database):
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        every_table.fill(conn)
        before = every_table.contents(conn)
    with pytest.raises(NewerSchemaError, match="schema 9999 of a newer Darkroom"):
        upgrade(database)
    with engine.begin() as conn:
        assert every_table.contents(conn) == before
