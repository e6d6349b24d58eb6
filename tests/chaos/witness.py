"""Triggers in the ledger that keep what it forgets: each step of each job, each result and the transaction of both.

Retention prunes ended jobs, and a row shows how it ended, not how often. These tables show both.
"""

from __future__ import annotations

from typing import LiteralString, cast

import psycopg

from db.results import BESIDES, RESULTS, Results
from deployments.postgres.cluster import Cluster
from tests.acceptance.system import Darkroom

TABLES = """
    CREATE SCHEMA chaos;
    CREATE TABLE chaos.steps (
        n bigserial PRIMARY KEY, job_id bigint, queue text, target_type text, target_id text, was text, status text,
        owner text, error text,
        transaction xid8 DEFAULT pg_current_xact_id(), at timestamptz DEFAULT clock_timestamp());
    CREATE INDEX ON chaos.steps (job_id, n);
    CREATE INDEX ON chaos.steps (transaction);
    CREATE TABLE chaos.results (
        n bigserial PRIMARY KEY, queue text, target_type text, target_id text, revision int,
        transaction xid8 DEFAULT pg_current_xact_id(), at timestamptz DEFAULT clock_timestamp());
    CREATE TABLE chaos.flows (pid int PRIMARY KEY, seen timestamptz DEFAULT clock_timestamp());

    CREATE FUNCTION chaos.step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO chaos.steps (job_id, queue, target_type, target_id, was, status, owner, error)
        VALUES (NEW.id, NEW.queue_name, NEW.target_type, NEW.target_id,
                CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status,
                CASE TG_OP WHEN 'UPDATE' THEN OLD.lease_owner END, NEW.error);
        RETURN NULL; END $$;
    CREATE TRIGGER chaos_made AFTER INSERT ON job_runs FOR EACH ROW EXECUTE FUNCTION chaos.step();
    CREATE TRIGGER chaos_step AFTER UPDATE OF status ON job_runs FOR EACH ROW
        WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION chaos.step();

    CREATE FUNCTION chaos.result() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO chaos.results (queue, target_type, target_id, revision)
        VALUES (TG_ARGV[0], TG_ARGV[1], NEW.id::text, (to_jsonb(NEW) ->> TG_ARGV[2])::int);
        RETURN NULL; END $$;

    CREATE FUNCTION chaos.flow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO chaos.flows VALUES (NEW.pid) ON CONFLICT (pid) DO UPDATE SET seen = excluded.seen;
        RETURN NULL; END $$;
    CREATE TRIGGER chaos_flow AFTER INSERT OR UPDATE ON queue_flows FOR EACH ROW
        WHEN (NEW.pid IS NOT NULL) EXECUTE FUNCTION chaos.flow();
"""


def watch(darkroom: Darkroom) -> None:
    """Begin to keep all of it."""
    with psycopg.connect(Cluster(darkroom.home).urls.darkroom.replace("+psycopg", "")) as connection:
        connection.execute(TABLES)
        for queue, results in (RESULTS | BESIDES).items():
            connection.execute(_watch(queue, results))


def _watch(queue: str, results: Results) -> LiteralString:
    name, words = queue.replace("-", "_"), f"'{queue}', '{results.target_type}', '{results.revision}'"
    return cast(
        LiteralString,
        f"CREATE TRIGGER chaos_{name} AFTER UPDATE OF {results.revision} ON {results.table} FOR EACH ROW"
        f" WHEN (NEW.{results.revision} IS NOT NULL) EXECUTE FUNCTION chaos.result({words})",
    )
