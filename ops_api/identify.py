"""What a person may do about identifying videos: say where to look, look one up, decide on what is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from db import identify, paths
from db.ledger import Enqueued
from flows.queues import BY_NAME
from ops_api import models
from ops_api.desk import Desk
from ops_api.secrets import Secrets
from tasks.clients.addresses import origin
from tasks.clients.web import Web
from tasks.control import NoControl
from tasks.errors import PermanentError, TransientError
from tasks.identify.graphql import StashBox
from tasks.identify.stash_box import who

#: How the blocks that hold keys are called in Prefect.
PURPOSE = "darkroom-stash-box"
OTHER_SERVER = "A key is not given to another server than the one it was set for; give it together with the address."
LOST_KEY = "Prefect has lost the API key of this stash-box; set it anew."


@dataclass(frozen=True)
class IdentifyDesk:
    """The stash-boxes with their keys, and the proposals. Each method is one transaction, which the audit names."""

    engine: Engine
    desk: Desk
    secrets: Secrets

    def add_box(self, wanted: models.NewStashBox) -> models.StashBox:
        """Add a stash-box, and keep its key."""
        values = wanted.model_dump(exclude={"api_key"})
        with self.desk.acting("stash-box-add", **values) as conn, self.secrets.kept(PURPOSE, wanted.api_key) as block:
            return box(identify.add_box(conn, **values, secret_block=block))

    def change_box(self, box_id: int, changes: models.StashBoxChanges) -> models.StashBox:
        """Change what is named; a new key takes the place of the old one, which is forgotten."""
        named = {name: value for name, value in changes.model_dump(exclude={"api_key"}).items() if value is not None}
        said = {"stash_box": box_id, "changed": sorted(changes.model_fields_set)}
        with self.desk.acting("stash-box-change", **said) as conn, self.secrets.kept(PURPOSE, changes.api_key) as block:
            before = identify.get_box(conn, box_id)
            if "api_key" in changes.model_fields_set:
                named["secret_block"] = block
            elif before.secret_block and origin(named.get("endpoint", before.endpoint)) != origin(before.endpoint):
                raise identify.BoxError(OTHER_SERVER, "api_key")
            after = identify.change_box(conn, box_id, **named)
            if before.secret_block not in {None, after.secret_block}:
                self.secrets.forget(str(before.secret_block))
            return box(after)

    def remove_box(self, box_id: int) -> None:
        """Remove a stash-box and forget its key."""
        with self.desk.acting("stash-box-remove", stash_box=box_id) as conn:
            before = identify.get_box(conn, box_id)
            identify.remove_box(conn, box_id)
            if before.secret_block:
                self.secrets.forget(before.secret_block)

    def test_box(self, box_id: int) -> models.StashBoxTested:
        """Ask a stash-box whose key this is."""
        with self.engine.connect() as conn:
            known = identify.get_box(conn, box_id)
        key = self.secrets.read(known.secret_block) if known.secret_block else None
        if known.secret_block and key is None:
            return models.StashBoxTested(ok=False, message=LOST_KEY)
        try:
            with Web() as web:
                name = who(web, StashBox(known.name, known.endpoint, key), NoControl())
        except (PermanentError, TransientError) as error:
            return models.StashBoxTested(ok=False, message=f"{str(error).removesuffix('.')}.")
        return models.StashBoxTested(ok=True, message=f"{known.name} answers and knows the key as {name}'s.")

    def look_up(self, video_id: int, box_id: int | None) -> models.Enqueued:
        """Look one video up."""
        with self.desk.acting("identify", video=video_id, stash_box=box_id) as conn:
            made = identify.want_identify(conn, video_id, box_id)
        return self.desk.told(BY_NAME["identify"], made)

    def accept(self, result_id: int, fields: Sequence[str] | None) -> models.Accepted:
        """Accept a proposal, or some of its fields, and have it applied."""
        with self.desk.acting("identify-accept", result=result_id, fields=fields) as conn:
            accepted = identify.accept(conn, result_id, fields)
            made = identify.want_import(conn, accepted)
        return self._accepted(accepted, made)

    def apply(self, result_id: int) -> models.Accepted:
        """Have an accepted proposal applied.

        Raises:
            DecidedError: it was applied, or that is under way.
        """
        with self.desk.acting("identify-apply", result=result_id) as conn:
            accepted = identify.applicable(conn, result_id)
            made = identify.want_import(conn, accepted)
            if not made.enqueued:
                raise identify.DecidedError("This result is being applied already.")
        return self._accepted(accepted, made)

    def reject(self, result_id: int) -> models.Rejected:
        """Reject a proposal."""
        with self.desk.acting("identify-reject", result=result_id) as conn:
            rejected = identify.reject(conn, result_id)
        return models.Rejected(message="Rejected the result.", result=result(rejected))

    def _accepted(self, accepted: identify.Result, made: Enqueued) -> models.Accepted:
        told = self.desk.told(BY_NAME["metadata-import"], made)
        return models.Accepted(**dict(told), result=result(accepted))


def box(known: identify.Box) -> models.StashBox:
    """A stash-box as the API says it."""
    return models.StashBox.model_validate(vars(known) | {"has_api_key": known.secret_block is not None})


def result(known: identify.Result) -> models.IdentifyResult:
    """A proposal as the API says it."""
    shown = {"video_title": known.video_title, "video_path": paths.display(known.video_path)}
    return models.IdentifyResult.model_validate(vars(known) | shown)


def results(conn: Connection, **wanted: Any) -> list[models.IdentifyResult]:
    """A page of them."""
    return [result(each) for each in identify.list_results(conn, **wanted)]
