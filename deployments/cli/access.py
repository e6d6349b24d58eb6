"""`access`: logins and tokens."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from deployments.cli.connection import connect
from deployments.cli.errors import RefusedError
from deployments.cli.options import AsJson
from deployments.cli.output import emit, local, say, table

app = typer.Typer(help="Who may use the system: logins of people, tokens of programs.")
tokens = typer.Typer(help="What programs sign in with.")
logins = typer.Typer(help="Who signs in with a password.")
app.add_typer(tokens, name="token")
app.add_typer(logins, name="login")

Login = Annotated[str, typer.Argument(metavar="LOGIN")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the token is for.")]


class Scope(Enum):
    """Each includes those before it."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


SCOPES = "read: look; operate: also run, cancel, retry; admin: all."


@app.command()
def password(login: Login = "admin") -> None:
    """Make another password for a login and sign it out everywhere."""
    with connect() as client:
        made = client.change_password(login)
    say(f"The password of {made['login']} is now", made["password"])


@tokens.command(name="add")
def add_token(name: Name, scope: Annotated[Scope, typer.Option(help=SCOPES)]) -> None:
    """Make a token and print it, once."""
    with connect() as client:
        say(client.add_token(name, scope.value)["token"])


@tokens.command(name="list")
def list_tokens(as_json: AsJson = False) -> None:
    """List the tokens that are good; their secrets are kept nowhere."""
    with connect() as client:
        found = client.tokens()
    if as_json:
        emit({"tokens": found})
        return
    rows = [(token["name"], token["scope"], local(token["createdAt"]), _seen(token["lastUsedAt"])) for token in found]
    table(("token", "scope", "made", "last used"), rows)


@tokens.command(name="revoke")
def revoke_token(name: Name) -> None:
    """Make a token good for nothing, at once."""
    with connect() as client:
        found = [token["id"] for token in client.tokens() if token["name"].lower() == name.lower()]
        if not found:
            raise RefusedError(f"There is no token {name}; `darkroom access token list` shows them.")
        client.revoke_token(found[0])
    say(f"The token {name} is good for nothing now.")


@logins.command(name="add")
def add_login(login: Login, scope: Annotated[Scope, typer.Option(help=SCOPES)]) -> None:
    """Let somebody sign in, with a password that is made and printed once."""
    with connect() as client:
        made = client.add_person(login, scope.value)
    say(f"{made['login']} may sign in with the password", made["password"])


@logins.command(name="list")
def list_logins(as_json: AsJson = False) -> None:
    """List who may sign in."""
    with connect() as client:
        found = client.people()
    if as_json:
        emit({"people": found})
        return
    rows = [(one["login"], one["scope"], local(one["createdAt"]), _seen(one["lastSeenAt"])) for one in found]
    table(("login", "may", "made", "last seen"), rows)


@logins.command(name="change")
def change_login(login: Login, scope: Annotated[Scope, typer.Option(help=SCOPES)]) -> None:
    """Say what somebody may from now on. The last administrator stays one."""
    with connect() as client:
        client.change_person(login, scope.value)
    say(f"{login} may {scope.value} now.")


@logins.command(name="remove")
def remove_login(login: Login) -> None:
    """Let somebody sign in no longer."""
    with connect() as client:
        client.remove_person(login)
    say(f"{login} may sign in no longer.")


def _seen(moment: str | None) -> str:
    return local(moment) or "never"
