"""The tree of rules that a person saves: groups (`and`, `or`, `not`) of conditions on fields.

A condition that names its `entityTypes` also says that the item is one of them; one that names none is asked of every
kind of item that the rules can select. Rules can select the kinds that any of their conditions names, or has the field
of. A condition that cannot be asked of one of them is an error here, so that it never falls out of the tree in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from db.collections.entities import ENTITIES, EntityName
from db.collections.fields import FIELDS
from db.collections.operators import Operator

MOST_NODES, DEEPEST = 200, 10
#: Errors that are said at once.
MOST_ERRORS = 5


class RuleError(ValueError):
    """These rules cannot be saved; the message is one sentence for each error, with the path to it."""


class _Node(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Condition(_Node):
    """What is asked of one field."""

    type: Literal["condition"]
    entity_types: tuple[EntityName, ...] = ()
    field: str
    operator: str
    value: Any = None

    @model_validator(mode="after")
    def _is_sound(self) -> Condition:
        if (field := FIELDS.get(self.field)) is None:
            raise ValueError(f"there is no field {self.field[:80]!r}; the fields are {', '.join(FIELDS)}")
        if lacking := [name for name in self.entity_types if name not in field.subjects]:
            raise ValueError(f"{self.field} is not known of {_plurals(lacking)}; name other entityTypes")
        if self.operator not in field.operators:
            known = ", ".join(field.operators)
            raise ValueError(f"{self.field} cannot be asked with {self.operator[:80]!r}; it takes {known}")
        try:
            self.values()
        except ValueError as error:
            raise ValueError(f"{self.field} {error}") from None
        return self

    def values(self) -> list[Any]:
        """The values as they go to PostgreSQL."""
        return FIELDS[self.field].kind.values(cast(Operator, self.operator), self.value)

    @property
    def entities(self) -> frozenset[EntityName]:
        """The kinds of items that it can hold for."""
        return frozenset(self.entity_types or FIELDS[self.field].subjects)


class Group(_Node):
    """Several nodes as one; `not` means that they do not all hold."""

    type: Literal["group"]
    operator: Literal["and", "or", "not"]
    children: tuple[Node, ...]

    @model_validator(mode="after")
    def _says_something(self) -> Group:
        if not self.children:
            raise ValueError("a group needs at least one child")
        return self


Node = Annotated[Condition | Group, Field(discriminator="type")]
_TREE: TypeAdapter[Condition | Group] = TypeAdapter(Node)


@dataclass(frozen=True)
class Rules:
    """A sound tree, and the kinds of items that it can select."""

    tree: Condition | Group
    entities: frozenset[EntityName]

    def dump(self) -> dict[str, Any]:
        """As JSON, for `parse` to read again."""
        return _TREE.dump_python(self.tree, mode="json", by_alias=True)  # type: ignore[no-any-return]


def parse(raw: object) -> Rules:
    """The rules that this JSON says.

    Raises:
        RuleError: they are too many or too deep, or something in them is unknown or does not apply.
    """
    _must_be_bounded(raw)
    try:
        tree = _TREE.validate_python(raw)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_ERRORS]
        raise RuleError(" ".join(_sentence(one["type"], one["loc"], one["msg"]) for one in errors)) from None
    conditions = list(_conditions(tree, "rules"))
    entities = frozenset[EntityName]().union(*(condition.entities for _, condition in conditions))
    vague = [one for one in conditions if not one[1].entity_types and one[1].entities != entities]
    if vague:
        raise RuleError(" ".join(_unasked(*one, entities) for one in vague[:MOST_ERRORS]))
    return Rules(tree, entities)


def _must_be_bounded(raw: object) -> None:
    level, nodes, depth = [raw], 0, 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MOST_NODES:
            raise RuleError(f"rules: there are more than {MOST_NODES} groups and conditions.")
        if depth > DEEPEST:
            raise RuleError(f"rules: groups lie in each other more than {DEEPEST} deep.")
        below = (
            node["children"] for node in level if isinstance(node, dict) and isinstance(node.get("children"), list)
        )
        level = [child for children in below for child in children]


def _conditions(node: Condition | Group, path: str) -> Iterator[tuple[str, Condition]]:
    if isinstance(node, Condition):
        yield path, node
    else:
        for n, child in enumerate(node.children):
            yield from _conditions(child, f"{path}.children[{n}]")


def _unasked(path: str, condition: Condition, entities: frozenset[EntityName]) -> str:
    others = [name for name in ENTITIES if name in entities - condition.entities]
    own = ", ".join(f'"{name}"' for name in ENTITIES if name in condition.entities)
    return (
        f"{path}: {condition.field} is not known of {_plurals(others)}, which these rules can select too;"
        f" say which it is meant for: entityTypes [{own}]."
    )


def _plurals(names: list[EntityName]) -> str:
    return " and ".join(ENTITIES[name].plural for name in names)


def _sentence(kind: str, where: tuple[int | str, ...], message: str) -> str:
    """What pydantic found, with the path as a person would write it: the tags of the union are left out."""
    path = "rules"
    for before, part in zip(("", *where), where, strict=False):
        if isinstance(part, int):
            path += f"[{part}]"
        elif not (part in {"group", "condition"} and (before == "" or isinstance(before, int))):
            path += f".{part}"
    if kind.startswith("union_tag"):
        message = 'its type must be "group" or "condition"'
    return f"{path}: {message.removeprefix('Value error, ')}."
