"""What Run enqueues in the queues of requests: what waits for them."""

from __future__ import annotations

from db.requests.states import MATCHABLE

_REQUESTS = """
    SELECT 'request' AS target_type, r.id, b.title || ' by ' || b.author AS label, false AS is_nsfw
    FROM requests r JOIN audiobooks b ON b.id = r.audiobook_id WHERE {which}
"""
_NOT_HELD = "NOT EXISTS (SELECT FROM download_history d WHERE d.request_id = r.id AND d.status = 'downloading')"
_SHELVES = "SELECT 'shelf' AS target_type, id, name AS label, false AS is_nsfw FROM shelves WHERE enabled"
#: One job is about all there is.
_ALL = "SELECT 'requests' AS target_type, 0 AS id, 'All requests' AS label, false AS is_nsfw"
_MATCHABLE = ", ".join(f"'{status}'" for status in sorted(MATCHABLE))

TARGETS: dict[str, str] = {
    "search_indexers": _REQUESTS.format(which="r.status IN ('pending', 'awaiting_search')"),
    "download_torrent": _REQUESTS.format(which=f"r.status = 'downloading' AND {_NOT_HELD}"),
    "monitor_download": """
        SELECT 'download' AS target_type, d.id, d.title AS label, false AS is_nsfw
        FROM download_history d JOIN requests r ON r.id = d.request_id
        WHERE d.status = 'downloading' AND r.status IN ('downloading', 'available')
    """,
    "organize_files": _REQUESTS.format(which="r.status IN ('awaiting_import', 'processing')"),
    "scan_plex": _SHELVES,
    # one that refuses is left to the scans, which are hours apart
    "plex_recently_added_check": f"{_SHELVES} AND (trouble IS NULL OR :everything)",
    "match_plex": _REQUESTS.format(which=f"r.status = 'downloaded' OR :everything AND r.status IN ({_MATCHABLE})"),
    "retry_missing_torrents": _ALL,
    "retry_failed_imports": _ALL,
    "monitor_rss_feeds": _ALL,
    "cleanup_seeded_torrents": _ALL,
    # Each is enqueued with what it tells of, and told once.
    "send_notification": f"{_ALL} WHERE false",
}

#: What keeps a queue from having anything to do: whether that is so, and what to do about it.
OBSTACLES: dict[str, tuple[str, str]] = {
    "scan_plex": (
        "SELECT NOT EXISTS (SELECT FROM shelves WHERE enabled)",
        "No Plex or Audiobookshelf is set up: add one on the Integrations page, then run this again.",
    ),
    "plex_recently_added_check": (
        "SELECT NOT EXISTS (SELECT FROM shelves WHERE enabled AND trouble IS NULL)",
        "No Plex or Audiobookshelf can be asked: add one on the Integrations page, or correct and test there the one"
        " that refuses, then run this again.",
    ),
}

#: What the page counts as lacking: the type of target, and which of them lack the queue's work.
LACKING: dict[str, tuple[str, str]] = {
    "search_indexers": ("request", "requests AS target WHERE target.status IN ('pending', 'awaiting_search')"),
    "organize_files": ("request", "requests AS target WHERE target.status = 'awaiting_import'"),
}
