"""The words that items carry, and which of them a list can be narrowed by."""

from __future__ import annotations

from sqlalchemy import Connection, text

from db.models.words import CARRIERS

#: What a list can be narrowed by: the word, as people call it, and whether an item has one or many of it.
WORDS = ("tag", "performer", "studio")


def carries(carrier: str, word: str) -> str:
    """In SQL, whether an item `t` carries the word that the parameter of that name names, whatever its case."""
    if word == "studio":
        return "EXISTS (SELECT FROM studios w WHERE w.id = t.studio_id AND lower(w.name) = lower(:studio))"
    return (
        f"EXISTS (SELECT FROM {carrier}_{word}s l JOIN {word}s w ON w.id = l.{word}_id"
        f" WHERE l.{carrier}_id = t.id AND lower(w.name) = lower(:{word}))"
    )


_CARRIED = {
    (carrier, word): text(
        f"SELECT w.name FROM {carrier}_{word}s l JOIN {word}s w ON w.id = l.{word}_id"  # noqa: S608
        f" WHERE l.{carrier}_id = :id ORDER BY lower(w.name)"
    )
    for carrier in CARRIERS
    for word in ("tag", "performer")
}


def carried(conn: Connection, carrier: str, number: int, word: str) -> list[str]:
    """The tags, or the performers, that an item carries, by name."""
    return list(conn.scalars(_CARRIED[carrier, word], {"id": number}))
