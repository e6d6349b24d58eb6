"""Where videos are looked up, and what is proposed of them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import httpx
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, StringConstraints

from db.identify import Status
from ops_api.models.actions import Enqueued, Told
from ops_api.models.base import Model, Text
from tasks.clients.addresses import is_web_address
from tasks.identify.proposal import Proposal

_KEY = re.compile("[!-~]{1,4096}")


def _endpoint(value: str) -> str:
    value = value.strip()
    if not is_web_address(value):
        raise ValueError("it must be an http or https address without a password, such as https://stashdb.org/graphql")
    if httpx.URL(value).query or httpx.URL(value).fragment:
        raise ValueError("it must end with its path; the key goes into apiKey")
    return value


def _key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value().strip()
    if not _KEY.fullmatch(key):
        raise ValueError("it must be 1 to 4,096 printable ASCII characters without spaces")
    return SecretStr(key)


def _label(value: str) -> str:
    if not value.strip():
        raise ValueError("it must not be empty")
    return value.strip()


Label = Annotated[Text, StringConstraints(max_length=100), AfterValidator(_label)]
Endpoint = Annotated[Text, StringConstraints(max_length=2000), AfterValidator(_endpoint)]
ApiKey = Annotated[SecretStr, AfterValidator(_key)]
#: What the API calls a source that is no stash-box; it cannot look like an address.
Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
RemoteId = Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class NewStashBox(Model):
    """A server that knows videos by their hashes."""

    model_config = ConfigDict(extra="forbid")

    name: Label = Field(examples=["StashDB"])
    endpoint: Endpoint = Field(examples=["https://stashdb.org/graphql"])
    enabled: bool = True
    api_key: ApiKey | None = Field(None, description="Kept by Prefect, encrypted; no answer ever holds it")


class StashBoxChanges(Model):
    """What is to be changed; an `apiKey` of null takes the key away."""

    model_config = ConfigDict(extra="forbid")

    name: Label | None = None
    endpoint: Endpoint | None = None
    enabled: bool | None = None
    api_key: ApiKey | None = None


class StashBox(Model):
    """A stash-box as it is."""

    id: int
    name: str
    endpoint: str
    enabled: bool
    has_api_key: bool
    created_at: datetime


class StashBoxes(Model):
    """All stash-boxes, by name."""

    stash_boxes: list[StashBox]


class StashBoxTested(Told):
    """Whether a stash-box answers and knows the key."""

    ok: bool


class NewIdentifyResult(Model):
    """What somebody proposes of a video."""

    model_config = ConfigDict(extra="forbid")

    video_id: int | None = Field(None, ge=1, le=2**63 - 1, description="It has to be there")
    source: Source = Field("api", examples=["tmdb"])
    remote_id: RemoteId | None = Field(None, description="What the video is called at the source", examples=["603"])
    proposed: Proposal


class MatchedBy(Model):
    """Why a stash-box proposes it."""

    hashes: list[str] = Field([], examples=[["oshash", "phash"]])
    phash_distance: int | None = Field(None, description="Bits that differ, of 64")
    duration_difference: float | None = Field(None, description="Seconds that the scene is longer than the video")


class IdentifyResult(Model):
    """A proposal of what a video is."""

    id: int
    video_id: int
    video_title: str
    video_path: str
    source: str = Field(description="The endpoint of a stash-box, or what the API was told")
    remote_id: str | None
    score: int = Field(description="How well it fits, 0 to 100")
    matched_by: MatchedBy
    proposed: Proposal
    status: Status
    chosen: list[str] | None = Field(description="The fields that were accepted")
    created_at: datetime
    decided_at: datetime | None
    applied_at: datetime | None


class IdentifyResults(Model):
    """A page of proposals, the best first."""

    results: list[IdentifyResult]
    next_after: str | None = Field(description="Pass as `after` for the next page; null on the last")


class Acceptance(Model):
    """Which fields of a proposal are wanted: all that it has, where nothing is said."""

    model_config = ConfigDict(extra="forbid")

    fields: list[Text] | None = Field(None, min_length=1, max_length=20, examples=[["title", "studio", "tags"]])


class Rejected(Told):
    """A proposal that was rejected."""

    result: IdentifyResult


class Accepted(Enqueued):
    """A proposal that was accepted; `jobIds` names the job that applies it."""

    result: IdentifyResult


class WantedIdentify(Model):
    """Where a video is to be looked up: at every enabled stash-box, where none is named."""

    model_config = ConfigDict(extra="forbid")

    stash_box_id: int | None = Field(None, ge=1, le=2**63 - 1)
