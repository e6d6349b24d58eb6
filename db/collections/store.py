"""Collections themselves: made, read, changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, TextClause, text
from sqlalchemy.exc import IntegrityError

from db import nsfw
from db.collections.rules import parse
from db.ledger.events import dump
from db.refusals import FieldError

LONGEST_NAME = 200


class CollectionError(FieldError):
    """What was asked of a collection cannot be done; the message is one sentence for people."""


class CollectionNotFoundError(LookupError):
    """No collection has this id."""


@dataclass(frozen=True)
class Collection:
    """A list of items with a name: `manual` (picked by hand), `dynamic` (by its rules) or `hybrid` (both)."""

    id: int
    name: str
    mode: str
    rules: dict[str, Any] | None
    is_nsfw: bool
    item_count: int
    #: Whether the items are those of the rules and of the library as it was last looked at.
    is_fresh: bool
    last_refreshed_at: datetime | None
    created_at: datetime
    updated_at: datetime


#: What a person may choose, with its value unless chosen.
DEFAULTS: dict[str, Any] = {"name": None, "mode": "manual", "rules": None, "is_nsfw": False}
_COLUMNS = """
    id, name, mode, rules, is_nsfw, (SELECT count(*) FROM collection_items WHERE collection_id = c.id) AS item_count,
    rules IS NULL OR refreshed_revision IS NOT DISTINCT FROM revision AS is_fresh,
    last_refreshed_at, created_at, updated_at
"""
_LIST = text(f"SELECT {_COLUMNS} FROM collections c ORDER BY lower(name), id")  # noqa: S608  (constants)
_GET = text(f"SELECT {_COLUMNS} FROM collections c WHERE id = :id")  # noqa: S608
# Not FOR UPDATE: that would wait for a refresh, whose items refer to this row.
_LOCK = text("SELECT FROM collections WHERE id = :id FOR NO KEY UPDATE")
_ADD = text("""
    INSERT INTO collections (name, mode, rules, is_nsfw) VALUES (:name, :mode, CAST(:rules AS jsonb), :is_nsfw)
    RETURNING id
""")
_CHANGE = text("""
    UPDATE collections SET name = :name, mode = :mode, rules = CAST(:rules AS jsonb), is_nsfw = :is_nsfw,
        updated_at = now(),
        revision = revision + CASE WHEN rules IS DISTINCT FROM CAST(:rules AS jsonb) THEN 1 ELSE 0 END
    WHERE id = :id
""")
_KEEP = text("UPDATE collection_items SET source = 'manual' WHERE collection_id = :id AND source = 'dynamic'")
_PICKED = text("SELECT count(*) FROM collection_items WHERE collection_id = :id AND source = 'manual'")
_MARK_JOBS = text("""
    UPDATE job_runs SET is_nsfw = :is_nsfw
    WHERE target_type = 'collection' AND target_id = CAST(:id AS text) AND is_nsfw <> :is_nsfw
""")


def list_collections(conn: Connection) -> list[Collection]:
    """All of them, by name."""
    return [Collection(**row) for row in conn.execute(_LIST).mappings()]


def get_collection(conn: Connection, collection_id: int) -> Collection:
    """One of them.

    Raises:
        CollectionNotFoundError: there is none with this id.
    """
    row = conn.execute(_GET, {"id": collection_id}).mappings().one_or_none()
    if row is None:
        raise no_collection(collection_id)
    return Collection(**row)


def add_collection(conn: Connection, **choices: Any) -> Collection:
    """Make a collection. Its rules are evaluated by the next refresh: see `db.collections.refreshes`.

    Raises:
        RuleError: the rules are not sound.
        CollectionError: another value is not allowed, or the name is taken.
    """
    made = _write(conn, _ADD, _valid(DEFAULTS | choices))
    with nsfw.everything(conn):
        return get_collection(conn, made.scalar_one())


def change_collection(conn: Connection, collection_id: int, **choices: Any) -> Collection:
    """Change what a person may choose. One that becomes manual keeps its items, as if they had been picked by hand.

    Raises:
        CollectionNotFoundError: there is none with this id.
        RuleError: the rules are not sound.
        CollectionError: another value is not allowed, or the name is taken.
    """
    conn.execute(_LOCK, {"id": collection_id})
    before = get_collection(conn, collection_id)
    known = {name: value for name, value in asdict(before).items() if name in DEFAULTS}
    if choices.get("mode") == "manual" and "rules" not in choices:
        known["rules"] = None
    values = _valid(known | choices)
    _may_become(conn, before, values["mode"])
    _write(conn, _CHANGE, {"id": collection_id, **values})
    if values["mode"] == "manual":
        conn.execute(_KEEP, {"id": collection_id})
    conn.execute(_MARK_JOBS, {"id": collection_id, "is_nsfw": values["is_nsfw"]})
    with nsfw.everything(conn):
        return get_collection(conn, collection_id)


def no_collection(collection_id: int) -> CollectionNotFoundError:
    """To be raised for an id that no collection has."""
    return CollectionNotFoundError(f"There is no collection {collection_id}.")


def _valid(values: dict[str, Any]) -> dict[str, Any]:
    """The values as the table takes them."""
    if unknown := sorted(values.keys() - DEFAULTS.keys()):
        raise CollectionError(f"A collection has no {unknown[0]!r}; it has {', '.join(DEFAULTS)}.")
    name, mode, rules = (values["name"] or "").strip(), values["mode"], values["rules"]
    if not 0 < len(name) <= LONGEST_NAME:
        raise CollectionError(f"Give the collection a name of 1 to {LONGEST_NAME} characters.", "name")
    if mode == "manual" and rules is not None:
        raise CollectionError(
            "A manual collection has no rules; make it dynamic, or hybrid to pick by hand too.", "mode"
        )
    if mode != "manual" and rules is None:
        raise CollectionError(f"A {mode} collection needs rules; without, make it manual.", "rules")
    return values | {"name": name, "rules": None if rules is None else dump(parse(rules).dump())}


def _may_become(conn: Connection, before: Collection, mode: str) -> None:
    picked = conn.scalar(_PICKED, {"id": before.id}) if mode == "dynamic" != before.mode else 0
    if picked:
        raise CollectionError(
            f"{picked:,} of its items were picked by hand, which a dynamic collection cannot keep; make it hybrid,"
            " or remove them first.",
            "mode",
        )


def _write(conn: Connection, statement: TextClause, values: dict[str, Any]) -> CursorResult[Any]:
    try:
        with conn.begin_nested():
            return conn.execute(statement, values)
    except IntegrityError:
        raise CollectionError(
            f"There is a collection named {values['name']} already; choose another name.", "name"
        ) from None
