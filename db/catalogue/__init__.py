"""The library as it is shown: pages of videos, galleries, pictures and audio, and each of them whole.

Functions take a connection and only read; from one that hides what is NSFW, they read the rest.
"""

from __future__ import annotations

from db.catalogue.paging import MOST, Page
from db.catalogue.videos import KINDS, LACKS, ORDERS, VideoFilter, cards, subtitles, video, videos
from db.catalogue.words import carried

__all__ = [
    "KINDS",
    "LACKS",
    "MOST",
    "ORDERS",
    "Page",
    "VideoFilter",
    "cards",
    "carried",
    "subtitles",
    "video",
    "videos",
]
