"""Collections as cards: each with its cover, and what is in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping

from db import catalogue, collections
from db.collections import Collection, EntityName, Item
from ops_api.library.cards import Card, gallery_card, picture_card, track_card, video_card

#: Where each kind of item is read, and what makes a card of it.
KINDS: dict[EntityName, tuple[Callable[[Connection, Sequence[int]], dict[int, RowMapping]], Callable[..., Card]]] = {
    "video": (catalogue.videos.cards, video_card),
    "gallery": (catalogue.galleries.cards, gallery_card),
    "image": (catalogue.galleries.picture_cards, picture_card),
    "audio-track": (catalogue.audio.track_cards, track_card),
}
MODES = {
    "manual": "by hand",
    "dynamic": "by its rules",
    "hybrid": "by its rules and by hand",
}

Key = tuple[EntityName, int]


@dataclass(frozen=True)
class Shown:
    """An item of a collection, and the card of what it is."""

    item: Item
    card: Card


def cards(conn: Connection, keys: Iterable[Key]) -> dict[Key, Card]:
    """The cards of items of any kind."""
    wanted = set(keys)
    return {
        (kind, number): card(row)
        for kind, (read, card) in KINDS.items()
        if (ids := [number for of, number in wanted if of == kind])
        for number, row in read(conn, ids).items()
    }


def collection_cards(conn: Connection, columns: Sequence[str]) -> list[Card]:
    """All collections by name, each with the picture of the first of its items that has one, and these lines below."""
    first = collections.first(conn)
    shown = cards(conn, (key for keys in first.values() for key in keys))
    return [_card(each, first.get(each.id, []), shown, columns) for each in collections.list_collections(conn)]


def items(conn: Connection, found: Sequence[Item]) -> list[Shown]:
    """The items of a page with their cards, in their order."""
    shown = cards(conn, ((item.entity_type, item.entity_id) for item in found))
    keyed = ((item, shown.get((item.entity_type, item.entity_id))) for item in found)
    return [Shown(item, card) for item, card in keyed if card is not None]


#: What can be said of a collection, besides how it is chosen.
FACTS: Mapping[str, Callable[[Collection], str]] = {
    "added": lambda each: f"made {each.created_at:%Y-%m-%d}",
    "changed": lambda each: f"changed {each.updated_at:%Y-%m-%d}",
    "refreshed": lambda each: f"refreshed {each.last_refreshed_at:%Y-%m-%d}" if each.last_refreshed_at else "",
}


def _card(collection: Collection, first: Sequence[Key], shown: dict[Key, Card], columns: Sequence[str]) -> Card:
    pictures = (shown[key].picture for key in first if key in shown)
    chosen = MODES[collection.mode] if "about" in columns else ""
    behind = "" if collection.is_fresh else "being refreshed"
    return Card(
        collection.id,
        collection.name,
        f"/library/collections/{collection.id}",
        about=" · ".join(filter(None, (chosen, behind))),
        facts=tuple(filter(None, (FACTS[name](collection) for name in columns if name in FACTS))),
        picture=next(filter(None, pictures), None),
        length=f"{collection.item_count:,}",
    )
