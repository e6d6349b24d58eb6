"""How many jobs there are of each queue and status, NSFW or not, and how many end in each minute: kept by the database.

Counting a million rows takes half a second; the page asks every five. So each statement that changes `job_runs` leaves
its differences here, in the same transaction: the sum over this table is exact at every instant. Differences are
added, never changed, so that two transactions never wait for each other; `db.totals.fold` adds them up.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, Connection, MetaData, Table, Text, event, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Moment

#: For functions of triggers that compare what was before a statement with what is after it: the plan of a first small
#: statement is kept, and a nested loop over both sides of a large one takes the square of its rows.
NEVER_SQUARE = "SET enable_nestloop = off"

COUNT = f"""
CREATE OR REPLACE FUNCTION job_totals_count() RETURNS trigger LANGUAGE plpgsql {NEVER_SQUARE} AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM job_totals;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
        SELECT queue_name, status, is_nsfw, count(*) FROM after WHERE cleared_at IS NULL GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
        SELECT queue_name, status, is_nsfw, -count(*) FROM before WHERE cleared_at IS NULL GROUP BY 1, 2, 3;
    ELSE
        INSERT INTO job_totals (queue_name, status, is_nsfw, jobs)
        SELECT queue_name, status, is_nsfw, sum(n) FROM (
            SELECT queue_name, status, is_nsfw, 1 AS n FROM after WHERE cleared_at IS NULL
            UNION ALL
            SELECT queue_name, status, is_nsfw, -1 FROM before WHERE cleared_at IS NULL
        ) AS both_sides GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
        INSERT INTO job_rates (queue_name, status, minute, jobs)
        SELECT after.queue_name, after.status, date_trunc('minute', after.finished_at), count(*)
        FROM after JOIN before USING (id)
        WHERE after.finished_at IS NOT NULL AND before.finished_at IS NULL GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608  (a constant)
#: What to run once both tables exist, in this order.
STATEMENTS = (
    COUNT,
    "CREATE TRIGGER job_totals_insert AFTER INSERT ON job_runs REFERENCING NEW TABLE AS after"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
    "CREATE TRIGGER job_totals_update AFTER UPDATE ON job_runs REFERENCING OLD TABLE AS before NEW TABLE AS after"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
    "CREATE TRIGGER job_totals_delete AFTER DELETE ON job_runs REFERENCING OLD TABLE AS before"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
    "CREATE TRIGGER job_totals_truncate AFTER TRUNCATE ON job_runs"
    " FOR EACH STATEMENT EXECUTE FUNCTION job_totals_count()",
)


class JobTotal(Base):
    """A difference: so many more (or fewer) uncleared jobs of this queue and status, on NSFW targets or on others."""

    __tablename__ = "job_totals"

    id: Mapped[Id]
    queue_name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    is_nsfw: Mapped[bool]
    jobs: Mapped[int] = mapped_column(BigInteger)


class JobRate(Base):
    """So many jobs of this queue ended with this status in this minute; rows of one minute add up.

    Counted when they end, because retention prunes the jobs themselves.
    """

    __tablename__ = "job_rates"

    id: Mapped[Id]
    queue_name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    minute: Mapped[Moment] = mapped_column(index=True)
    jobs: Mapped[int] = mapped_column(BigInteger)


@event.listens_for(Base.metadata, "after_create")
def _begin_to_count(_: MetaData, connection: Connection, tables: Collection[Table], **__: Any) -> None:
    if JobTotal.__table__ in tables:
        for statement in STATEMENTS:
            connection.execute(text(statement))
