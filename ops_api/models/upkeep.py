"""The upkeep of the library."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from db.collections import EntityName
from ops_api.models.actions import Told
from ops_api.models.base import Model


class AssetStorage(Model):
    """Where the generated files of videos are to lie."""

    model_config = ConfigDict(extra="forbid")

    dedicated: bool = Field(description="In the cache folder; otherwise beside the videos")


class MissingFiles(Model):
    """Which missing files are meant. Without `confirm` nothing is done: the answer says how many that would be."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(ge=7, le=36_500, description="Missing for longer than that")
    limit: int = Field(10_000, ge=1, le=10_000, description="At most so many, those first that are missing longest")
    confirm: int | None = Field(None, ge=1, description="The number that the answer without it gave")


class MissingForgotten(Told):
    """What is, or would be, forgotten."""

    files: int
    kinds: dict[EntityName, int]
    job_id: int | None = Field(description="The job that does it; null where nothing is done")
