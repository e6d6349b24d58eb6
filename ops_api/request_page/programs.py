"""The forms in which a person sets up the programs that carry requests out, and what all requests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from db.requests import EVENTS
from ops_api import models
from ops_api.forms import Field
from ops_api.models.programs import Changes

LIBRARY = "Test has the server say which there are."
KEEP = "It is kept, and shown to nobody. Leave this empty to keep it as it is."


@dataclass(frozen=True)
class ProgramForm:
    """One kind of program: how it is called, what it is for, and what is said of it."""

    kind: str
    title: str
    noun: str
    purpose: str
    fields: Sequence[Field]
    new: type[Changes]
    changes: type[Changes]
    #: How the API says that a secret is kept.
    has: str | None

    @property
    def secret(self) -> Field:
        """The field of its key."""
        return next(field for field in self.fields if field.kind == "secret")

    def for_change(self, *, kept: bool, libraries: Mapping[str, str] | None = None) -> list[Field]:
        """The fields to change it by: a secret that is kept is not asked for again, a library that is known chosen."""
        return [_for_change(field, kept=kept, libraries=libraries or {}) for field in self.fields]


def _for_change(field: Field, *, kept: bool, libraries: Mapping[str, str]) -> Field:
    if field.kind == "secret" and kept:
        return replace(field, required=False, help=KEEP)
    if field.name == "library_id":
        return replace(field, required=True, kind="choice" if libraries else "text", choices=libraries, help=LIBRARY)
    return field


#: The events in words.
TOLD = {event: event.removeprefix("request_").replace("_", " ") for event in EVENTS}
NAME = Field("name", "Name", required=True, most=100)
ENABLED = Field("enabled", "Use it", "check")


def _address(example: str) -> Field:
    return Field("url", "Address", required=True, example=example, most=2000)


def _kinds(**words: str) -> Field:
    return Field("kind", "Kind", "choice", required=True, choices=words)


FORMS: Mapping[str, ProgramForm] = {
    form.kind: form
    for form in (
        ProgramForm(
            "indexer",
            "Indexers",
            "an indexer",
            "They are searched for the books that are asked for.",
            (
                NAME,
                _kinds(prowlarr="Prowlarr", torznab="Torznab feed", newznab="Newznab feed"),
                _address("http://localhost:9696"),
                Field("api_key", "API key", "secret", most=4096),
                ENABLED,
                Field("rss_enabled", "Watch its newest releases (RSS)", "check"),
                Field("priority", "Priority", "number", "1 to 25; larger is preferred.", required=True, bounds=(1, 25)),
                Field("categories", "Categories", "words", "3030 is audiobooks.", example="3030"),
                Field("remote_ids", "Prowlarr's indexers", "words", "Their numbers; all of them where this is empty."),
                Field(
                    "flag_modifiers",
                    "Flags",
                    "pairs",
                    "A line each: percent that a flag adds or takes.",
                    example="Freeleech = 10",
                ),
                Field(
                    "seed_minutes",
                    "Seed for",
                    "number",
                    "Then a finished torrent may be removed.",
                    unit="minutes",
                    bounds=(1, 10_000_000),
                ),
                Field(
                    "seed_ratio",
                    "Seed up to",
                    "number",
                    "Where both are set, both must be reached.",
                    unit="times",
                    bounds=(0.01, 1000),
                ),
            ),
            models.NewIndexer,
            models.IndexerChanges,
            "has_api_key",
        ),
        ProgramForm(
            "download-client",
            "Download clients",
            "a download client",
            "The first one that is used gets the torrents, the first one for Usenet the rest.",
            (
                NAME,
                _kinds(qbittorrent="qBittorrent", transmission="Transmission", nzbget="NZBGet", sabnzbd="SABnzbd"),
                _address("http://localhost:8080"),
                Field("username", "User", most=1000),
                Field("password", "Password", "secret", "For SABnzbd, its API key.", most=4096),
                ENABLED,
                Field(
                    "category", "Category", help="What its downloads of ours are filed under.", required=True, most=1000
                ),
                Field(
                    "save_path", "Save to", help="As the client sees it; its own choice where this is empty.", most=1000
                ),
                Field("imported_category", "Category once imported", most=1000),
                Field(
                    "path_mappings",
                    "Path mappings",
                    "mappings",
                    "A line each: what the client calls a folder, and what this machine does.",
                    example="/downloads = /mnt/nas/downloads",
                ),
            ),
            models.NewDownloadClient,
            models.DownloadClientChanges,
            "has_password",
        ),
        ProgramForm(
            "library-server",
            "Library servers",
            "a library server",
            "Once one of them lists a book, its request is fulfilled.",
            (
                NAME,
                _kinds(plex="Plex", audiobookshelf="Audiobookshelf"),
                _address("http://localhost:32400"),
                Field("token", "Token", "secret", most=4096),
                Field(
                    "library_id",
                    "Library",
                    help="What the server calls it. Leave it empty to choose one once the server is added.",
                ),
                ENABLED,
                Field("scan_after_import", "Have it look as soon as a book is filed", "check"),
            ),
            models.NewLibraryServer,
            models.LibraryServerChanges,
            "has_token",
        ),
        ProgramForm(
            "notification-target",
            "Notifications",
            "somebody to tell",
            "Who is told what, by any of the ways that Apprise knows.",
            (
                NAME,
                Field(
                    "address",
                    "Apprise address",
                    "secret",
                    "Such as ntfy://topic or mailto://user:password@host.",
                    required=True,
                    most=4096,
                ),
                Field(
                    "events",
                    "Told of",
                    "ticks",
                    required=True,
                    choices=TOLD,
                ),
                ENABLED,
            ),
            models.NewNotificationTarget,
            models.NotificationTargetChanges,
            None,
        ),
    )
}

#: With which an empty form begins.
DEFAULTS = {
    "enabled": True,
    "rss_enabled": True,
    "priority": 10,
    "categories": [3030],
    "category": "darkroom",
    "scan_after_import": True,
    "events": list(EVENTS),
}


@dataclass(frozen=True)
class Group:
    """Settings of all requests that are saved together."""

    key: str
    title: str
    fields: Sequence[Field]


GROUPS: Mapping[str, Group] = {
    group.key: group
    for group in (
        Group(
            "files",
            "Files",
            (
                Field(
                    "library_folder",
                    "Library folder",
                    help="Where books are put, as the worker sees it.",
                    example="/srv/audiobooks",
                    most=1000,
                ),
                Field(
                    "folder_template",
                    "Folders of a book",
                    required=True,
                    example="{author}/{title} [{asin}]",
                    most=1000,
                ),
                Field(
                    "hard_links",
                    "Hard links instead of copies",
                    "check",
                    "Where both lie on one file system. What is seeded stays as it is.",
                ),
                Field("write_tags", "Write tags into the files", "check", "Into copies, never into what is seeded."),
                Field("merge_chapters", "Join the parts to one m4b with chapters", "check"),
                Field("fetch_covers", "Fetch covers", "check"),
            ),
        ),
        Group(
            "searching",
            "Requests",
            (
                Field(
                    "skip_unreleased",
                    "Search for a book only from its release date on",
                    "check",
                    "A search by hand takes no notice of that.",
                ),
                Field(
                    "auto_approve",
                    "Approve everybody's requests at once",
                    "check",
                    "Else those of people who are no administrators wait for one.",
                ),
                Field(
                    "max_import_attempts",
                    "Attempts to file a download",
                    "number",
                    "Then it is a person's turn.",
                    required=True,
                    bounds=(1, 100),
                ),
            ),
        ),
    )
}
