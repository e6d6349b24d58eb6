"""Watched folders and settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from ops_api.models.base import Model, Text


class Choices(Model):
    """What a person may choose of a watched folder; what is not said stays as it is."""

    model_config = ConfigDict(extra="forbid")

    label: Text | None = Field(None, examples=["Films"])
    enabled: bool = True
    recursive: bool = True
    scan_movies: bool = True
    scan_series: bool = True
    scan_images: bool = True
    scan_audio: bool = True
    is_nsfw: bool = False

    def said(self) -> dict[str, Any]:
        """The choices that were made."""
        return self.model_dump(include=set(Choices.model_fields), exclude_unset=True)


class NewLibrary(Choices):
    """A folder to watch."""

    path: Text = Field(examples=["/media/films"])


class Library(Model):
    """A watched folder."""

    id: int
    path: str = Field(examples=["/media/films"])
    label: str
    enabled: bool
    recursive: bool
    scan_movies: bool
    scan_series: bool
    scan_images: bool
    scan_audio: bool
    is_nsfw: bool
    last_scanned_at: datetime | None


class Libraries(Model):
    """All watched folders."""

    libraries: list[Library]


class Listing(Model):
    """The folders in a folder of this machine."""

    path: str | None = Field(description="Null: these are the places to begin at")
    parent: str | None = Field(description="Empty: the places to begin at; null: there is nothing above")
    folders: list[str]
    more: bool = Field(description="Whether there are more than are listed")


class LibrarySettings(Model):
    """What is generated, how, and how much of it at once. A PUT changes what it names."""

    model_config = ConfigDict(extra="forbid")

    auto_scan_enabled: bool = False
    scan_interval_minutes: int = Field(60, ge=5, le=1440)
    watch_enabled: bool = Field(False, description="Whether new files are scanned as they come")
    auto_generate_metadata: bool = True
    auto_generate_fingerprints: bool = True
    auto_generate_preview: bool = True
    generate_phash: bool = False
    generate_trickplay: bool = True
    trickplay_interval_seconds: int = Field(10, ge=1, le=60)
    preview_clip_duration_seconds: int = Field(8, ge=2, le=60)
    thumbnail_quality: int = Field(2, ge=1, le=31, description="1 is native size, 31 the smallest")
    trickplay_quality: int = Field(2, ge=1, le=31, description="1 is native size, 31 the smallest")
    background_worker_concurrency: int = Field(1, ge=1, le=16, description="Multiplies the slots of every queue")
    hls_keep_days: int = Field(30, ge=1, le=3650, description="Adaptive sets are removed so long after their last use")
    hls_keep_gigabytes: int = Field(20, ge=1, le=10_000, description="What all adaptive sets may take on the disk")
    metadata_storage_dedicated: bool = True
    nsfw_lan_auto_enable: bool = False
