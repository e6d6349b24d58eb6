"""By what a release is known again that did not work out."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tasks.requests.release import Release


def release_key(title: str) -> str:
    """A title as blocklists have it: trimmed, in small letters, as it is inside."""
    return title.strip().lower()


def is_blocked(release: Release, keys: Collection[str], hashes: Collection[str] = ()) -> bool:
    """Whether a release is on a blocklist, by its title's key or by its torrent's hash."""
    return release_key(release.title) in keys or (release.info_hash is not None and release.info_hash in hashes)


def without_blocked(
    releases: Iterable[Release], keys: Collection[str], hashes: Collection[str] = ()
) -> tuple[list[Release], list[Release]]:
    """The releases that may be chosen, and those that are blocked."""
    allowed: list[Release] = []
    blocked: list[Release] = []
    for release in releases:
        (blocked if is_blocked(release, keys, hashes) else allowed).append(release)
    return allowed, blocked
