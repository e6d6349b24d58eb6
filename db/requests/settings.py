"""The one row of settings that all requests share, and the gate that one of them opens."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from db.requests.errors import RequestError


@dataclass(frozen=True)
class Settings:
    """What is done with requests. Without a row, these are the settings."""

    skip_unreleased: bool = True
    auto_approve: bool = True
    max_import_attempts: int = 5
    library_folder: str | None = None
    folder_template: str = "{author}/{title} [{asin}]"
    hard_links: bool = True
    write_tags: bool = True
    merge_chapters: bool = False
    fetch_covers: bool = True


_NAMES = tuple(asdict(Settings()))
_READ = text(f"SELECT {', '.join(_NAMES)} FROM request_settings")  # noqa: S608  (constants)
_MAKE = text("INSERT INTO request_settings DEFAULT VALUES ON CONFLICT (id) DO NOTHING")
# Days end where Greenwich is, whatever the clock of the database is set to.
_TODAY = text("SELECT CAST(now() AT TIME ZONE 'UTC' AS date)")


def read_settings(conn: Connection) -> Settings:
    """The settings as they are now."""
    row = conn.execute(_READ).mappings().one_or_none()
    return Settings(**row) if row else Settings()


def write_settings(conn: Connection, **changes: Any) -> Settings:
    """Change some settings, leave the others; returns them all.

    Raises:
        RequestError: a name is unknown, or a value is out of range.
    """
    if unknown := changes.keys() - set(_NAMES):
        raise RequestError(f"There is no setting {min(unknown)}.")
    if not 1 <= changes.get("max_import_attempts", 1) <= 100:
        raise RequestError("max_import_attempts must be from 1 to 100.")
    if not str(changes.get("folder_template", "{title}")).strip():
        raise RequestError("folder_template must name at least one folder, such as {author}/{title}.")
    conn.execute(_MAKE)
    if changes:
        sets = ", ".join(f"{name} = :{name}" for name in changes)
        conn.execute(text(f"UPDATE request_settings SET {sets}"), changes)  # noqa: S608  (names were checked)
    return read_settings(conn)


def today(conn: Connection) -> date:
    """The date in UTC."""
    value: date = conn.execute(_TODAY).scalar_one()
    return value


def is_held_back(conn: Connection, release_date: date | None) -> bool:
    """THE gate: whether a book is not to be searched for by itself yet, because it is published on a later day.

    Whoever starts a search without a person having asked for that very search asks here first: the creation of a
    request, by a swipe as well, its approval, and the sweeps `retry_missing_torrents` and `monitor_rss_feeds`. Days are
    compared, so that a book is searched for all through its own.
    """
    if release_date is None or not read_settings(conn).skip_unreleased:
        return False
    return release_date > today(conn)
