"""The library as it is shown: pages of videos, galleries, pictures and audio, and each of them whole.

Functions take a connection and only read; from one that hides what is NSFW, they read the rest.
"""

from __future__ import annotations

from db.catalogue import audio, galleries, gone, paging, tree, videos, words

__all__ = ["audio", "galleries", "gone", "paging", "tree", "videos", "words"]
