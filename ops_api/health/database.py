"""The database: its version, its size, how fast it answers, and whether its clock is ours."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy import Engine, text

from ops_api.health.check import Check
from ops_api.words import size

GROUP = "Database"
#: Seconds.
SLOW, APART = 0.5, 5.0

_FACTS = text("""
    SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes,
           extract(epoch FROM clock_timestamp()) AS clock,
           (SELECT count(*) FROM pg_stat_activity) AS used, current_setting('max_connections')::int AS most
""")


def checks(engine: Engine) -> Iterator[Check]:
    """Raises `sqlalchemy.exc.SQLAlchemyError` where the database does not answer."""
    before = time.monotonic()
    with engine.connect() as conn:
        facts = conn.execute(_FACTS).one()
        here = time.time()
    took = time.monotonic() - before
    slow = took > SLOW
    yield Check(
        GROUP,
        "PostgreSQL",
        "warn" if slow else "ok",
        f"Version {facts.version.split()[0]}, {size(facts.bytes)}, answers in {took * 1000:.0f} ms.",
        "It is slow: look at the load and the disk of its machine." if slow else None,
    )
    full = facts.used > 0.9 * facts.most
    yield Check(
        GROUP,
        "Connections",
        "warn" if full else "ok",
        f"{facts.used} of {facts.most} in use.",
        "Raise max_connections of PostgreSQL, or run fewer workers." if full else None,
    )
    apart = abs(float(facts.clock) - here)
    yield Check(
        GROUP,
        "Clock",
        "warn" if apart > APART else "ok",
        f"The database's clock and this machine's are {apart:.1f} s apart.",
        "Let both follow a time server (timedatectl set-ntp true)." if apart > APART else None,
    )
