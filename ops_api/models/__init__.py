"""What the API says: every shape that goes out or comes in, in camelCase."""

from __future__ import annotations

from ops_api.models.actions import Cancelled, Cleared, Enqueued, JobCancelled, Retried, ScanEnqueued, Told, Which
from ops_api.models.base import ErrorBody, ErrorDetail, Model, Text
from ops_api.models.dashboard import (
    Dashboard,
    FailureGroup,
    Health,
    HealthCheck,
    HealthReport,
    Pause,
    Queue,
    QueueStatus,
    Schedule,
    Stats,
    Workers,
)
from ops_api.models.hls import AdaptiveSet, Rendition
from ops_api.models.jobs import Chain, ChainFailure, Events, Found, Job, JobEvent, State, Status
from ops_api.models.library import Choices, Libraries, Library, LibrarySettings, NewLibrary

__all__ = [
    "AdaptiveSet",
    "Cancelled",
    "Chain",
    "ChainFailure",
    "Choices",
    "Cleared",
    "Dashboard",
    "Enqueued",
    "ErrorBody",
    "ErrorDetail",
    "Events",
    "FailureGroup",
    "Found",
    "Health",
    "HealthCheck",
    "HealthReport",
    "Job",
    "JobCancelled",
    "JobEvent",
    "Libraries",
    "Library",
    "LibrarySettings",
    "Model",
    "NewLibrary",
    "Pause",
    "Queue",
    "QueueStatus",
    "Rendition",
    "Retried",
    "ScanEnqueued",
    "Schedule",
    "State",
    "Stats",
    "Status",
    "Text",
    "Told",
    "Which",
    "Workers",
]
