"""What rules would select, before they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg.errors import QueryCanceled
from sqlalchemy import Connection, Select, func, select, text
from sqlalchemy.exc import OperationalError

from db.collections.entities import ENTITIES, Entity, EntityName
from db.collections.query import matching
from db.collections.rules import RuleError, Rules

SAMPLES = 20
#: Seconds for all of it; then whoever waits is told.
PATIENCE = 20
_LIMIT = text(f"SELECT set_config('statement_timeout', '{PATIENCE * 1000 // len(ENTITIES)}', true)")


@dataclass(frozen=True)
class Sample:
    """One of the items that would be selected."""

    entity_type: EntityName
    entity_id: int
    title: str
    is_nsfw: bool


@dataclass(frozen=True)
class Preview:
    """How many items of each kind the rules select, and the first of them, of every kind some."""

    totals: Mapping[EntityName, int]
    samples: list[Sample]


def preview(conn: Connection, rules: Rules) -> Preview:
    """Evaluate the rules without keeping anything.

    Raises:
        RuleError: that takes too long.
    """
    wanted = [entity for entity in ENTITIES.values() if entity.name in rules.entities]
    conn.execute(_LIMIT)
    try:
        totals = {entity.name: conn.scalar(_count(matching(rules, entity))) or 0 for entity in wanted}
        share = SAMPLES // max(1, sum(total > 0 for total in totals.values()))
        samples = [
            Sample(entity.name, *row)
            for entity in wanted
            if totals[entity.name]
            for row in conn.execute(_first(matching(rules, entity), entity).limit(share))
        ]
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise RuleError(f"rules: these take more than {PATIENCE} s to evaluate; make them simpler.") from None
        raise
    return Preview(totals, samples)


def _count(selected: Select[tuple[int]]) -> Select[tuple[int]]:
    return select(func.count()).select_from(selected.subquery())


def _first(selected: Select[tuple[int]], entity: Entity) -> Select[tuple[int, str, bool]]:
    """In the order in which a collection would have them."""
    return selected.add_columns(entity.table.c.title, entity.table.c.is_nsfw).order_by(
        entity.path.collate("natural_order"), entity.id
    )
