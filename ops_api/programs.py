"""What a person may do to the programs that requests are carried out with: set them up, try them, forget them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, Engine

from db import requests
from db.requests import CLIENTS, INDEXERS, SHELVES, TARGETS, Client, Indexer, ProgramError, Programs, Shelf, Target
from ops_api import models, reach
from ops_api.desk import Desk
from ops_api.secrets import Secrets
from tasks.clients.addresses import origin
from tasks.errors import PermanentError, TransientError

OTHER_SERVER = "A key is not given to another server than the one it was set for; set it together with the address."
NOT_CHOSEN = "Choose the server's library before it is used; Test says which there are."
LOST = "Prefect has lost the key of {name}; set it anew."


@dataclass(frozen=True)
class Kind:
    """One kind of program: where it is kept, what its secret is called, how it is tried, how it is said."""

    name: str
    programs: Programs[Any]
    secret: str
    try_it: Callable[[Any, str | None, Sequence[tuple[str, str]]], reach.Tried]
    said: Callable[[Any, Sequence[tuple[str, str]]], models.Model]

    @property
    def needs_secret(self) -> bool:
        """Whether nothing is left without it."""
        return self.programs is TARGETS

    @property
    def purpose(self) -> str:
        """How the blocks that hold its secrets are called in Prefect."""
        return f"darkroom-{self.name}"


def _indexer(row: Indexer, _: object) -> models.Indexer:
    return models.Indexer.model_validate(asdict(row) | {"has_api_key": row.secret_block is not None})


def _client(row: Client, mappings: Sequence[tuple[str, str]]) -> models.DownloadClient:
    said = [{"remote": remote, "local": local} for remote, local in mappings]
    more = {"has_password": row.secret_block is not None, "path_mappings": said}
    return models.DownloadClient.model_validate(asdict(row) | more)


def _shelf(row: Shelf, _: object) -> models.LibraryServer:
    return models.LibraryServer.model_validate(asdict(row) | {"has_token": row.secret_block is not None})


def _target(row: Target, _: object) -> models.NotificationTarget:
    return models.NotificationTarget.model_validate(asdict(row))


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("indexer", INDEXERS, "api_key", lambda row, key, _: reach.indexer(row, key), _indexer),
        Kind("download-client", CLIENTS, "password", reach.client, _client),
        Kind("library-server", SHELVES, "token", lambda row, key, _: reach.shelf(row, key), _shelf),
        Kind("notification-target", TARGETS, "address", lambda row, key, _: reach.target(row, key), _target),
    )
}


@dataclass(frozen=True)
class ProgramDesk:
    """The programs with their secrets. Each method is one transaction, which the audit names."""

    engine: Engine
    desk: Desk
    secrets: Secrets

    def all(self, name: str) -> list[Any]:
        """All programs of this kind."""
        kind = KINDS[name]
        with self.engine.connect() as conn:
            mappings = requests.read_mappings(conn)
            return [kind.said(row, mappings.get(row.id, ())) for row in kind.programs.all(conn)]

    def add(self, name: str, wanted: models.ProgramChanges) -> Any:
        """Set one up, and keep its secret."""
        kind, values = KINDS[name], wanted.said(KINDS[name].secret)
        secret: SecretStr | None = getattr(wanted, kind.secret)
        if kind.programs is SHELVES and "library_id" not in values:
            values |= {"library_id": "", "enabled": False}
        with (
            self.desk.acting(f"{name}-add", name=values["name"]) as conn,
            self.secrets.kept(kind.purpose, secret) as block,
        ):
            mappings = values.pop("path_mappings", [])
            row = kind.programs.add(conn, **values, **({} if block is None else {"secret_block": block}))
            return kind.said(row, _map(conn, kind, row.id, mappings))

    def change(self, name: str, program_id: int, wanted: models.ProgramChanges) -> Any:
        """Change what is named; a new secret takes the place of the old one, which is forgotten."""
        kind, values = KINDS[name], wanted.said(KINDS[name].secret)
        secret: SecretStr | None = getattr(wanted, kind.secret)
        said = {"id": program_id, "changed": sorted(wanted.model_fields_set)}
        with self.desk.acting(f"{name}-change", **said) as conn, self.secrets.kept(kind.purpose, secret) as block:
            before = kind.programs.get(conn, program_id)
            mappings = values.pop("path_mappings", None)
            if kind.secret in wanted.model_fields_set and (block is not None or not kind.needs_secret):
                values["secret_block"] = block
            elif before.secret_block and "url" in values and origin(values["url"]) != origin(before.url):
                raise ProgramError(OTHER_SERVER, kind.secret)
            if values and kind.programs is SHELVES:
                values |= requests.ASKED_AGAIN
                if values.get("enabled") and not values.get("library_id", before.library_id):
                    raise ProgramError(NOT_CHOSEN, "library_id")
            kind.programs.change(conn, program_id, **values)
            woken = requests.ask_again(conn, program_id) if kind.programs is CLIENTS else 0
            after = kind.programs.get(conn, program_id)
            known = _map(conn, kind, program_id, mappings)
            if before.secret_block not in {None, after.secret_block}:
                self.secrets.forget(before.secret_block)
        self._start(woken)
        return kind.said(after, known)

    def remove(self, name: str, program_id: int) -> str:
        """Use a program no more and forget its secret; returns what it was called."""
        kind = KINDS[name]
        with self.desk.acting(f"{name}-remove", id=program_id) as conn:
            before = kind.programs.get(conn, program_id)
            kind.programs.remove(conn, program_id)
            if before.secret_block:
                self.secrets.forget(before.secret_block)
        return str(before.name)

    def test(self, name: str, program_id: int) -> models.ProgramTested:
        """Speak with a program, at once."""
        kind = KINDS[name]
        with self.engine.connect() as conn:
            row = kind.programs.get(conn, program_id)
            mappings = requests.read_mappings(conn, program_id).get(program_id, [])
        key = self.secrets.read(row.secret_block) if row.secret_block else None
        if row.secret_block and key is None:
            return models.ProgramTested(ok=False, message=LOST.format(name=row.name))
        try:
            tried = kind.try_it(row, key, mappings)
        except (PermanentError, TransientError) as error:
            if isinstance(error, PermanentError) and kind.programs is CLIENTS:
                with self.engine.begin() as conn:
                    requests.say_refusal(conn, CLIENTS, program_id, str(error))
            return models.ProgramTested(ok=False, message=f"{str(error).removesuffix('.')}.")
        if news := {name: value for name, value in tried.learned.items() if getattr(row, name) != value}:
            with self.desk.acting(f"{name}-learned", id=program_id, learned=sorted(news)) as conn:
                kind.programs.change(conn, program_id, **news)
                woken = requests.ask_again(conn, program_id) if kind.programs is CLIENTS else 0
            self._start(woken)
        return models.ProgramTested(ok=tried.ok, message=f"{f'{row.name} answers: ' * tried.ok}{tried.words}.")

    def _start(self, woken: int) -> None:
        """Have the jobs taken up that have waited for a client."""
        if woken:
            self.desk.starter.start_soon()

    def change_settings(self, wanted: models.RequestSettings) -> models.RequestSettings:
        """Change what all requests share."""
        said = wanted.model_dump(exclude_unset=True)
        changes = {name: value for name, value in said.items() if value is not None or name == "library_folder"}
        with self.desk.acting("request-settings", **changes) as conn:
            return models.RequestSettings.model_validate(requests.write_settings(conn, **changes))


def _map(
    conn: Connection, kind: Kind, program_id: int, mappings: Sequence[Mapping[str, str]] | None
) -> Sequence[tuple[str, str]]:
    """Set a client's mappings, where some are given; returns those that hold."""
    if kind is KINDS["download-client"] and mappings is not None:
        requests.write_mappings(conn, program_id, [(each["remote"], each["local"]) for each in mappings])
    return requests.read_mappings(conn, program_id).get(program_id, [])
