"""Bring a database to the schema of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from db import nsfw
from db.engine import make_engine

MIGRATIONS = Path(__file__).parent / "migrations"

# Two that start at once take turns; the second then finds nothing to do.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('darkroom migrations', 0))")


def config(connection: Connection) -> Config:
    """What alembic needs to know, without a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    """Run the migrations that the database at this URL lacks, all or none.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: a migration failed; the database is as it was.
    """
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(_LOCK)
            if not _is_current(connection):
                nsfw.drop(connection)
                command.upgrade(config(connection), "head")
                nsfw.make(connection)
    finally:
        engine.dispose()


def _is_current(connection: Connection) -> bool:
    """Whether there is nothing to do, so that views which others are reading are not made anew at each start."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest and nsfw.is_current(connection)
