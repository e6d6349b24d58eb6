"""Requests for audiobooks, and how each went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from db.requests import Status as RequestStatus
from db.requests import to_asin, to_isbn
from ops_api.models.actions import Enqueued, Told
from ops_api.models.base import Model, Text
from ops_api.models.jobs import Job
from tasks.clients.addresses import is_web_address

Line = Annotated[Text, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


def _cover(value: str) -> str:
    if not is_web_address(value):
        raise ValueError("it must be an http or https address")
    return value


class NewBook(Model):
    """A book, as far as it is known."""

    model_config = ConfigDict(extra="forbid")

    title: Line = Field(examples=["Dune"])
    author: Line = Field(examples=["Frank Herbert"])
    asin: Annotated[Line, AfterValidator(to_asin)] | None = Field(None, examples=["B002V1OF70"])
    isbn: Annotated[Line, AfterValidator(to_isbn)] | None = Field(None, examples=["9780441172719"])
    narrator: Line | None = None
    series: Line | None = None
    series_part: Line | None = Field(None, examples=["1"])
    description: Annotated[Text, StringConstraints(max_length=20_000)] | None = None
    cover_url: Annotated[Text, StringConstraints(max_length=2000), AfterValidator(_cover)] | None = None
    language: Line | None = Field(None, examples=["en"])
    release_date: date | None = None
    runtime_minutes: int | None = Field(None, ge=1, le=100_000)


class NewRequest(NewBook):
    """A book that somebody wants."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Dune", "author": "Frank Herbert", "asin": "B002V1OF70"}]}
    )

    search: bool = Field(True, description="Whether it is searched for by itself; else a release is chosen by hand")
    search_terms: Line | None = Field(None, description="What the indexers are asked for instead of the title")


class Book(NewBook):
    """A book that somebody has asked for."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    id: int
    folder: str | None = Field(description="Where its files were put")


class BookRequest(Model):
    """One person's wish for one book."""

    id: int = Field(examples=[4711])
    status: RequestStatus = Field(examples=["downloading"])
    meaning: str = Field(description="What the status means, in a sentence")
    book: Book
    request_source: str = Field(examples=["page"])
    requested_by: str = Field(examples=["ann"])
    priority: int
    progress: int = Field(description="Of its download, percent", examples=[42])
    search_attempts: int
    download_attempts: int
    import_attempts: int
    error_message: str | None = Field(examples=["No indexer lists this book yet; it is searched for again by itself."])
    search_terms: str | None
    last_search_at: datetime | None
    last_import_at: datetime | None
    shelf_id: int | None
    shelf_guid: str | None = Field(description="What Plex or Audiobookshelf calls it", examples=["li_8x2"])
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class BookRequests(Model):
    """A page of requests, the newest first."""

    requests: list[BookRequest]
    counts: dict[str, int] = Field(
        description="How many there are in each status", examples=[{"downloading": 2, "available": 40}]
    )
    next_before: int | None = Field(description="Pass as `before` for the next page; null on the last")


class RequestStep(Model):
    """One step of a request's way."""

    id: int
    from_status: RequestStatus | None
    to_status: RequestStatus = Field(examples=["downloading"])
    message: str = Field(examples=["Chosen of 12 releases: Dune [M4B] (Books)"])
    by: str = Field(examples=["search_indexers"])
    job_id: int | None
    details: dict[str, Any] | None
    created_at: datetime


class RequestDownload(Model):
    """What a download client was given, and how it is doing."""

    id: int
    client: str = Field(examples=["qbittorrent"])
    client_item_id: str
    indexer: str = Field(examples=["Books"])
    protocol: str = Field(examples=["torrent"])
    title: str = Field(examples=["Frank Herbert - Dune [M4B]"])
    info_hash: str | None
    info_url: str | None
    size: int | None
    seeders: int | None
    leechers: int | None
    score: float | None
    status: str = Field(examples=["downloading"])
    client_state: str | None = Field(examples=["downloading"])
    progress: int
    speed: int | None = Field(description="Bytes a second")
    eta: int | None = Field(description="Seconds")
    error: str | None
    path: str | None = Field(examples=["/downloads/Dune"])
    started_at: datetime
    checked_at: datetime | None
    completed_at: datetime | None


class BlockedRelease(Model):
    """A release that is not chosen again for this request."""

    id: int
    release_key: str = Field(examples=["dune abridged"])
    info_hash: str | None
    indexer: str | None
    source: str = Field(examples=["manual"])
    reason: str = Field(examples=["Another narrator."])
    job_id: int | None
    created_at: datetime


class RequestStory(BookRequest):
    """A request with all that became of it."""

    history: list[RequestStep]
    downloads: list[RequestDownload]
    blocked: list[BlockedRelease]
    jobs: list[Job] = Field(description="The newest twenty-five, the newest first")


class Release(Model):
    """What the last search has found. Its address, which may hold a key, is not told."""

    id: int
    rank: int
    title: str = Field(examples=["Frank Herbert - Dune [M4B]"])
    indexer: str = Field(examples=["Books"])
    protocol: str = Field(examples=["torrent"])
    size: int | None = Field(examples=[612_000_000])
    seeders: int | None = Field(examples=[14])
    leechers: int | None
    published_at: datetime | None
    info_hash: str | None
    info_url: str | None
    flags: list[str] = Field(examples=[["Freeleech"]])
    base_score: float = Field(examples=[90.7])
    final_score: float = Field(examples=[95.7])
    breakdown: dict[str, Any] = Field(
        examples=[{"match": 58.2, "size": 13.0, "seeders": 9.5, "format": 10.0, "bonuses": {"Freeleech": 5.0}}]
    )
    qualifies: bool = Field(description="Whether it may be taken without a person")
    chosen: bool
    blocked: bool


class Releases(Model):
    """What the last search has found, the best first."""

    releases: list[Release]
    searching: bool = Field(description="Whether a search is under way or about to begin")


class RequestMade(Told):
    """A new request."""

    request: BookRequest


class Swipe(NewRequest):
    """A book that was suggested, and which way a person has swiped it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Dune", "author": "Frank Herbert", "action": "right"}]}
    )

    action: Literal["right", "left", "up"] = Field(description="Only to the right asks for it")


class Swiped(Told):
    """What came of a swipe."""

    request: BookRequest | None = Field(description="null where nothing was asked for")


class RequestChange(Model):
    """What is to become of a request."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "cancel", "removeDownloads": True}]}
    )

    action: Literal["cancel", "retry"]
    remove_downloads: bool = Field(False, description="With cancel: also from the download client, with the files")


class RequestChanged(Told):
    """What became of a request."""

    request: BookRequest
    job_ids: list[int] = Field(default_factory=list)


class WantedSearch(Model):
    """By which words to search, where not by the title."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"searchTerms": "dune herbert unabridged"}]}
    )

    search_terms: Line | None = None


class SearchWanted(Enqueued):
    """A search that was enqueued; its results are in `/releases` once it has ended."""


class ChosenRelease(Model):
    """The release to download."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"releaseId": 17}]})

    release_id: int = Field(ge=1, le=2**63 - 1)


class Approval(Model):
    """What an administrator says to a request."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "deny", "reason": "There is no room."}]}
    )

    action: Literal["approve", "deny"]
    reason: Line | None = None


class FilesToImport(Model):
    """Where a book's files are already, as the worker's machine sees it."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[Text, StringConstraints(min_length=2, max_length=4000, pattern="^/")] = Field(
        examples=["/downloads/Dune"]
    )


class ReleaseToBlock(Model):
    """A release that is not to be chosen again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"releaseId": 17, "reason": "Another narrator."}]}
    )

    release_id: int = Field(ge=1, le=2**63 - 1)
    reason: Line = "Blocked by hand."
