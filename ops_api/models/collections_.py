"""Collections, their rules and their items."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from db.collections import EntityName
from ops_api.models.base import Model, Text

Mode = Literal["manual", "dynamic", "hybrid"]
RULES = {
    "type": "group",
    "operator": "and",
    "children": [
        {"type": "condition", "entityTypes": [], "field": "tags", "operator": "in", "value": ["Noir"]},
        {
            "type": "condition",
            "entityTypes": ["video"],
            "field": "resolution",
            "operator": "in",
            "value": ["4K", "1080p"],
        },
    ],
}
Tree = Annotated[
    dict[str, Any],
    Field(
        description="Groups (`and`, `or`, `not`) of conditions; see docs/decisions/collection-rules.md",
        examples=[RULES],
    ),
]


class CollectionChoices(Model):
    """What a person may choose of a collection; what is not said stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field("", examples=["Noir in high definition"])
    mode: Mode = Field("manual", description="Picked by hand, by rules, or both")
    rules: Tree | None = None
    is_nsfw: bool = False

    def said(self) -> dict[str, Any]:
        """The choices that were made."""
        return self.model_dump(exclude_unset=True)


class NewCollection(CollectionChoices):
    """A collection to make."""

    name: Text = Field(examples=["Noir in high definition"])


class Collection(Model):
    """A list of items with a name."""

    id: int
    name: str
    mode: Mode
    rules: Tree | None
    is_nsfw: bool
    item_count: int
    is_fresh: bool = Field(description="False while its rules are to be evaluated again")
    last_refreshed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Collections(Model):
    """All collections."""

    collections: list[Collection]


class CollectionItem(Model):
    """One item of a collection."""

    id: int = Field(description="Of the item, not of what it shows")
    entity_type: EntityName
    entity_id: int
    title: str
    source: Literal["manual", "dynamic"]
    sort_order: int
    added_at: datetime
    is_nsfw: bool
    missing: bool = Field(description="Its file was not found by the last scan")


class CollectionItems(Model):
    """A page of items, in their order."""

    items: list[CollectionItem]
    next_after: str | None = Field(description="Pass as `after` for the next page; null on the last")


class Pick(Model):
    """Something of the library."""

    model_config = ConfigDict(extra="forbid")

    entity_type: EntityName
    entity_id: int = Field(ge=1, le=2**63 - 1)


class Picks(Model):
    """What is to be put into a collection, in this order."""

    model_config = ConfigDict(extra="forbid")

    items: list[Pick] = Field(min_length=1, max_length=1000)


class Picked(Model):
    """How many items are new, and how many were in it already."""

    added: int
    skipped: int


class RulesToTry(Model):
    """Rules that are not saved."""

    model_config = ConfigDict(extra="forbid")

    rules: Tree


class RuleSample(Model):
    """One of the items that the rules select."""

    entity_type: EntityName
    entity_id: int
    title: str
    is_nsfw: bool


class RulesTried(Model):
    """What the rules select now."""

    total: int
    totals: dict[EntityName, int] = Field(description="By kind, of the kinds that the rules can select")
    samples: list[RuleSample] = Field(description="Up to twenty")
