"""Running a job again in another way, once for the API and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from db import again
from db.again import ArgumentError, Changeable
from ops_api import forms, models
from ops_api.desk import NOT_STARTED, Desk
from ops_api.forms import Field, Kind, MistakesError

_KINDS: Mapping[str, Kind] = {"flag": "check", "number": "number", "some": "ticks"}


def run(desk: Desk, job_id: int, arguments: Mapping[str, Any]) -> models.JobAgain:
    """Enqueue it as a new job and start that. Raises as `db.again.run_again` does."""
    with desk.acting("again", job=job_id, **arguments) as conn:
        made = again.run_again(conn, job_id, arguments)
    started = desk.starter.start_soon()
    message = f"Enqueued the work of job {job_id} again, as job {made.job_ids[0]}."
    return models.JobAgain(id=made.job_ids[0], message=message if started else message + NOT_STARTED)


def model(known: Sequence[Changeable]) -> models.JobArguments:
    """The arguments of a job as the API says them."""
    return models.JobArguments(
        arguments=[
            models.JobArgument(
                name=each.argument.name,
                label=each.argument.label,
                kind=each.argument.kind,
                value=each.value,
                default=each.default,
                bounds=each.bounds,
                choices={str(choice): words for choice, words in each.choices.items()},
            )
            for each in known
        ]
    )


def fields(known: Sequence[Changeable]) -> list[Field]:
    """The form in which they are changed."""
    return [
        Field(
            each.argument.name,
            each.argument.label,
            _KINDS[each.argument.kind],
            help=" ".join(filter(None, (each.argument.help, each.bounds and f"{each.bounds[0]} to {each.bounds[1]}."))),
            unit=each.argument.unit,
            bounds=each.bounds,
            choices={str(choice): words for choice, words in each.choices.items()},
        )
        for each in known
    ]


def present(known: Sequence[Changeable]) -> dict[str, Any]:
    """What the form shows first: what the job was told, else what holds without."""
    return {each.argument.name: _typed(each.default if each.value is None else each.value) for each in known}


def wanted(known: Sequence[Changeable], sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What the form says; what is as it would be without is not said.

    Raises:
        MistakesError: a number is none.
    """
    said = {name: _read(value) for name, value in forms.read(fields(known), sent).items()}
    wrong = {each.argument.name: f"{each.argument.label} must be a whole number." for each in known
             if each.argument.kind == "number" and isinstance(said[each.argument.name], str)}  # fmt: skip
    if wrong:
        raise MistakesError(wrong)
    without = {each.argument.name: each.default for each in known}
    return {name: value for name, value in said.items() if value not in (None, [], without[name] or False)}


def mistakes(error: ArgumentError | MistakesError) -> dict[str, str]:
    """What is wrong, by the field's name."""
    return {error.argument: str(error)} if isinstance(error, ArgumentError) else dict(error.mistakes)


def _typed(value: Any) -> Any:
    return [str(each) for each in value] if isinstance(value, list) else value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [int(each) if _is_number(each) else each for each in value]
    return int(value) if isinstance(value, str) and _is_number(value) else value


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 19
