"""Bring a database to the schema of this version."""

from __future__ import annotations

from dataclasses import dataclass
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


class NewerSchemaError(Exception):
    """The tables are of a version that came after this one; the message is one sentence that says what to do."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"The database has the schema {found} of a newer Darkroom, which this version does not know: "
            "install that version again, or restore a backup of this one."
        )


@dataclass(frozen=True)
class Schema:
    """Of which version the tables of a database are, and of which they are to be."""

    #: None where there are no tables yet.
    found: str | None
    newest: str
    #: Every schema that this version knows how to change into the newest.
    known: frozenset[str]

    @property
    def is_older(self) -> bool:
        """Whether there are tables that this version has to change first."""
        return self.found in self.known and self.found != self.newest

    @property
    def is_newer(self) -> bool:
        """Whether the tables are of a version that this one does not know."""
        return self.found is not None and self.found not in self.known


def schema(connection: Connection) -> Schema:
    """What the database has and what this version wants."""
    revisions = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    return Schema(MigrationContext.configure(connection).get_current_revision(), revisions[0], frozenset(revisions))


def schema_at(url: str) -> Schema:
    """The same of the database at this URL.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return schema(connection)
    finally:
        engine.dispose()


def config(connection: Connection) -> Config:
    """What alembic needs to know, without a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    """Run the migrations that the database at this URL lacks, all or none.

    Raises:
        NewerSchemaError: its tables are of a newer version; nothing is changed.
        sqlalchemy.exc.SQLAlchemyError: a migration failed; the database is as it was.
    """
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(_LOCK)
            run_migrations(connection)
    finally:
        engine.dispose()


def run_migrations(connection: Connection) -> None:
    """The same on a connection; whoever opened the transaction commits it."""
    there = schema(connection)
    if there.is_newer:
        raise NewerSchemaError(str(there.found))
    # Views which others are reading are not made anew at each start.
    if there.found != there.newest or not nsfw.is_current(connection):
        nsfw.drop(connection)
        command.upgrade(config(connection), "head")
        nsfw.make(connection)
