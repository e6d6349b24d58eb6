"""The stash-boxes that a person has configured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import IntegrityError

from db.refusals import FieldError


class BoxError(FieldError):
    """What was asked of a stash-box cannot be done; the message is one sentence for people."""


class BoxNotFoundError(LookupError):
    """No stash-box has this id."""


@dataclass(frozen=True)
class Box:
    """A stash-box. Its key is in Prefect, as the block named by `secret_block`."""

    id: int
    name: str
    endpoint: str
    enabled: bool
    secret_block: str | None
    created_at: datetime


_COLUMNS = "id, name, endpoint, enabled, secret_block, created_at"
_LIST = text(f"SELECT {_COLUMNS} FROM stash_boxes ORDER BY lower(name), id")  # noqa: S608  (constants)
_GET = text(f"SELECT {_COLUMNS} FROM stash_boxes WHERE id = :id")  # noqa: S608
_LOCK = text("SELECT FROM stash_boxes WHERE id = :id FOR UPDATE")
_ADD = text(
    f"""
    INSERT INTO stash_boxes (name, endpoint, enabled, secret_block) VALUES (:name, :endpoint, :enabled, :secret_block)
    RETURNING {_COLUMNS}
    """  # noqa: S608
)
_CHANGE = text(
    f"""
    UPDATE stash_boxes SET name = :name, endpoint = :endpoint, enabled = :enabled, secret_block = :secret_block
    WHERE id = :id RETURNING {_COLUMNS}
    """  # noqa: S608
)
_REMOVE = text("DELETE FROM stash_boxes WHERE id = :id RETURNING id")
# Whoever has not been asked yet may know what nobody else did.
_LOOK_UP_AGAIN = text("UPDATE videos SET looked_up_by = NULL WHERE looked_up_by IS NOT NULL")


def list_boxes(conn: Connection) -> list[Box]:
    """All of them, by name."""
    return [Box(**row) for row in conn.execute(_LIST).mappings()]


def enabled_boxes(conn: Connection) -> list[Box]:
    """Those that videos are looked up at."""
    return [box for box in list_boxes(conn) if box.enabled]


def get_box(conn: Connection, box_id: int) -> Box:
    """One of them.

    Raises:
        BoxNotFoundError: there is none with this id.
    """
    row = conn.execute(_GET, {"id": box_id}).mappings().one_or_none()
    if row is None:
        raise BoxNotFoundError(f"There is no stash-box {box_id}.")
    return Box(**row)


def add_box(conn: Connection, *, name: str, endpoint: str, enabled: bool, secret_block: str | None) -> Box:
    """Add a stash-box. Where it is enabled, every video is to be looked up again.

    Raises:
        BoxError: there is one at this address already.
    """
    values = {"name": name, "endpoint": endpoint, "enabled": enabled, "secret_block": secret_block}
    box = _write(conn, _ADD, values)
    if box.enabled:
        conn.execute(_LOOK_UP_AGAIN)
    return box


def change_box(conn: Connection, box_id: int, **changes: Any) -> Box:
    """Change some of `name`, `endpoint`, `enabled` and `secret_block`.

    Raises:
        BoxNotFoundError: there is none with this id.
        BoxError: there is another one at this address.
    """
    conn.execute(_LOCK, {"id": box_id})
    before = get_box(conn, box_id)
    after = _write(conn, _CHANGE, asdict(before) | changes)
    if after.enabled and not (before.enabled and before.endpoint == after.endpoint):
        conn.execute(_LOOK_UP_AGAIN)
    return after


def remove_box(conn: Connection, box_id: int) -> None:
    """Remove a stash-box. What it has proposed stays.

    Raises:
        BoxNotFoundError: there is none with this id.
    """
    if conn.execute(_REMOVE, {"id": box_id}).one_or_none() is None:
        raise BoxNotFoundError(f"There is no stash-box {box_id}.")


def _write(conn: Connection, statement: TextClause, values: dict[str, Any]) -> Box:
    try:
        return Box(**conn.execute(statement, values).mappings().one())
    except IntegrityError as error:
        raise BoxError(f"There is a stash-box at {values['endpoint']} already.", "endpoint") from error
