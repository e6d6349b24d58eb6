"""From rules to SQL: one statement for each kind of item, every value a parameter."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select

from db.collections.entities import Entity
from db.collections.fields import FIELDS
from db.collections.operators import Operator
from db.collections.rules import Condition, Group, Rules


def matching(rules: Rules, entity: Entity) -> Select[Any]:
    """The items of this kind for which the rules hold, as a statement with the column `id`."""
    holds = _holds(rules.tree, entity) if entity.name in rules.entities else false()
    return select(entity.id).select_from(entity.source).where(entity.present, holds)


def _holds(node: Condition | Group, entity: Entity) -> ColumnElement[bool]:
    if isinstance(node, Condition):
        return _condition(node, entity)
    children = map(partial(_holds, entity=entity), node.children)
    if node.operator == "not":
        return not_(and_(*children))
    return and_(*children) if node.operator == "and" else or_(*children)


def _condition(condition: Condition, entity: Entity) -> ColumnElement[bool]:
    if entity.name not in condition.entities:
        return false()
    field = FIELDS[condition.field]
    return field.kind.test(cast(Operator, condition.operator), field.subjects[entity.name], condition.values())
