"""Collections: picked by hand, by rules, or both.

Functions take a connection and leave the commit to whoever opened the transaction. Who changes the library calls
`refreshes` and enqueues what it returns.
"""

from __future__ import annotations

from db.collections.deleted import delete_collection, restore_collection
from db.collections.entities import ENTITIES, Entity, EntityName
from db.collections.fields import FIELDS
from db.collections.items import Item, ItemNotFoundError, about, first, items, pick, unpick
from db.collections.preview import Preview, Sample, preview
from db.collections.query import matching
from db.collections.refresh import QUEUE, TARGET, NoRulesError, Refreshed, refresh, refreshes, still_wanted
from db.collections.rules import RuleError, Rules, parse
from db.collections.store import (
    Collection,
    CollectionError,
    CollectionNotFoundError,
    add_collection,
    change_collection,
    get_collection,
    list_collections,
)

__all__ = [
    "ENTITIES",
    "FIELDS",
    "QUEUE",
    "TARGET",
    "Collection",
    "CollectionError",
    "CollectionNotFoundError",
    "Entity",
    "EntityName",
    "Item",
    "ItemNotFoundError",
    "NoRulesError",
    "Preview",
    "Refreshed",
    "RuleError",
    "Rules",
    "Sample",
    "about",
    "add_collection",
    "change_collection",
    "delete_collection",
    "first",
    "get_collection",
    "items",
    "list_collections",
    "matching",
    "parse",
    "pick",
    "preview",
    "refresh",
    "refreshes",
    "restore_collection",
    "still_wanted",
    "unpick",
]
