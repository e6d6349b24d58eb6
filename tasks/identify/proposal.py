"""What may be proposed of a video, and its bounds: the same for what a stash-box says and for what the API is given."""

from __future__ import annotations

import re
from datetime import date as Date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from tasks.clients.addresses import is_web_address

#: Neither in a line nor in a text: control characters, and what turns the direction of writing.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


def _line(value: object) -> object:
    return _SPACE.sub(" ", _UNWANTED.sub(" ", value)).strip() if isinstance(value, str) else value


def _text(value: object) -> object:
    return _UNWANTED.sub("", value.replace("\r\n", "\n")).strip() if isinstance(value, str) else value


def _address(value: str) -> str:
    if not is_web_address(value):
        raise ValueError("it must be an http or https address without a password")
    return value


def _distinct(names: list[str]) -> list[str]:
    """Each once, without regard to case, in the order given."""
    return list({name.lower(): name for name in reversed(names)}.values())[::-1]


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_line)]
Names = Annotated[list[Name], AfterValidator(_distinct)]
Address = Annotated[str, StringConstraints(max_length=2000), BeforeValidator(_line), AfterValidator(_address)]


class Proposal(BaseModel):
    """What a video is said to be. What is left out is not proposed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, StringConstraints(min_length=1, max_length=500), BeforeValidator(_line)] | None = None
    date: Date | None = Field(None, description="When it was released")
    details: Annotated[str, StringConstraints(min_length=1, max_length=50_000), BeforeValidator(_text)] | None = None
    urls: list[Address] = Field([], max_length=100)
    studio: Name | None = None
    performers: Names = Field([], max_length=200)
    tags: Names = Field([], max_length=500)
    image: Address | None = Field(None, description="Where a picture of it is")

    def said(self) -> dict[str, object]:
        """What is proposed, by field, as JSON has it."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value}


FIELDS = tuple(Proposal.model_fields)
