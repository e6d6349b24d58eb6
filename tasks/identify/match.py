"""How well a scene fits a video: by which hashes, and by how much the two differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tasks.identify.scene import Scene

#: Of a hash of the whole file, of an equal perceptual hash, of one more bit that differs, and of a server's bare word.
EXACT, ALIKE, PER_BIT, UNPROVEN = 96, 90, 5, 40
#: Two lengths are the same within this part of the longer one, or so many seconds; beyond the second part they differ.
SAME, SAME_SECONDS, DIFFERENT = 0.01, 2.0, 0.05
FITS, CONTRADICTS = 4, -30


@dataclass(frozen=True)
class Hashes:
    """What a video is known by, hexadecimal, and its length (seconds)."""

    md5: str | None = None
    oshash: str | None = None
    phash: str | None = None
    duration: float | None = None

    def named(self) -> dict[str, str]:
        """Those that there are, by the names of the protocol."""
        known = {"MD5": self.md5, "OSHASH": self.oshash, "PHASH": self.phash and unpadded(self.phash)}
        return {algorithm: value for algorithm, value in known.items() if value}


@dataclass(frozen=True)
class Match:
    """Why a scene is proposed."""

    #: Of `md5`, `oshash` and `phash`, those that fit.
    hashes: tuple[str, ...]
    #: Bits in which the perceptual hashes differ, 0 to 64.
    phash_distance: int | None
    #: Seconds by which the scene is longer than the video, or shorter where negative.
    duration_difference: float | None
    #: 0 to 100; larger fits better.
    score: int


def unpadded(phash: str) -> str:
    """A perceptual hash as stash-boxes spell it: hexadecimal without leading zeros."""
    return format(int(phash, 16), "x")


def match(video: Hashes, scene: Scene) -> Match:
    """Compare a video with a scene that a server has proposed for it."""
    fits = [name for name in ("md5", "oshash") if getattr(video, name) and getattr(video, name) in scene.known(name)]
    distance = _distance(video.phash, scene.known("phash"))
    difference = _difference(video, scene)
    hashes = (*fits, *(("phash",) if distance is not None else ()))
    return Match(hashes, distance, difference, _score(bool(fits), distance, difference, video.duration))


def _distance(phash: str | None, known: Iterable[str]) -> int | None:
    """The fewest bits in which a perceptual hash differs from those known."""
    if phash is None:
        return None
    ours = int(phash, 16)
    return min(((ours ^ int(theirs, 16)).bit_count() for theirs in known), default=None)


def _difference(video: Hashes, scene: Scene) -> float | None:
    if video.duration is None or scene.seconds is None:
        return None
    return round(scene.seconds - video.duration, 3)


def _score(exact: bool, distance: int | None, difference: float | None, duration: float | None) -> int:
    alike = UNPROVEN if distance is None else max(0, ALIKE - PER_BIT * distance)
    score = EXACT if exact else alike
    if difference is not None and duration:
        longer = max(duration, duration + difference)
        if abs(difference) <= max(SAME_SECONDS, SAME * longer):
            score += FITS
        elif abs(difference) > DIFFERENT * longer:
            score += CONTRADICTS
    return max(0, min(100, score))
