"""The settings as a person meets them: which stand together, what they are called, what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from db.library_settings import RANGES, SettingError, Settings


@dataclass(frozen=True)
class Field:
    """One setting. `unit` follows a number."""

    name: str
    label: str
    help: str = ""
    unit: str = ""

    @property
    def bounds(self) -> tuple[int, int] | None:
        """The smallest and the largest value; None for what is on or off."""
        return RANGES.get(self.name)


@dataclass(frozen=True)
class Group:
    """Settings that are saved together."""

    key: str
    title: str
    fields: tuple[Field, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        "scanning",
        "Scanning",
        (
            Field("auto_scan_enabled", "Scan by itself", "Does the same as Run on the library scan."),
            Field("scan_interval_minutes", "Every", unit="minutes"),
            Field("watch_enabled", "Watch for new files", "They are scanned seconds after they are whole."),
        ),
    ),
    Group(
        "work",
        "Work",
        (
            Field(
                "background_worker_concurrency",
                "Concurrency",
                "Multiplies the slots of every queue that has no number of its own. More is faster and louder.",
                "times",
            ),
        ),
    ),
    Group(
        "generation",
        "What scans ask for",
        (
            Field("auto_generate_metadata", "Technical data and subtitles"),
            Field("auto_generate_fingerprints", "Hashes", "Files are known again when they were moved or renamed."),
            Field("auto_generate_preview", "Previews, thumbnails and waveforms"),
            Field("generate_phash", "Perceptual hashes of videos", "For finding them at stash-boxes. Costs some time."),
        ),
    ),
    Group(
        "previews",
        "Previews",
        (
            Field("generate_trickplay", "Scrubbing sprites"),
            Field("trickplay_interval_seconds", "A picture every", unit="seconds"),
            Field("preview_clip_duration_seconds", "Length of the clip", unit="seconds"),
            Field("thumbnail_quality", "Size of thumbnails", "1 is native size, 31 the smallest."),
            Field("trickplay_quality", "Size of sprites", "1 is the largest, 31 the smallest."),
        ),
    ),
    Group(
        "nsfw",
        "NSFW",
        (
            Field(
                "nsfw_lan_auto_enable",
                "Show it on this network",
                "Browsers with a private address see what is NSFW until they switch it off. Others, and whoever comes"
                " through a proxy, switch it on themselves.",
            ),
        ),
    ),
    Group(
        "streams",
        "Adaptive sets",
        (
            Field("hls_keep_days", "Kept after the last use", unit="days"),
            Field("hls_keep_gigabytes", "All of them together", unit="GB"),
        ),
    ),
)

_BY_KEY = {group.key: group for group in GROUPS}


def changes(sent: Mapping[str, str]) -> dict[str, Any]:
    """What a form of one group says; a box that is not ticked is not sent.

    Raises:
        SettingError: there is no such group, or a number is none.
    """
    group = _BY_KEY.get(sent.get("group", ""))
    if group is None:
        raise SettingError("That form is not one of this version; load the page again.")
    return {field.name: _value(field, sent) for field in group.fields}


def _value(field: Field, sent: Mapping[str, str]) -> Any:
    if field.bounds is None:
        return field.name in sent
    try:
        return int(sent[field.name])
    except (KeyError, ValueError):
        raise SettingError(f"{field.label} must be a whole number.") from None


def values(settings: Settings) -> dict[str, Any]:
    """The settings by name."""
    return asdict(settings)
