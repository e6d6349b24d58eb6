"""The programs that requests are carried out with. Keys come in and never go out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import httpx
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from db.requests import EVENTS
from ops_api.models.actions import Told
from ops_api.models.base import Model, Text
from tasks.clients.addresses import is_web_address
from tasks.requests.notification import WRONG_ADDRESS, is_address
from tasks.requests.organize.naming import check
from tasks.requests.path_mapping import PathMapping as Mapping

_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,4096}")


def _address(value: str) -> str:
    value = value.strip().rstrip("/")
    if not is_web_address(value) or httpx.URL(value).query or httpx.URL(value).fragment:
        raise ValueError("it must be an http or https address without a password or a key, such as http://host:9696")
    return value


def _secret(value: SecretStr) -> SecretStr:
    if not _KEY.fullmatch(value.get_secret_value()):
        raise ValueError("it must be 1 to 4,096 characters on one line")
    return SecretStr(value.get_secret_value().strip())


def _apprise(value: SecretStr) -> SecretStr:
    if not is_address(value.get_secret_value()):
        raise ValueError(WRONG_ADDRESS.removesuffix("."))
    return _secret(value)


def _folder(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("it must be a whole path, such as /srv/audiobooks")
    return value


def _template(value: str) -> str:
    check(value)
    return value


def _label(value: str) -> str:
    if not value.strip():
        raise ValueError("it must not be empty")
    return value.strip()


def _events(values: list[str]) -> list[str]:
    if unknown := set(values) - set(EVENTS):
        raise ValueError(f"there is no event {min(unknown)}; there are {', '.join(EVENTS)}")
    return list(dict.fromkeys(values))


Label = Annotated[Text, StringConstraints(max_length=100), AfterValidator(_label)]
Address = Annotated[Text, StringConstraints(max_length=2000), AfterValidator(_address)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Line = Annotated[Text, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
Category = Annotated[int, Field(ge=1, le=999_999)]
Percent = Annotated[float, Field(ge=-100, le=100)]
Events = Annotated[list[str], Field(min_length=1, max_length=20), AfterValidator(_events)]


class Changes(Model):
    """What is to be changed: what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    def said(self, secret: str) -> dict[str, Any]:
        """What was said, but for the secret. What cannot be nothing and was said to be stays as it is."""
        said = self.model_dump(exclude_unset=True, exclude={secret})
        return {name: value for name, value in said.items() if value is not None or name in NULLABLE}


#: What may be nothing.
NULLABLE = frozenset({"seed_minutes", "seed_ratio", "username", "save_path", "imported_category"})


class Tested(Told):
    """Whether a program answers, and knows the key."""

    ok: bool


class IndexerChanges(Changes):
    """What is to be changed of an indexer; an `apiKey` of null takes the key away."""

    name: Label | None = Field(None, examples=["Prowlarr"])
    kind: Literal["prowlarr", "torznab", "newznab"] | None = None
    url: Address | None = Field(None, examples=["http://localhost:9696"])
    api_key: Secret | None = Field(None, description="Kept by Prefect, encrypted; no answer ever holds it")
    enabled: bool | None = None
    priority: int | None = Field(None, ge=1, le=25, description="Larger is preferred")
    categories: list[Category] | None = Field(None, max_length=50, description="3030 is audiobooks")
    remote_ids: list[Category] | None = Field(None, max_length=200, description="Which of Prowlarr's; all where empty")
    flag_modifiers: dict[Line, Percent] | None = Field(None, description="Percent by flag, such as Freeleech")
    rss_enabled: bool | None = None
    seed_minutes: int | None = Field(None, ge=1, le=10_000_000, description="After which a torrent may be removed")
    seed_ratio: float | None = Field(None, gt=0, le=1000)


class NewIndexer(IndexerChanges):
    """An indexer to be asked from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Prowlarr", "kind": "prowlarr", "url": "http://localhost:9696", "apiKey": "0123456789abcdef"}
            ]
        }
    )

    name: Label
    kind: Literal["prowlarr", "torznab", "newznab"]
    url: Address


class Indexer(Model):
    """An indexer as it is."""

    id: int
    name: str
    kind: str
    url: str
    has_api_key: bool
    enabled: bool
    priority: int
    categories: list[int]
    remote_ids: list[int]
    flag_modifiers: dict[str, float]
    rss_enabled: bool
    seed_minutes: int | None
    seed_ratio: float | None
    created_at: datetime


class PathMapping(Model):
    """What the client calls a folder, and what this machine does."""

    model_config = ConfigDict(extra="forbid")

    remote: Line = Field(examples=["/downloads"])
    local: Line = Field(examples=["/mnt/nas/downloads"])

    @field_validator("local")
    @classmethod
    def _whole(cls, local: str, info: Any) -> str:
        Mapping(info.data.get("remote", "/"), local)
        return local


class DownloadClientChanges(Changes):
    """What is to be changed of a download client; a `password` of null takes it away."""

    name: Label | None = None
    kind: Literal["qbittorrent", "transmission", "nzbget", "sabnzbd"] | None = None
    url: Address | None = Field(None, examples=["http://localhost:8080"])
    username: Line | None = None
    password: Secret | None = Field(None, description="For SABnzbd, its API key. Kept by Prefect, encrypted")
    enabled: bool | None = None
    category: Line | None = None
    save_path: Line | None = Field(None, description="As the client sees it; its own for the category, where null")
    imported_category: Line | None = Field(None, description="What a torrent is filed under once it is imported")
    path_mappings: list[PathMapping] | None = Field(None, max_length=50)


class NewDownloadClient(DownloadClientChanges):
    """A program that is to download from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "qBittorrent", "kind": "qbittorrent", "url": "http://localhost:8080", "username": "admin"}
            ]
        }
    )

    name: Label
    kind: Literal["qbittorrent", "transmission", "nzbget", "sabnzbd"]
    url: Address


class DownloadClient(Model):
    """A download client as it is."""

    id: int
    name: str
    kind: str
    url: str
    username: str | None
    has_password: bool
    enabled: bool
    category: str
    save_path: str | None
    imported_category: str | None
    path_mappings: list[PathMapping]
    trouble: str | None = Field(description="Why it refuses to be asked; what it downloads waits until that is mended")
    trouble_since: datetime | None
    created_at: datetime


class LibraryServerChanges(Changes):
    """What is to be changed of a library server."""

    name: Label | None = None
    kind: Literal["plex", "audiobookshelf"] | None = None
    url: Address | None = Field(None, examples=["http://localhost:32400"])
    token: Secret | None = Field(None, description="Kept by Prefect, encrypted; no answer ever holds it")
    library_id: Line | None = Field(None, description="What the server calls the library", examples=["1"])
    enabled: bool | None = None
    scan_after_import: bool | None = None


class NewLibraryServer(LibraryServerChanges):
    """A library in which requested books are to turn up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Plex", "kind": "plex", "url": "http://localhost:32400", "libraryId": "1"}]
        }
    )

    name: Label
    kind: Literal["plex", "audiobookshelf"]
    url: Address
    library_id: Line | None = Field(
        None,
        description="What the server calls the library. Without it, the server is not used until one is chosen; a test"
        " says which there are, and takes the only one",
    )


class LibraryServer(Model):
    """A library server as it is."""

    id: int
    name: str
    kind: str
    url: str
    has_token: bool
    library_id: str
    enabled: bool
    scan_after_import: bool
    last_scanned_at: datetime | None
    last_polled_at: datetime | None
    trouble: str | None = Field(description="Why it refuses to be asked; until that is mended, it is asked seldom")
    trouble_since: datetime | None
    libraries: dict[str, str] = Field(description="Those that the last test found: their names by their ids")
    created_at: datetime


class NotificationTargetChanges(Changes):
    """What is to be changed of a target of notifications."""

    name: Label | None = None
    address: Annotated[SecretStr, AfterValidator(_apprise)] | None = Field(
        None, description="Apprise's, such as ntfy://topic. Kept by Prefect, encrypted"
    )
    events: Events | None = Field(None, examples=[["request_available", "request_error"]])
    enabled: bool | None = None


class NewNotificationTarget(NotificationTargetChanges):
    """Somebody who is to be told from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "My phone", "address": "ntfy://topic", "events": ["request_available"]}]
        }
    )

    name: Label
    address: Annotated[SecretStr, AfterValidator(_apprise)]
    events: Events = Field(default_factory=lambda: list(EVENTS))


class NotificationTarget(Model):
    """A target of notifications as it is; its address is a secret."""

    id: int
    name: str
    events: list[str]
    enabled: bool
    created_at: datetime


class Indexers(Model):
    """All indexers."""

    indexers: list[Indexer]


class DownloadClients(Model):
    """All download clients; of each protocol the first enabled one downloads."""

    download_clients: list[DownloadClient]


class LibraryServers(Model):
    """All library servers."""

    library_servers: list[LibraryServer]


class NotificationTargets(Model):
    """All targets of notifications."""

    notification_targets: list[NotificationTarget]


class RequestSettings(Model):
    """What all requests share; what is not named stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"libraryFolder": "/srv/audiobooks", "hardLinks": True, "autoApprove": False}]},
    )

    skip_unreleased: bool | None = Field(None, description="Search for a book only from the day it is published")
    auto_approve: bool | None = Field(None, description="Whether those who are no administrators need no approval")
    max_import_attempts: int | None = Field(None, ge=1, le=100)
    library_folder: Annotated[Line, AfterValidator(_folder)] | None = Field(
        None, description="Where books are put", examples=["/srv/audiobooks"]
    )
    folder_template: Annotated[Line, AfterValidator(_template)] | None = Field(
        None,
        description="The folders of a book in there, by `author`, `title`, `narrator`, `series`, `series_part`, "
        "`year`, `asin` and `isbn`; what is not known of a book is left out",
        examples=["{author}/{title} [{asin}]"],
    )
    hard_links: bool | None = Field(None, description="Give files a second name instead of copying them, if they can")
    write_tags: bool | None = Field(None, description="Write what is known of a book into a copy of its files")
    merge_chapters: bool | None = Field(None, description="Join the parts of a book to one m4b with chapters")
    fetch_covers: bool | None = Field(None, description="Fetch a cover where the download has none")


class FolderExample(Model):
    """Where a book would be put."""

    folder: str = Field(examples=["/srv/audiobooks/Frank Herbert/Dune Messiah [B002V1OEYG]"])
