"""Every table, by name."""

from __future__ import annotations

from db.models.access import ApiToken, AuditEntry, LoginAttempt, Person, Session
from db.models.audio import AudioChapter, AudioLibrary, AudioTrack
from db.models.base import Base
from db.models.collections_ import Collection, CollectionItem
from db.models.generated import FileBeside
from db.models.identify import IdentifyResult, StashBox, VideoExternalId
from db.models.ledger import JobEvent, JobRun, QueueFlow, QueuePause
from db.models.library import LibraryRoot, LibrarySettings
from db.models.pictures import Archive, Gallery, Image
from db.models.totals import JobRate, JobTotal
from db.models.videos import (
    HlsSet,
    Video,
    VideoEpisode,
    VideoMovie,
    VideoSeason,
    VideoSeries,
    VideoSubtitle,
)
from db.models.words import LINKS, Performer, Studio, Tag

__all__ = [
    "LINKS",
    "ApiToken",
    "Archive",
    "AudioChapter",
    "AudioLibrary",
    "AudioTrack",
    "AuditEntry",
    "Base",
    "Collection",
    "CollectionItem",
    "FileBeside",
    "Gallery",
    "HlsSet",
    "IdentifyResult",
    "Image",
    "JobEvent",
    "JobRate",
    "JobRun",
    "JobTotal",
    "LibraryRoot",
    "LibrarySettings",
    "LoginAttempt",
    "Performer",
    "Person",
    "QueueFlow",
    "QueuePause",
    "Session",
    "StashBox",
    "Studio",
    "Tag",
    "Video",
    "VideoEpisode",
    "VideoExternalId",
    "VideoMovie",
    "VideoSeason",
    "VideoSeries",
    "VideoSubtitle",
]
