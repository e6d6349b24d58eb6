"""Collections: picked by hand, by rules, or both."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from db import collections
from ops_api import models
from ops_api.dependencies import Id, Reading, TheDesk, Writing

router = APIRouter(prefix="/api/collections", tags=["collections"])

#: Where a page of items ended: sort order and id.
Place = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}-[0-9]{1,18}$", description="The last page's `nextAfter`")]


@router.get("")
def list_collections(conn: Reading) -> models.Collections:
    """All collections, by name."""
    found = collections.list_collections(conn)
    return models.Collections(collections=[models.Collection.model_validate(one) for one in found])


@router.post("", status_code=201)
def add_collection(desk: TheDesk, wanted: models.NewCollection) -> models.Collection:
    """Make a collection. Rules are evaluated at once, behind."""
    return desk.add_collection(wanted.said())


@router.post("/preview-rules")
def preview_rules(conn: Reading, wanted: models.RulesToTry) -> models.RulesTried:
    """What rules would select now, without saving them."""
    found = collections.preview(conn, collections.parse(wanted.rules))
    samples = [models.RuleSample.model_validate(sample) for sample in found.samples]
    return models.RulesTried(total=sum(found.totals.values()), totals=dict(found.totals), samples=samples)


@router.get("/{collection_id}")
def read_collection(conn: Reading, collection_id: Id) -> models.Collection:
    """One collection."""
    return models.Collection.model_validate(collections.get_collection(conn, collection_id))


@router.patch("/{collection_id}")
def change_collection(desk: TheDesk, collection_id: Id, wanted: models.CollectionChoices) -> models.Collection:
    """Change what the body names. Changed rules are evaluated at once, behind."""
    return desk.change_collection(collection_id, wanted.said())


@router.delete("/{collection_id}", status_code=204)
def delete_collection(desk: TheDesk, collection_id: Id) -> None:
    """Delete a collection. What is in it stays in the library, and for a day the deletion can be taken back."""
    desk.delete_collection(collection_id)


@router.post("/{collection_id}/restore")
def restore_collection(desk: TheDesk, collection_id: Id) -> models.Collection:
    """Take the deletion of a collection back. Its rules are evaluated at once, behind."""
    return desk.restore_collection(collection_id)


@router.post("/{collection_id}/refresh")
def refresh_collection(desk: TheDesk, collection_id: Id) -> models.Enqueued:
    """Evaluate the collection's rules again."""
    return desk.refresh_collection(collection_id)


@router.get("/{collection_id}/items")
def list_items(
    conn: Reading, collection_id: Id, *, after: Place = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> models.CollectionItems:
    """What is in the collection, in its order."""
    sort_order, _, item = (after or "0-0").partition("-")
    page = collections.items(conn, collection_id, after=(int(sort_order), int(item)), limit=limit)
    more = f"{page[-1].sort_order}-{page[-1].id}" if len(page) == limit else None
    return models.CollectionItems(items=[models.CollectionItem.model_validate(one) for one in page], next_after=more)


@router.post("/{collection_id}/items")
def add_items(conn: Writing, collection_id: Id, wanted: models.Picks) -> models.Picked:
    """Put items into a manual or hybrid collection, behind what is there."""
    picks = [(pick.entity_type, pick.entity_id) for pick in wanted.items]
    added = collections.pick(conn, collection_id, picks)
    return models.Picked(added=added, skipped=len(picks) - added)


@router.delete("/{collection_id}/items/{item_id}", status_code=204)
def remove_item(conn: Writing, collection_id: Id, item_id: Id) -> None:
    """Take an item out that was picked by hand. What it shows stays in the library."""
    collections.unpick(conn, collection_id, item_id)
