"""Who may use what `darkroom up` starts: the login and the token of the first start, the token of the command line."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from darkroom.settings import Settings
from db.access import people, secrets, tokens
from db.engine import make_engine
from deployments.errors import StartError
from deployments.prefect_env import is_loopback

#: The login, and the name of the token, that the first start makes.
FIRST = "admin"


@dataclass(frozen=True)
class Keys:
    """What the first start hands out, once. It is stored nowhere."""

    login: str
    password: str
    token: str


def check_login(settings: Settings) -> None:
    """Raise StartError where there is to be no login although others than this machine could come."""
    if not settings.login and not is_loopback(settings.host):
        raise StartError(
            f"Without a login the page may listen on this machine only, not on {settings.host}: "
            "leave out --no-auth, or leave DARKROOM_HOST as it is"
        )


def make_keys(settings: Settings, url: str) -> Keys | None:
    """See to it that the command line can sign in, and at the first start also a person and a program."""
    if not settings.login:
        return None
    engine = make_engine(url)
    try:
        with engine.begin() as conn:
            _let_the_command_line_in(conn, settings.token_file)
            return _first_keys(conn)
    finally:
        engine.dispose()


def _first_keys(conn: Connection) -> Keys | None:
    if people.listed(conn):
        return None
    keys = Keys(FIRST, secrets.make_password(), tokens.renew(conn, FIRST, "admin"))
    people.add(conn, keys.login, keys.password, "admin")
    return keys


def _let_the_command_line_in(conn: Connection, file: Path) -> None:
    """Keep the token that is there while it is good."""
    try:
        kept = file.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if not tokens.find(conn, kept):
        _write(file, tokens.renew(conn, f"command line on {socket.gethostname()}", "admin"))


def _write(file: Path, token: str) -> None:
    """A file that nobody else can read at any moment, whole or not at all."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(f"{token}\n")
    unfinished.replace(file)
