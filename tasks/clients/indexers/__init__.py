"""Indexers: what they know of a book, and the torrent or NZB that a release of theirs leads to.

Prowlarr is asked in its own API, everything else as Torznab or Newznab. Every answer is bounded and read strictly; one
indexer that fails does not hide what the others say.
"""

from __future__ import annotations
