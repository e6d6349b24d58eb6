"""What was done by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, text

from db.access.types import Who
from db.models import AuditEntry

_TABLE = AuditEntry.__table__
_PRUNE = text("DELETE FROM audit WHERE at < now() - interval '400 days'")


def record(conn: Connection, who: Who | str, action: str, details: Mapping[str, Any] | None = None) -> None:
    """Write it down, in the transaction in which it is done. The details must hold no secret."""
    said = {name: value for name, value in (details or {}).items() if value is not None}
    conn.execute(insert(AuditEntry).values(who=str(who), action=action, details=said))


def read(conn: Connection, *, before: int | None = None, limit: int = 100) -> list[RowMapping]:
    """Entries, newest first, from before the one with this id."""
    wanted = select(_TABLE).order_by(_TABLE.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(_TABLE.c.id < before)
    return list(conn.execute(wanted).mappings())


def prune(conn: Connection) -> int:
    """Forget what was done more than a year ago; how much that was."""
    return conn.execute(_PRUNE).rowcount
