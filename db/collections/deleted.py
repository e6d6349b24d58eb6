"""A collection is deleted, and that is taken back: for a day it is kept as it was, but for what its rules find anew."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from db import nsfw
from db.collections.store import Collection, CollectionError, CollectionNotFoundError, get_collection, no_collection
from db.ledger.events import dump
from db.models.collections_ import MEMBERS

_KNOWN = "name, mode, rules, is_nsfw, created_at"
_KEEP = text(f"""
    INSERT INTO deleted_collections (id, {_KNOWN}, picked)
    SELECT id, {_KNOWN}, coalesce(
        (SELECT jsonb_agg(to_jsonb(i)) FROM collection_items i WHERE collection_id = c.id AND source = 'manual'), '[]')
    FROM collections c WHERE id = :id
""")  # noqa: S608  (constants)
_DELETE = text("DELETE FROM collections WHERE id = :id RETURNING id")
_FORGET = text("DELETE FROM deleted_collections WHERE deleted_at < now() - interval '1 day'")
_TAKE = text(f"""
    DELETE FROM deleted_collections WHERE id = :id AND deleted_at >= now() - interval '1 day'
    RETURNING {_KNOWN}, picked
""")  # noqa: S608
_ADD = text(f"""
    INSERT INTO collections (id, {_KNOWN}) VALUES (:id, :name, :mode, CAST(:rules AS jsonb), :is_nsfw, :created_at)
""")  # noqa: S608
_COLUMNS = ", ".join((*MEMBERS, "source", "sort_order", "added_at"))
_THERE = " AND ".join(
    f"(i.{column} IS NULL OR EXISTS (SELECT FROM {table} WHERE id = i.{column}))" for column, table in MEMBERS.items()
)
_PICK = text(f"""
    INSERT INTO collection_items (collection_id, {_COLUMNS})
    SELECT collection_id, {_COLUMNS}
    FROM jsonb_populate_recordset(CAST(NULL AS collection_items), CAST(:picked AS jsonb)) i
    WHERE {_THERE}
""")  # noqa: S608


def delete_collection(conn: Connection, collection_id: int) -> str:
    """Delete a collection; returns its name. What is in it stays in the library, and `restore_collection` is possible.

    Raises:
        CollectionNotFoundError: there is none with this id.
    """
    name = get_collection(conn, collection_id).name
    conn.execute(_FORGET)
    with nsfw.everything(conn):
        conn.execute(_KEEP, {"id": collection_id})
    if conn.execute(_DELETE, {"id": collection_id}).one_or_none() is None:
        raise no_collection(collection_id)
    return name


def restore_collection(conn: Connection, collection_id: int) -> Collection:
    """Take the deletion of a collection back, within a day: what was picked by hand is in it; refresh it for the rest.

    Raises:
        CollectionNotFoundError: none with this id was deleted within a day.
        CollectionError: another one has its name by now.
    """
    row = conn.execute(_TAKE, {"id": collection_id}).mappings().one_or_none()
    if row is None:
        raise CollectionNotFoundError(f"No collection {collection_id} was deleted within a day.")
    values = {**row, "rules": None if row["rules"] is None else dump(row["rules"]), "picked": dump(row["picked"])}
    with nsfw.everything(conn):
        try:
            conn.execute(_ADD, values | {"id": collection_id})
        except IntegrityError:
            sentence = f"There is another collection named {row['name']} by now; rename that first."
            raise CollectionError(sentence, "name") from None
        conn.execute(_PICK, values)
        return get_collection(conn, collection_id)
