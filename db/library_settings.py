"""The one row of settings that a person changes while the system runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, text

from db.models import LibrarySettings


class SettingError(ValueError):
    """A setting does not exist or a value is not allowed; the message is one sentence for people."""


@dataclass(frozen=True)
class Settings:
    """What is generated, how, and how much of it at once. Without a row, these are the settings."""

    auto_scan_enabled: bool = False
    scan_interval_minutes: int = 60
    watch_enabled: bool = False
    auto_generate_metadata: bool = True
    auto_generate_fingerprints: bool = True
    auto_generate_preview: bool = True
    generate_phash: bool = False
    generate_trickplay: bool = True
    trickplay_interval_seconds: int = 10
    preview_clip_duration_seconds: int = 8
    thumbnail_quality: int = 2
    trickplay_quality: int = 2
    background_worker_concurrency: int = 1
    metadata_storage_dedicated: bool = True
    nsfw_lan_auto_enable: bool = False
    hls_keep_days: int = 30
    hls_keep_gigabytes: int = 20


#: The smallest and the largest value of each number; the table's checks say the same.
RANGES: dict[str, tuple[int, int]] = {
    "scan_interval_minutes": (5, 1440),
    "trickplay_interval_seconds": (1, 60),
    "preview_clip_duration_seconds": (2, 60),
    "thumbnail_quality": (1, 31),
    "trickplay_quality": (1, 31),
    "background_worker_concurrency": (1, 16),
    "hls_keep_days": (1, 3650),
    "hls_keep_gigabytes": (1, 10_000),
}

_NAMES = tuple(asdict(Settings()))
_TABLE = LibrarySettings.__tablename__
_READ = text(f"SELECT {', '.join(_NAMES)} FROM {_TABLE}")  # noqa: S608  (constants)
_MAKE = text(
    f"INSERT INTO {_TABLE} (id, {', '.join(_NAMES)}) VALUES (1, {', '.join(f':{name}' for name in _NAMES)})"  # noqa: S608
    " ON CONFLICT (id) DO NOTHING"
)


def read(conn: Connection) -> Settings:
    """The settings as they are now."""
    row = conn.execute(_READ).mappings().one_or_none()
    return Settings(**row) if row else Settings()


def write(conn: Connection, **changes: Any) -> Settings:
    """Change some settings, leave the others; returns them all.

    Raises:
        SettingError: a name is unknown, or a value is of the wrong kind or out of range.
    """
    for name, value in changes.items():
        _check(name, value)
    conn.execute(_MAKE, asdict(Settings()))
    if changes:
        sets = ", ".join(f"{name} = :{name}" for name in changes)
        conn.execute(text(f"UPDATE {_TABLE} SET {sets}"), changes)  # noqa: S608  (names were checked)
    return read(conn)


def _check(name: str, value: object) -> None:
    if name not in _NAMES:
        raise SettingError(f"There is no setting {name!r}.")
    if name not in RANGES:
        if not isinstance(value, bool):
            raise SettingError(f"{name} must be true or false.")
        return
    low, high = RANGES[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SettingError(f"{name} must be a whole number from {low} to {high}.")
