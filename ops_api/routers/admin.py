"""Logins, tokens, and what was done by whom. All of it is for administrators, reading too."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from db.access import audit, people, tokens
from ops_api import models
from ops_api.dependencies import Id, Reading, TheKeys

router = APIRouter(prefix="/api/admin", tags=["admin"])


@router.get("/tokens")
def list_tokens(conn: Reading) -> models.Tokens:
    """The tokens that are good, without their secrets, which nobody knows."""
    return models.Tokens(tokens=[models.Token.model_validate(dict(row)) for row in tokens.listed(conn)])


@router.post("/tokens", status_code=201)
def add_token(keys: TheKeys, wanted: models.NewToken) -> models.MadeToken:
    """Make a token. It is in this answer and nowhere else."""
    return keys.add_token(wanted.name, wanted.scope)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(keys: TheKeys, token_id: Id) -> None:
    """Make a token good for nothing, at once."""
    keys.revoke_token(token_id)


@router.get("/people")
def list_people(conn: Reading) -> models.People:
    """Who may sign in."""
    return models.People(people=[models.Person.model_validate(dict(row)) for row in people.listed(conn)])


@router.post("/people", status_code=201)
def add_person(keys: TheKeys, wanted: models.NewPerson) -> models.MadePassword:
    """Let somebody sign in. Where no password is given, one is made and is in this answer."""
    return keys.add_person(wanted.login, wanted.said(), wanted.scope)


@router.put("/people/{login}/password")
def change_password(keys: TheKeys, login: models.Text, wanted: models.NewPassword) -> models.MadePassword:
    """Give somebody another password and sign them out everywhere but here."""
    return keys.change_password(login, wanted.said())


@router.patch("/people/{login}", status_code=204)
def change_person(keys: TheKeys, login: models.Text, wanted: models.PersonChanges) -> None:
    """Say what somebody may, from their next request on. The last administrator stays one."""
    keys.change_scope(login, wanted.scope)


@router.delete("/people/{login}", status_code=204)
def remove_person(keys: TheKeys, login: models.Text) -> None:
    """Let somebody sign in no longer. The last administrator stays."""
    keys.remove_person(login)


@router.get("/audit")
def read_audit(
    conn: Reading,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> models.Audit:
    """What was done by whom, newest first."""
    found = [models.AuditEntry.model_validate(dict(row)) for row in audit.read(conn, before=before, limit=limit)]
    return models.Audit(entries=found, next_before=found[-1].id if len(found) == limit else None)
