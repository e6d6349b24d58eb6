"""Evaluating a collection's rules again: set against set, in the database, one transaction a collection."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql

from db import nsfw
from db.collections.entities import ENTITIES, Entity, EntityName
from db.collections.query import matching
from db.collections.rules import parse
from db.ledger import FollowUp
from db.models import Base, CollectionItem

QUEUE, TARGET = "collection-refresh", "collection"

_items = Base.metadata.tables[CollectionItem.__tablename__]
_READ = text("SELECT name, rules, revision FROM collections WHERE id = :id AND rules IS NOT NULL")
# Compiling such statements takes PostgreSQL longer than it saves.
_LIMIT = text("SELECT set_config('statement_timeout', :milliseconds, true), set_config('jit', 'off', true)")
_LAST = text("SELECT coalesce(max(sort_order), 0) FROM collection_items WHERE collection_id = :id")
# Not where the collection has become one that is picked by hand: then its items are no longer the rules'.
_REFRESHED = text("""
    UPDATE collections SET refreshed_revision = :revision, last_refreshed_at = now()
    WHERE id = :id AND rules IS NOT NULL
""")
# In the order of their ids, so that two who want this at once do not wait for each other in a circle.
_WANTED = text("""
    WITH wanted AS (
        SELECT id FROM collections WHERE rules IS NOT NULL AND (CAST(:only AS bigint) IS NULL OR id = :only)
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE collections c SET revision = revision + 1 FROM wanted WHERE c.id = wanted.id
    RETURNING c.id, c.name, c.is_nsfw
""")
_STALE = text("""
    SELECT id, name, is_nsfw FROM collections
    WHERE id = ANY(:ids) AND rules IS NOT NULL AND refreshed_revision IS DISTINCT FROM revision
""")


class NoRulesError(LookupError):
    """The collection is gone, or has no rules any more."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh changed: items that came and that went, and how many the rules select of each kind."""

    added: int = 0
    removed: int = 0
    matching: Mapping[EntityName, int] = field(default_factory=dict)


def refreshes(conn: Connection, only: int | None = None) -> list[FollowUp]:
    """The jobs that evaluate all collections with rules again, or `only` one, because what they depend on changed.

    To be called in the transaction that changes it, or after. A refresh that runs meanwhile is followed by another.
    """
    with nsfw.everything(conn):
        return [_job(row) for row in conn.execute(_WANTED, {"only": only})]


def still_wanted(conn: Connection, ids: Collection[int]) -> dict[int, FollowUp]:
    """Those of these collections whose items are older than what they depend on, with the job that mends it."""
    return {row.id: _job(row) for row in conn.execute(_STALE, {"ids": list(ids)})}


def refresh(
    conn: Connection, collection_id: int, *, seconds: float, step: Callable[[float], None] = lambda _: None
) -> Refreshed:
    """Replace what the rules had selected by what they select now; for the caller's transaction.

    What stays keeps its place and its date, what is new is put behind the rest, what was picked by hand is not touched.
    `step` hears how much is done, 0.0 to 1.0. No statement takes longer than `seconds`.

    Raises:
        NoRulesError: there are no rules to evaluate.
        RuleError: the rules are of another version and not understood.
        sqlalchemy.exc.OperationalError: it took too long, or was cancelled.
    """
    conn.execute(_LIMIT, {"milliseconds": str(int(seconds * 1000))})
    if (collection := conn.execute(_READ, {"id": collection_id}).one_or_none()) is None:
        raise NoRulesError
    rules = parse(collection.rules)
    added = removed = 0
    found: dict[EntityName, int] = {}
    for n, entity in enumerate(ENTITIES.values(), start=1):
        last = conn.scalar(_LAST, {"id": collection_id})
        row = conn.execute(_merge(matching(rules, entity), entity), {"collection": collection_id, "last": last}).one()
        added, removed = added + row.added, removed + row.removed
        found |= {entity.name: row.matching} if row.matching else {}
        step(n / len(ENTITIES))
    if not conn.execute(_REFRESHED, {"id": collection_id, "revision": collection.revision}).rowcount:
        raise NoRulesError
    return Refreshed(added, removed, found)


def _merge(selected: Select[Any], entity: Entity) -> Select[Any]:
    """One statement: what is selected, what of the items goes, what comes, and how many each of that is."""
    member = _items.c[entity.member]
    ours = _items.c.collection_id == bindparam("collection")
    now = selected.add_columns(entity.path.label("path")).cte("now").prefix_with("MATERIALIZED")
    gone = (
        delete(_items)
        .where(ours, _items.c.source == "dynamic", member.is_not(None), ~exists().where(now.c.id == member))
        .returning(_items.c.id)
        .cte("gone")
    )
    behind: ColumnElement[int] = bindparam("last", type_=BigInteger)
    place = behind + func.row_number().over(order_by=(now.c.path.collate("natural_order"), now.c.id))
    new = select(bindparam("collection"), now.c.id, literal("dynamic"), place).where(
        ~exists().where(ours, member == now.c.id)
    )
    came = (
        postgresql.insert(_items)
        .from_select(["collection_id", entity.member, "source", "sort_order"], new)
        .on_conflict_do_nothing()
        .returning(_items.c.id)
        .cte("came")
    )
    return select(*(_count(rows).label(name) for name, rows in (("matching", now), ("removed", gone), ("added", came))))


def _count(rows: Any) -> Any:
    return select(func.count()).select_from(rows).scalar_subquery()


def _job(row: Row[Any]) -> FollowUp:
    return FollowUp(QUEUE, str(row.id), row.name, TARGET, row.is_nsfw)
