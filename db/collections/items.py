"""What is in a collection: read page by page, picked by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, RowMapping, text

from db.collections.entities import ENTITIES, EntityName
from db.collections.store import CollectionError, no_collection

#: Of the table of items: which kind each is, and of which row.
_KIND = "CASE " + " ".join(f"WHEN i.{e.member} IS NOT NULL THEN '{e.name}'" for e in ENTITIES.values()) + " END"
_OF = f"coalesce({', '.join(f'i.{e.member}' for e in ENTITIES.values())})"
_JOINS = " ".join(f"LEFT JOIN {e.table.name} ON {e.table.name}.id = i.{e.member}" for e in ENTITIES.values())


def _either(column: str, *names: EntityName) -> str:
    return f"coalesce({', '.join(f'{ENTITIES[name].table.name}.{column}' for name in names or ENTITIES)})"


_PAGE = text(f"""
    SELECT i.id, {_KIND} AS entity_type, {_OF} AS entity_id, i.source, i.sort_order, i.added_at,
           {_either("title")} AS title, {_either("is_nsfw")} AS is_nsfw,
           {_either("missing_since", "video", "image", "audio-track")} IS NOT NULL AS missing
    FROM (
        SELECT * FROM collection_items
        WHERE collection_id = :id AND (sort_order, id) > (:sort_order, :after)
        ORDER BY sort_order, id LIMIT :limit OFFSET :offset
    ) AS i {_JOINS}
    ORDER BY i.sort_order, i.id
""")  # noqa: S608  (constants)
_NAME = text("SELECT name FROM collections WHERE id = :id")
_LOCK = text("SELECT name, mode FROM collections WHERE id = :id FOR NO KEY UPDATE")
_TOUCH = text("UPDATE collections SET updated_at = now() WHERE id = :id")
# What its rules had found is picked by hand from now on, where it is.
_PICK = {
    name: text(f"""
        WITH last AS (SELECT coalesce(max(sort_order), 0) AS place FROM collection_items WHERE collection_id = :id)
        INSERT INTO collection_items AS i (collection_id, {entity.member}, source, sort_order)
        SELECT :id, found.id, 'manual', last.place + found.n
        FROM last, unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS found(id, n)
        ON CONFLICT ({entity.member}, collection_id) WHERE {entity.member} IS NOT NULL
        DO UPDATE SET source = 'manual' WHERE i.source = 'dynamic'
        RETURNING xmax = 0 AS made
    """)  # noqa: S608
    for name, entity in ENTITIES.items()
}
_KNOWN = {
    name: text(f"SELECT id FROM {entity.table.name} WHERE id = ANY(:ids) FOR KEY SHARE")  # noqa: S608
    for name, entity in ENTITIES.items()
}
_SOURCE = text("SELECT source FROM collection_items WHERE collection_id = :id AND id = :item")
_REMOVE = text("DELETE FROM collection_items WHERE collection_id = :id AND id = :item AND source = 'manual'")


# Enough that one of them has a picture, if any has.
_FIRST = text(f"""
    SELECT c.id AS collection, {_KIND} AS entity_type, {_OF} AS entity_id
    FROM collections c CROSS JOIN LATERAL (
        SELECT * FROM collection_items WHERE collection_id = c.id ORDER BY sort_order, id LIMIT 4
    ) i
    ORDER BY c.id, i.sort_order, i.id
""")  # noqa: S608
_HOLDING = {
    name: text(f"""
        SELECT c.id, c.name, c.mode, i.{entity.member} IS NOT NULL AS holds
        FROM collections c LEFT JOIN collection_items i ON i.collection_id = c.id AND i.{entity.member} = :id
        WHERE i.{entity.member} IS NOT NULL OR c.mode <> 'dynamic'
        ORDER BY lower(c.name), c.id
    """)  # noqa: S608
    for name, entity in ENTITIES.items()
}


class ItemNotFoundError(LookupError):
    """What is to be picked, or to be removed, does not exist."""


@dataclass(frozen=True)
class Item:
    """One item of a collection. `entity_id` is that of the video, gallery, picture or track."""

    id: int
    entity_type: EntityName
    entity_id: int
    title: str
    source: str
    sort_order: int
    added_at: datetime
    is_nsfw: bool
    missing: bool


def items(
    conn: Connection, collection_id: int, *, after: tuple[int, int] = (0, 0), limit: int = 100, offset: int = 0
) -> list[Item]:
    """A page of items in their order, behind the place `after`: (sort order, which begins with 1, and item id).

    `offset` items are passed over, which costs as much as reading them.

    Raises:
        CollectionNotFoundError: there is no such collection.
    """
    if conn.scalar(_NAME, {"id": collection_id}) is None:
        raise no_collection(collection_id)
    values = {"id": collection_id, "sort_order": after[0], "after": after[1], "limit": limit, "offset": offset}
    return [Item(**row) for row in conn.execute(_PAGE, values).mappings()]


def first(conn: Connection) -> dict[int, list[tuple[EntityName, int]]]:
    """What each collection begins with, by its id."""
    found: dict[int, list[tuple[EntityName, int]]] = {}
    for row in conn.execute(_FIRST):
        found.setdefault(row.collection, []).append((row.entity_type, row.entity_id))
    return found


def about(conn: Connection, kind: EntityName, number: int) -> Sequence[RowMapping]:
    """The collections that one item is in (`holds`), and those that it may be put into by hand."""
    return conn.execute(_HOLDING[kind], {"id": number}).mappings().all()


def pick(conn: Connection, collection_id: int, wanted: Sequence[tuple[EntityName, int]]) -> int:
    """Put items into the collection by hand, behind what is there, in this order; returns how many were not in it.

    Raises:
        CollectionNotFoundError: there is no such collection.
        CollectionError: it is dynamic: only its rules say what is in it.
        ItemNotFoundError: something wanted does not exist; nothing was added.
    """
    name, mode = _locked(conn, collection_id)
    if mode == "dynamic":
        raise CollectionError(f"What is in {name} is said by its rules; make it hybrid to add items by hand.")
    added = 0
    for kind, ids in _runs(wanted):
        known = set(conn.execute(_KNOWN[kind], {"ids": ids}).scalars())
        if unknown := [number for number in ids if number not in known]:
            raise ItemNotFoundError(f"There is no {kind} {unknown[0]}; nothing was added.")
        added += sum(conn.execute(_PICK[kind], {"id": collection_id, "ids": ids}).scalars())
    conn.execute(_TOUCH, {"id": collection_id})
    return added


def unpick(conn: Connection, collection_id: int, item_id: int) -> None:
    """Take an item out that was picked by hand. In a hybrid collection its rules may bring it back.

    Raises:
        CollectionNotFoundError, ItemNotFoundError: there is no such collection, or it has no such item.
        CollectionError: the rules selected it.
    """
    name, _ = _locked(conn, collection_id)
    if conn.execute(_REMOVE, {"id": collection_id, "item": item_id}).rowcount:
        conn.execute(_TOUCH, {"id": collection_id})
    elif conn.scalar(_SOURCE, {"id": collection_id, "item": item_id}) is None:
        raise ItemNotFoundError(f"{name} has no item {item_id}.")
    else:
        raise CollectionError("The rules of this collection select that item; change the rules to be rid of it.")


def _locked(conn: Connection, collection_id: int) -> tuple[str, str]:
    """Its name and its mode, which stays as it is until the transaction ends."""
    if (row := conn.execute(_LOCK, {"id": collection_id}).one_or_none()) is None:
        raise no_collection(collection_id)
    return row.name, row.mode


def _runs(wanted: Iterable[tuple[EntityName, int]]) -> Iterable[tuple[EntityName, list[int]]]:
    """Neighbours of one kind together, each item once, so that the order stays."""
    for name, group in groupby(dict.fromkeys(wanted), key=lambda one: one[0]):
        yield name, [number for _, number in group]
