"""The queue engine beside pg-boss, Bull and Procrastinate: jobs that do nothing, on the same machine in one run.

    python -m benchmarks.engine [--jobs 20000] [--single 600] [--rounds 3]

Ours is a whole Darkroom as `darkroom up` starts it: a deployment is run through Prefect's server and worker, its flow
claims batches and hands them to task runs, every job has its own start, end and outcome in the ledger. pg-boss and
Procrastinate work on the same PostgreSQL, Bull on a Redis that keeps nothing on disk. All jobs wait before the clock
starts. Prints tables in Markdown: jobs a second (the median of the rounds) and CPU milliseconds per job.

Ours takes as many jobs in one claim as fit into a quarter of a second of their work, up to 1,000. Each of the others is
measured at its best and where it promises about what ours does: "durable and keyed" means an outcome for each job that
is on disk before it counts, a priority, and a key that keeps a second job for the same target out. What they leave out
even so: who asked for a job and why, its true start and end, an error's kind, counts kept for the pages.

How the others are tuned, as their documentation advises: pg-boss fetches batches, goes on at once while they come back
full, in one worker or several, with one outcome per batch or per job; Bull runs so many jobs at once and adds them in
bulk; Procrastinate runs so many coroutines at once and defers in bulk. All keep what was done, and run in one process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import prefect
import psutil
import psycopg
from sqlalchemy import create_engine, text

from benchmarks import usage
from benchmarks.noop import NAME
from benchmarks.peers.install import HERE, Peers, install
from benchmarks.system import System, a_system, wait
from db import ledger
from db.ledger import FollowUp
from deployments.postgres.cluster import Cluster
from flows.queues import BY_NAME

DEPLOYMENT = Path(__file__).with_name("noop.yaml")
GROUP = 1000
KEYED = ", durable and keyed"


@dataclass(frozen=True)
class Figures:
    """What one round cost: seconds of the enqueueing and of the work, CPU seconds of the work by who spent them."""

    jobs: int
    enqueue: float
    work: float
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.jobs / self.work

    def per_job(self, *who: str) -> float:
        """CPU milliseconds per job."""
        return sum(self.cpu.get(name, 0) for name in who) / self.jobs * 1000


@dataclass
class Cell:
    """One way to run one queue, measured in several rounds."""

    engine: str
    tuning: str
    grain: str
    run: Callable[[], Figures]
    #: Whether it promises about what ours does.
    keyed: bool = False
    rounds: list[Figures] = field(default_factory=list)

    def median(self, of: Callable[[Figures], float]) -> float:
        """Of all rounds."""
        return statistics.median(map(of, self.rounds))

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.median(lambda figures: figures.rate)

    def cpu(self, *who: str) -> float:
        """CPU milliseconds per job."""
        return self.median(lambda figures: figures.per_job(*who))

    def __str__(self) -> str:
        enqueued = self.median(lambda figures: figures.jobs / figures.enqueue)
        cells = [
            self.engine,
            self.tuning,
            f"{enqueued:,.0f}",
            f"{self.rate:,.0f}",
            *(
                f"{self.cpu(*who):.3f}"
                for who in (("client",), ("server",), ("client", "server"), ("store",), ("other",))
            ),
        ]
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| engine | tuning | enqueued/s | jobs/s | client | Prefect server | both | PostgreSQL or Redis | the rest |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


class Ours:
    """Darkroom's engine, from the deployment to the last row."""

    def __init__(self, system: System) -> None:
        self.system = system
        system.deploy(DEPLOYMENT)
        self.engine = create_engine(Cluster(system.darkroom.home).urls.darkroom, isolation_level="AUTOCOMMIT")

    @property
    def database(self) -> str:
        """The server and its version."""
        with self.engine.connect() as conn:
            return str(conn.execute(text("SELECT split_part(version(), ' on ', 1)")).scalar_one())

    def run(self, grain: int, slots: int, jobs: int) -> Figures:
        """One round."""
        enqueue = self._enqueue(jobs)
        before = self.system.used()
        flow_run = self.system.start(NAME, grain=grain, slots=slots)
        began = wait(lambda: self._moment("min(started_at)"))
        wait(lambda: self.system.ended(flow_run))
        done = self._moment("max(finished_at)")
        assert done
        self._all_completed(jobs)
        self._recorded(flow_run)
        spent = self.system.used() - before
        client, server, store = spent.pop("flows"), spent.pop("Prefect server"), spent.pop("PostgreSQL")
        cpu = {"client": client, "server": server, "store": store, "other": sum(spent.values())}
        return Figures(jobs, enqueue, (done - began).total_seconds(), cpu)

    def _enqueue(self, jobs: int) -> float:
        with self.engine.connect() as conn:
            conn.execute(text("TRUNCATE job_runs CASCADE"))
            began = time.perf_counter()
            for first in range(0, jobs, GROUP):
                numbers = range(first, min(first + GROUP, jobs))
                wanted = [FollowUp(NAME, str(n), f"/media/some folder/film {n}.mkv") for n in numbers]
                ledger.enqueue(conn, wanted, trigger="manual", priority=1)
            took = time.perf_counter() - began
            conn.execute(text("VACUUM ANALYZE job_runs"))
        return took

    def _moment(self, which: str) -> datetime | None:
        with self.engine.connect() as conn:
            return conn.execute(text(f"SELECT {which} FROM job_runs")).scalar()

    def _all_completed(self, jobs: int) -> None:
        # Retention may have removed rows already: the totals keep what was.
        with self.engine.connect() as conn:
            left = conn.execute(text("SELECT count(*) FROM job_runs WHERE status <> 'completed'")).scalar_one()
            rates = text("SELECT sum(jobs) FROM job_rates WHERE queue_name = :name AND status = 'completed'")
            total = conn.execute(rates, {"name": NAME}).scalar_one()
            conn.execute(text("DELETE FROM job_rates WHERE queue_name = :name"), {"name": NAME})
        if left or total != jobs:
            raise RuntimeError(f"{total} of {jobs} jobs were completed, {left} were not")

    def _recorded(self, flow_run: str) -> None:
        """Until Prefect's server has written down all that it was told, which costs it as well."""
        wait(lambda: not self.system.unrecorded(flow_run), every=0.5)


class Others:
    """The peers, on the same PostgreSQL and on a Redis."""

    def __init__(self, system: System, peers: Peers, fast: tuple[int, int], durable: tuple[int, int]) -> None:
        """`fast` and `durable`: port and process id of the two Redis."""
        self.system, self.peers, self.redis = system, peers, (fast, durable)
        url = Cluster(system.darkroom.home).urls.darkroom.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("pgboss", "procrastinate"):
                connection.execute(f"CREATE DATABASE bench_{name}")  # type: ignore[arg-type]
        self.urls = {name: url.replace("/darkroom?", f"/bench_{name}?") for name in ("pgboss", "procrastinate")}
        self._procrastinate("schema", 1, 1)

    def bull(self, jobs: int, concurrency: int, keyed: bool) -> Figures:
        """One round of Bull."""
        port, words = self.redis[keyed][0], (jobs, concurrency, int(keyed))
        return self._round(jobs, lambda phase: self._node("bull.mjs", port, phase, *words))

    def pgboss(self, jobs: int, batch: int, workers: int, per_job: bool, keyed: bool) -> Figures:
        """One round of pg-boss."""
        words = (jobs, batch, workers, int(per_job), int(keyed))
        return self._round(jobs, lambda phase: self._node("pgboss.mjs", self.urls["pgboss"], phase, *words))

    def procrastinate(self, jobs: int, concurrency: int) -> Figures:
        """One round of Procrastinate."""
        return self._round(jobs, lambda phase: self._procrastinate(phase, jobs, concurrency))

    def _round(self, jobs: int, phase: Callable[[str], dict[str, float]]) -> Figures:
        enqueued = phase("enqueue")
        before = self._stores()
        worked = phase("work")
        cpu = {"client": worked["cpu"], "store": self._stores() - before}
        return Figures(jobs, enqueued["seconds"], worked["seconds"], cpu)

    def _stores(self) -> float:
        redis = sum(usage.tree(psutil.Process(process)) for _, process in self.redis)
        return self.system.used()["PostgreSQL"] + redis

    def _node(self, *words: object) -> dict[str, float]:
        return self._said(self.peers.node, *words)

    def _procrastinate(self, *words: object) -> dict[str, float]:
        return self._said(self.peers.python, HERE / "procrastinate_peer.py", self.urls["procrastinate"], *words)

    def _said(self, *argv: object) -> dict[str, float]:
        done = subprocess.run([*map(str, argv)], cwd=self.peers.folder, check=True, stdout=subprocess.PIPE, text=True)
        return dict(json.loads(done.stdout or "{}"))


@contextmanager
def everything() -> Iterator[tuple[Ours, Others, Peers]]:
    """Darkroom, its peers and a Redis, for as long as the benchmark takes."""
    peers = install()
    with a_system() as system, peers.running_redis() as fast, peers.running_redis(durable=True) as durable:
        yield Ours(system), Others(system, peers, fast, durable), peers


def cells(ours: Ours, others: Others, jobs: int, single: int) -> list[Cell]:
    """All that is measured. Many jobs where they come in batches, few where each is claimed alone."""

    def of_ours(grain: int, slots: int) -> Cell:
        count = single if grain == 1 else jobs
        kind = "one" if grain == 1 else "batch"
        claims = "one by one" if grain == 1 else f"claims of {grain} and more"
        return Cell("Darkroom", f"{claims}, slots {slots}", kind, lambda: ours.run(grain, slots, count))

    def of_pgboss(batch: int, workers: int, per_job: bool, keyed: bool = False) -> Cell:
        count, kind = (single, "one") if batch == 1 else (jobs, "batch")
        outcome = "" if batch == 1 else ", an outcome per job" if per_job else ", an outcome per batch"
        tuning = f"batches of {batch}, workers {workers}{outcome}{KEYED if keyed else ''}"
        return Cell("pg-boss", tuning, kind, lambda: others.pgboss(count, batch, workers, per_job, keyed), keyed)

    def of_bull(concurrency: int, keyed: bool = False) -> Cell:
        tuning = f"concurrency {concurrency}{KEYED if keyed else ''}"
        return Cell("Bull", tuning, "batch", lambda: others.bull(jobs, concurrency, keyed), keyed)

    def of_procrastinate(concurrency: int) -> Cell:
        return Cell(
            "Procrastinate", f"concurrency {concurrency}", "one", lambda: others.procrastinate(single, concurrency)
        )

    return [
        *(of_ours(*tuning) for tuning in ((25, 1), (25, 2), (25, 4), (1, 1), (1, 2))),
        *(of_pgboss(*tuning) for tuning in ((100, 4, True), (1000, 2, True), (1000, 2, False), (1, 50, False))),
        of_pgboss(1000, 2, True, keyed=True),
        *(of_bull(concurrency) for concurrency in (1, 20, 100)),
        of_bull(100, keyed=True),
        *(of_procrastinate(concurrency) for concurrency in (1, 20)),
    ]


def verdict(measured: list[Cell]) -> str:
    """The ratios and sums that are aimed at."""
    ours = [cell for cell in measured if cell.engine == "Darkroom"]
    others = [cell for cell in measured if cell.engine != "Darkroom"]
    best = max(others, key=lambda cell: cell.rate)
    alike = max((cell for cell in others if cell.keyed), key=lambda cell: cell.rate)
    batch = max((cell for cell in ours if cell.grain == "batch"), key=lambda cell: cell.rate)
    single = max((cell for cell in ours if cell.grain == "one"), key=lambda cell: cell.cpu("client", "server"))
    worst = max((cell for cell in ours if cell.grain == "batch"), key=lambda cell: cell.cpu("client", "server"))
    the_best = f"the best of the others ({best.engine}, {best.tuning})"
    return "\n".join(
        (
            f"- Jobs a second in batches ({batch.tuning}): {batch.rate / best.rate:.2f} of {the_best}; aim 3.",
            f"- Beside those that promise about the same: {batch.rate / alike.rate:.2f} of {alike.engine}.",
            f"- CPU of client and Prefect server, in batches: {batch.cpu('client', 'server'):.2f} ms per job"
            f" ({worst.cpu('client', 'server'):.2f} with {worst.tuning}); aim 0.5.",
            f"- The same one by one: {single.cpu('client', 'server'):.1f} ms per job; aim 20.",
        )
    )


def main() -> None:
    """Measure everything in turn, round after round, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=20_000, help="in batches")
    parser.add_argument("--single", type=int, default=600, help="one by one")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    BY_NAME[NAME] = BY_NAME["media-probe"]
    with everything() as (ours, others, peers):
        print(f"{usage.machine()}; Prefect {prefect.__version__}, {ours.database}; {peers.versions}")
        print(f"{wanted.jobs:,} jobs in batches, {wanted.single:,} one by one, {wanted.rounds} rounds\n\n{HEAD}")
        measured = cells(ours, others, wanted.jobs, wanted.single)
        for _ in range(wanted.rounds):
            for cell in measured:
                cell.rounds.append(cell.run())
                print(f"{cell.engine}, {cell.tuning}: {cell.rounds[-1].rate:,.0f} jobs/s", file=sys.stderr)
        print(*measured, sep="\n")
        print(f"\nCPU in milliseconds per job. Load {usage.load():.1f} at the end.\n\n{verdict(measured)}")


if __name__ == "__main__":
    main()
