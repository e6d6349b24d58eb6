"""Every table, by name."""

from __future__ import annotations

from db.models.access import ApiToken, AuditEntry, LoginAttempt, Person, Session
from db.models.audio import AudioChapter, AudioLibrary, AudioTrack
from db.models.base import Base
from db.models.collections_ import Collection, CollectionItem, DeletedCollection
from db.models.generated import FileBeside
from db.models.identify import IdentifyResult, StashBox, VideoExternalId
from db.models.integrations import (
    DownloadClient,
    Indexer,
    NotificationTarget,
    PathMapping,
    RequestSettings,
    Shelf,
    ShelfItem,
)
from db.models.lacking import LackingCount, LackingTouched
from db.models.ledger import (
    Disagreement,
    Installation,
    JobEvent,
    JobRun,
    QueueFlow,
    QueuePause,
    QueueSettings,
)
from db.models.library import LibraryRoot, LibrarySettings
from db.models.pictures import Archive, Gallery, Image
from db.models.requests import Audiobook, BlockedRelease, Download, FoundRelease, Request, RequestHistory
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
    "Audiobook",
    "AuditEntry",
    "Base",
    "BlockedRelease",
    "Collection",
    "CollectionItem",
    "DeletedCollection",
    "Disagreement",
    "Download",
    "DownloadClient",
    "FileBeside",
    "FoundRelease",
    "Gallery",
    "HlsSet",
    "IdentifyResult",
    "Image",
    "Indexer",
    "Installation",
    "JobEvent",
    "JobRate",
    "JobRun",
    "JobTotal",
    "LackingCount",
    "LackingTouched",
    "LibraryRoot",
    "LibrarySettings",
    "LoginAttempt",
    "NotificationTarget",
    "PathMapping",
    "Performer",
    "Person",
    "QueueFlow",
    "QueuePause",
    "QueueSettings",
    "Request",
    "RequestHistory",
    "RequestSettings",
    "Session",
    "Shelf",
    "ShelfItem",
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
