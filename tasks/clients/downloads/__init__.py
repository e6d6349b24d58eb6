"""The programs that download: all are spoken to in the same few words, `DownloadClient`."""

from __future__ import annotations
