"""What buttons do to collections, in words."""

from __future__ import annotations

from db import collections
from db.collections import EntityName
from ops_api import models
from ops_api.desk import Desk


def pick(desk: Desk, collection_id: int, kind: EntityName, number: int) -> models.Told:
    """Put one thing of the library into a collection."""
    with desk.acting("collection-pick", collection=collection_id, kind=kind, item=number) as conn:
        added = collections.pick(conn, collection_id, [(kind, number)])
        name = collections.get_collection(conn, collection_id).name
    return models.Told(message=f"It is in {name} now." if added else f"It was in {name} already.")


def unpick(desk: Desk, collection_id: int, item_id: int) -> models.Told:
    """Take one item out that was picked by hand."""
    with desk.acting("collection-unpick", collection=collection_id, item=item_id) as conn:
        collections.unpick(conn, collection_id, item_id)
    return models.Told(message="Taken out. It stays in the library.")


def delete(desk: Desk, collection_id: int) -> models.CollectionDeleted:
    """Delete a collection; for a day that can be taken back."""
    name = desk.delete_collection(collection_id)
    return models.CollectionDeleted(id=collection_id, message=f"Deleted {name}. What was in it stays in the library.")


def restore(desk: Desk, collection_id: int) -> models.Told:
    """Have a collection back that was deleted."""
    made = desk.restore_collection(collection_id)
    return models.Told(message=f"{made.name} is back{'' if made.is_fresh else '; its rules are being evaluated'}.")
