"""Every table, by name."""

from __future__ import annotations

from db.models.base import Base
from db.models.ledger import JobEvent, JobRun, QueueFlow
from db.models.library import (
    LibraryRoot,
    LibrarySettings,
    Performer,
    Tag,
    Video,
    VideoEpisode,
    VideoMovie,
    VideoPerformer,
    VideoSeason,
    VideoSeries,
    VideoSubtitle,
    VideoTag,
)
from db.models.totals import JobTotal

__all__ = [
    "Base",
    "JobEvent",
    "JobRun",
    "JobTotal",
    "LibraryRoot",
    "LibrarySettings",
    "Performer",
    "QueueFlow",
    "Tag",
    "Video",
    "VideoEpisode",
    "VideoMovie",
    "VideoPerformer",
    "VideoSeason",
    "VideoSeries",
    "VideoSubtitle",
    "VideoTag",
]
