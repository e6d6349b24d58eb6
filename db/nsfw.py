"""What is not to be seen: one view for each table that holds, or belongs to, something NSFW.

The views have the names of their tables and lie in a schema of their own. A transaction that is to hide what is NSFW
puts that schema in front of its search path; from then on every statement on it, whoever wrote it, reads and changes
what is left. So nothing can forget to leave something out. See docs/decisions/nsfw-mode.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, text

from db.models import Base

SCHEMA = "without_nsfw"

_HIDE = text(f"SELECT set_config('search_path', '{SCHEMA}, ' || current_setting('search_path'), true)")
_SHOW = text(f"SELECT set_config('search_path', replace(current_setting('search_path'), '{SCHEMA}, ', ''), true)")
_HIDES = text(f"SELECT starts_with(current_setting('search_path'), '{SCHEMA}, ')")
_MADE_OF = text("SELECT obj_description(to_regnamespace(:schema), 'pg_namespace')")


def hide(conn: Connection) -> None:
    """Hide what is NSFW for the rest of this transaction."""
    conn.execute(_HIDE)


def hides(conn: Connection) -> bool:
    """Whether what is NSFW is hidden now."""
    return bool(conn.scalar(_HIDES))


@contextmanager
def everything(conn: Connection) -> Iterator[None]:
    """Within it, nothing is hidden: for what concerns also what is not shown.

    An error leaves it as it is: it ends the transaction.
    """
    hidden = hides(conn)
    if hidden:
        conn.execute(_SHOW)
    yield
    if hidden:
        hide(conn)


def _flagged() -> dict[str, Table]:
    return {name: table for name, table in Base.metadata.tables.items() if "is_nsfw" in table.c}


def _condition(table: Table, flagged: dict[str, Table]) -> str | None:
    """Of which rows there is nothing NSFW; None where the question does not arise."""
    if table.name in flagged:
        return "NOT is_nsfw"
    owners = sorted((key.parent.name, key.column.table.name) for key in table.foreign_keys)
    conditions = [
        f"NOT EXISTS (SELECT FROM {owner} o WHERE o.id = t.{column} AND o.is_nsfw)"
        for column, owner in owners
        if owner in flagged
    ]
    return " AND ".join(conditions) or None


def statements() -> list[str]:
    """What makes the schema."""
    flagged = _flagged()
    tables = sorted(Base.metadata.tables.items())
    views = [_view(table, condition) for _, table in tables if (condition := _condition(table, flagged))]
    return [f"CREATE SCHEMA {SCHEMA}", *views]


def _view(table: Table, condition: str) -> str:
    # xmax tells a row that was made from one that was there: an INSERT through the view can be asked for it.
    columns = ", ".join(["xmax", *(column.name for column in table.c)])
    return f"CREATE VIEW {SCHEMA}.{table.name} AS SELECT {columns} FROM {table.name} t WHERE {condition}"  # noqa: S608


def digest() -> str:
    """Names what the schema is made of."""
    return hashlib.sha256("\n".join(statements()).encode()).hexdigest()


def is_current(conn: Connection) -> bool:
    """Whether the schema is that of this version."""
    return bool(conn.scalar(_MADE_OF, {"schema": SCHEMA}) == digest())


def drop(conn: Connection) -> None:
    """Remove the views, so that their tables can be changed."""
    conn.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))


def make(conn: Connection) -> None:
    """Make the views of the tables as they are now."""
    for statement in statements():
        conn.execute(text(statement))
    conn.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{digest()}'"))
