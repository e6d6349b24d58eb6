"""Adaptive sets."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from db.hls import State
from ops_api.models.actions import Told
from ops_api.models.base import Model


class Rendition(Model):
    """One size of the video: pixels, and bits a second of its pictures at most."""

    name: str = Field(examples=["720p"])
    width: int
    height: int
    bit_rate: int
    copied: bool = Field(description="Whether it is the original, only cut into segments")


class AdaptiveSet(Told):
    """How it stands with a video's adaptive set."""

    video_id: int
    state: State
    url: str | None = Field(description="The master playlist, when it is ready", examples=["/assets/videos/1/hls/…"])
    job_id: int | None
    progress: int | None = Field(description="Percent, while it is being made")
    error: str | None
    seconds: float | None
    bytes: int | None
    renditions: list[Rendition]
    partial: bool = Field(description="The video breaks off before its end, and so does the set")
    last_used_at: datetime | None
