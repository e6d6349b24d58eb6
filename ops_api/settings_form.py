"""The settings as a person meets them: which stand together, what they are called, what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.library_settings import RANGES, SettingError
from ops_api import forms, models
from ops_api.forms import Field


@dataclass(frozen=True)
class Group:
    """Settings that are saved together."""

    key: str
    title: str
    fields: tuple[Field, ...]


def _switch(name: str, label: str, help: str = "") -> Field:
    return Field(name, label, "check", help)


def _number(name: str, label: str, unit: str = "", help: str = "") -> Field:
    low, high = RANGES[name]
    return Field(name, label, "number", f"{help} {low} to {high:,}.".strip(), unit=unit, bounds=(low, high))


GROUPS: tuple[Group, ...] = (
    Group(
        "scanning",
        "Scanning",
        (
            _switch("auto_scan_enabled", "Scan by itself", "Does the same as Run on the library scan."),
            _number("scan_interval_minutes", "Every", "minutes"),
            _switch("watch_enabled", "Watch for new files", "They are scanned seconds after they are whole."),
        ),
    ),
    Group(
        "work",
        "Work",
        (
            _number(
                "background_worker_concurrency",
                "Concurrency",
                "times",
                "Multiplies the slots of every queue that has no number of its own. More is faster and louder.",
            ),
        ),
    ),
    Group(
        "generation",
        "What scans ask for",
        (
            _switch("auto_generate_metadata", "Technical data and subtitles"),
            _switch("auto_generate_fingerprints", "Hashes", "Files are known again when they were moved or renamed."),
            _switch("auto_generate_preview", "Previews, thumbnails and waveforms"),
            _switch(
                "generate_phash", "Perceptual hashes of videos", "For finding them at stash-boxes. Costs some time."
            ),
        ),
    ),
    Group(
        "previews",
        "Previews",
        (
            _switch("generate_trickplay", "Scrubbing sprites"),
            _number("trickplay_interval_seconds", "A picture every", "seconds"),
            _number("preview_clip_duration_seconds", "Length of the clip", "seconds"),
            _number("thumbnail_quality", "Size of thumbnails", help="1 is native size, 31 the smallest."),
            _number("trickplay_quality", "Size of sprites", help="1 is the largest, 31 the smallest."),
        ),
    ),
    Group(
        "nsfw",
        "NSFW",
        (
            _switch(
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
            _number("hls_keep_days", "Kept after the last use", "days"),
            _number("hls_keep_gigabytes", "All of them together", "GB"),
        ),
    ),
)

_BY_KEY = {group.key: group for group in GROUPS}


def group_of(sent: Mapping[str, Sequence[str]]) -> Group:
    """The group that a form is about.

    Raises:
        SettingError: there is no such group.
    """
    group = _BY_KEY.get("".join(sent.get("group", ())))
    if group is None:
        raise SettingError("That form is not one of this version; load the page again.")
    return group


def changes(group: Group, sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a form of one group says; a box that is not ticked is not sent.

    Raises:
        MistakesError: a number is none, or out of its bounds.
    """
    said = forms.check(models.LibrarySettings, group.fields, sent)
    return said.model_dump(include={each.name for each in group.fields})
