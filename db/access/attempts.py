"""The limit on signing in: who fails time and again waits, longer each time. The clock is the database's."""

from __future__ import annotations

import math
from ipaddress import ip_address, ip_network

from sqlalchemy import Connection, text

#: Failures in a row that are free. Many people may share an address, behind a proxy for one.
FREE = {"address": 20, "login": 5}

# Counted before the password is looked at, under the row's lock: attempts that come together are counted one by one.
_SPEND = text("""
    INSERT INTO login_attempts AS a (subject, failures, last_at, free_at) VALUES (:subject, 1, now(), now())
    ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN a.last_at < now() - interval '1 hour' THEN 1 ELSE a.failures + 1 END,
        last_at = now(),
        free_at = CASE WHEN a.last_at < now() - interval '1 hour' OR a.failures + 1 < :free THEN a.free_at
                       ELSE now() + least(interval '15 minutes',
                                          interval '15 seconds' * power(2, least(a.failures + 1 - :free, 10))) END
    WHERE a.free_at <= now()
    RETURNING failures
""")
_WAIT = text("SELECT extract(epoch FROM free_at - now()) FROM login_attempts WHERE subject = :subject")
_FORGIVE = text("DELETE FROM login_attempts WHERE subject = :login OR last_at < now() - interval '1 day'")
_GIVE_BACK = text("UPDATE login_attempts SET failures = failures - 1, free_at = now() WHERE subject = :address")


class TooManyError(Exception):
    """Too many failures: nothing is tried for `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many failed attempts. Try again in {seconds} s.")
        self.seconds = seconds


def spend(conn: Connection, login: str, address: str) -> None:
    """Count an attempt as failed, before it is made; `forgive` takes that back.

    Raises:
        TooManyError: it is too early. Roll back: then nothing was counted.
    """
    for kind, subject in _subjects(login, address).items():
        if conn.execute(_SPEND, {"subject": subject, "free": FREE[kind]}).first() is None:
            raise TooManyError(max(1, math.ceil(conn.execute(_WAIT, {"subject": subject}).scalar_one())))


def forgive(conn: Connection, login: str, address: str) -> None:
    """The attempt went well: the login begins anew, the address has one failure less."""
    subjects = _subjects(login, address)
    conn.execute(_FORGIVE, subjects)
    conn.execute(_GIVE_BACK, subjects)


def _subjects(login: str, address: str) -> dict[str, str]:
    """What is counted. The address comes first everywhere, so that no two attempts wait for each other."""
    return {"address": f"address:{_whose(address)}", "login": f"login:{login.lower()[:100]}"}


def _whose(address: str) -> str:
    """An address; of IPv6 the network of 64 bits, since who has one of its addresses has them all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:100]
    if parsed.version == 4:
        return str(parsed)
    return str(ip_network((parsed.packed[:8] + bytes(8), 64)))
