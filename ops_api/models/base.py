"""What all shapes share, and the shape of errors."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


def _storable(value: str) -> str:
    if "\0" in value or (not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value)):
        raise ValueError("a character is not allowed")
    return value


#: What comes in and may go to the database, which takes neither NUL nor halves of characters.
Text = Annotated[str, AfterValidator(_storable)]

#: As wide as the database's ids.
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Model(BaseModel):
    """Snake case inside, camel case outside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True, frozen=True)


class ErrorDetail(Model):
    """What went wrong, for a program and for a person."""

    code: str = Field(examples=["not_found"])
    message: str = Field(examples=["There is no job 4711."])


class ErrorBody(Model):
    """The body of every answer that is an error."""

    error: ErrorDetail
