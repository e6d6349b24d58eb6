"""The programs that requests are carried out with, as a person has set them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from db.ledger.events import dump
from db.refusals import FieldError

TORRENT_CLIENTS = frozenset({"qbittorrent", "transmission"})
#: A program that lets nobody in is asked so seldom (seconds): qBittorrent shuts out who tries five wrong passwords.
REFUSED_WAIT = 900.0


class ProgramError(FieldError):
    """What was asked of a program's settings cannot be done; the message is one sentence for people."""


class ProgramNotFoundError(LookupError):
    """No program has this id."""


@dataclass(frozen=True)
class Indexer:
    """A Prowlarr, or one feed. Its key is in Prefect, as the block named by `secret_block`; so with all of these."""

    id: int
    name: str
    kind: Literal["prowlarr", "torznab", "newznab"]
    url: str
    secret_block: str | None
    enabled: bool
    priority: int
    categories: Sequence[int]
    remote_ids: Sequence[int]
    flag_modifiers: Mapping[str, float]
    rss_enabled: bool
    seed_minutes: int | None
    seed_ratio: float | None
    created_at: datetime


@dataclass(frozen=True)
class Client:
    """A program that downloads."""

    id: int
    name: str
    kind: Literal["qbittorrent", "transmission", "nzbget", "sabnzbd"]
    url: str
    username: str | None
    secret_block: str | None
    enabled: bool
    category: str
    save_path: str | None
    imported_category: str | None
    #: Why it refuses to be asked, and since when: nothing changes that but a person.
    trouble: str | None
    trouble_since: datetime | None
    created_at: datetime

    @property
    def protocol(self) -> Literal["torrent", "usenet"]:
        """What it downloads."""
        return "torrent" if self.kind in TORRENT_CLIENTS else "usenet"


@dataclass(frozen=True)
class Shelf:
    """A library of Plex or Audiobookshelf."""

    id: int
    name: str
    kind: Literal["plex", "audiobookshelf"]
    url: str
    secret_block: str | None
    #: Empty until one is chosen.
    library_id: str
    enabled: bool
    scan_after_import: bool
    last_scanned_at: datetime | None
    last_polled_at: datetime | None
    #: Why it refuses to be asked, and since when: nothing changes that but a person.
    trouble: str | None
    trouble_since: datetime | None
    #: Those that it had when it was last tried: what each is called, by what the server calls it.
    libraries: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True)
class Target:
    """Whom to tell what, by Apprise; the address is the secret."""

    id: int
    name: str
    secret_block: str
    enabled: bool
    events: Sequence[str]
    created_at: datetime


Row = TypeVar("Row", Indexer, Client, Shelf, Target)


class Programs(Generic[Row]):
    """One kind of program: its rows by id."""

    def __init__(self, row: type[Row], table: str, noun: str) -> None:
        self.noun, self.table = noun, table
        self._row: Callable[..., Row] = row
        self._names = [field.name for field in fields(row)]
        self._select = f"SELECT {', '.join(self._names)} FROM {table}"  # noqa: S608  (constants)

    def all(self, conn: Connection) -> list[Row]:
        """All of them, the oldest first."""
        rows = conn.execute(text(f"{self._select} ORDER BY id"))
        return [self._row(*row) for row in rows]

    def enabled(self, conn: Connection) -> list[Row]:
        """Those that are used, the oldest first."""
        return [row for row in self.all(conn) if row.enabled]

    def get(self, conn: Connection, program_id: int) -> Row:
        """One of them.

        Raises:
            ProgramNotFoundError: there is none with this id.
        """
        row = conn.execute(text(f"{self._select} WHERE id = :id"), {"id": program_id}).one_or_none()
        if row is None:
            raise ProgramNotFoundError(f"There is no {self.noun} {program_id}.")
        return self._row(*row)

    def add(self, conn: Connection, **values: Any) -> Row:
        """Set one up.

        Raises:
            ProgramError: there is one of this name.
        """
        given = ", ".join(values), ", ".join(f":{name}" for name in values)
        statement = f"INSERT INTO {self.table} ({given[0]}) VALUES ({given[1]}) RETURNING id"  # noqa: S608
        return self._write(conn, statement, values)

    def change(self, conn: Connection, program_id: int, **values: Any) -> Row:
        """Change what is named. Raises as `get` and `add` do."""
        self.get(conn, program_id)
        if not values:
            return self.get(conn, program_id)
        sets = ", ".join(f"{name} = :{name}" for name in values)
        statement = f"UPDATE {self.table} SET {sets} WHERE id = :id RETURNING id"  # noqa: S608
        return self._write(conn, statement, values | {"id": program_id})

    def remove(self, conn: Connection, program_id: int) -> None:
        """Use it no more. Raises as `get` does."""
        self.get(conn, program_id)
        conn.execute(text(f"DELETE FROM {self.table} WHERE id = :id"), {"id": program_id})  # noqa: S608

    def _write(self, conn: Connection, statement: str, values: Mapping[str, Any]) -> Row:
        given = {name: dump(value) if isinstance(value, dict) else value for name, value in values.items()}
        try:
            with conn.begin_nested():
                return self.get(conn, conn.execute(text(statement), given).scalar_one())
        except IntegrityError as error:
            if "_name" not in str(error.orig):
                raise
            raise ProgramError(f"There is a {self.noun} called {values['name']} already.", "name") from None


INDEXERS = Programs(Indexer, "indexers", "indexer")
CLIENTS = Programs(Client, "download_clients", "download client")
SHELVES = Programs(Shelf, "shelves", "library server")
TARGETS = Programs(Target, "notification_targets", "notification target")

_MAPPINGS = text(
    """
    SELECT client_id, remote_path, local_path FROM path_mappings
    WHERE CAST(:client AS bigint) IS NULL OR client_id = :client ORDER BY id
    """
)
_FORGET = text("DELETE FROM path_mappings WHERE client_id = :client")
_MAP = text("INSERT INTO path_mappings (client_id, remote_path, local_path) VALUES (:client, :remote, :local)")


def read_mappings(conn: Connection, client_id: int | None = None) -> dict[int, list[tuple[str, str]]]:
    """What clients call folders, and what this machine does: (remote, local), by client."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in conn.execute(_MAPPINGS, {"client": client_id}):
        found.setdefault(row.client_id, []).append((row.remote_path, row.local_path))
    return found


def write_mappings(conn: Connection, client_id: int, mappings: Sequence[tuple[str, str]]) -> None:
    """Set all of a client's mappings.

    Raises:
        ProgramError: a folder of the client's is named twice.
    """
    if len({remote for remote, _ in mappings}) < len(mappings):
        raise ProgramError("A folder of the client's is mapped twice; each needs one path here.", "path_mappings")
    conn.execute(_FORGET, {"client": client_id})
    for remote, local in mappings:
        conn.execute(_MAP, {"client": client_id, "remote": remote, "local": local})
