"""What a stash-box says of one scene, read strictly."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tasks.clients.addresses import is_web_address
from tasks.identify.proposal import Proposal

#: Hexadecimal, as each kind of hash is spelled; a server may know others, which nobody here could compare.
_HASH = {"md5": re.compile("[0-9a-f]{32}"), "oshash": re.compile("[0-9a-f]{16}"), "phash": re.compile("[0-9a-f]{1,16}")}

Line = Annotated[str, StringConstraints(max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Fingerprint(_Part):
    """A hash of a file of the scene."""

    algorithm: Line
    hash: Line
    duration: float | None = Field(None, allow_inf_nan=False)


class _Url(_Part):
    url: Line


class _Named(_Part):
    name: Line


class _Appearance(_Part):
    performer: _Named


class _Image(_Part):
    url: Line
    width: int | None = None
    height: int | None = None


class Scene(_Part):
    """A scene, with the fields that are asked for."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
    title: Line | None = None
    details: Annotated[str, StringConstraints(max_length=200_000)] | None = None
    #: It may be a year, or a year and a month.
    date: Line | None = None
    duration: float | None = Field(None, allow_inf_nan=False)
    urls: list[_Url] = Field([], max_length=1000)
    studio: _Named | None = None
    performers: list[_Appearance] = Field([], max_length=1000)
    tags: list[_Named] = Field([], max_length=2000)
    images: list[_Image] = Field([], max_length=1000)
    fingerprints: list[Fingerprint] = Field([], max_length=20_000)

    def known(self, kind: Literal["md5", "oshash", "phash"] | str) -> set[str]:
        """Its hashes of one kind."""
        said = {each.hash.lower() for each in self.fingerprints if each.algorithm.lower() == kind}
        return {each for each in said if _HASH[kind].fullmatch(each)}

    @property
    def seconds(self) -> float | None:
        """How long it is, where that is said."""
        return self.duration if self.duration and self.duration > 0 else None

    def proposal(self) -> Proposal:
        """What it proposes.

        Raises:
            pydantic.ValidationError: something in it is beyond the bounds.
        """
        return Proposal(
            title=_filled(self.title),
            date=_whole_date(self.date),
            details=_filled(self.details),
            urls=[each.url for each in self.urls if is_web_address(each.url)][:100],
            studio=_filled(self.studio.name) if self.studio else None,
            performers=[each.performer.name for each in self.performers if each.performer.name.strip()],
            tags=[each.name for each in self.tags if each.name.strip()],
            image=self._picture(),
        )

    def _picture(self) -> str | None:
        """The first picture that is not upright, as a video's would be, else the first."""
        usable = [each for each in self.images if is_web_address(each.url)]
        wide = (each for each in usable if each.width and each.height and each.width >= each.height)
        best = next(wide, None) or next(iter(usable), None)
        return best.url if best else None


def _filled(value: str | None) -> str | None:
    return value if value and value.strip() else None


def _whole_date(value: str | None) -> date | None:
    try:
        return date.fromisoformat((value or "").strip())
    except ValueError:
        return None
