"""Everything that happens to a running system, each by one function that returns when it has happened."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.chaos.world import AWAY, PATIENCE, World
from tests.waiting import running, until

Fault = Callable[[World], None]


def kill(name: str) -> Fault:
    """SIGKILL to one of the programs; returns when the supervisor has started it again."""

    def fault(world: World) -> None:
        [process] = world.programs(name)
        process.kill()
        until(lambda: any(other.pid != process.pid for other in world.programs(name)), seconds=PATIENCE)

    return fault


def flow_pid(world: World, queue: str = "preview") -> int:
    """The process that works a queue off."""
    working = "SELECT pid FROM queue_flows WHERE queue_name = %s AND state = 'working' AND expires_at > now()"
    pids: list[int] = []

    def found() -> bool:
        pids[:] = [pid for (pid,) in world.rows(working, queue) if psutil.pid_exists(pid)]
        return bool(pids)

    until(found)
    return pids[-1]


def kill_flow(world: World) -> None:
    """SIGKILL to the flow that makes previews, in the middle of one."""
    os.kill(flow_pid(world), signal.SIGKILL)


def kill_client(world: World) -> None:
    """SIGKILL to what a worker, be it gone by now, started for that flow: the fork server ends the flow for it.

    A flow that began while no fork server answered is what the worker started itself.
    """
    flow = psutil.Process(flow_pid(world))
    for process in [flow] if "flows.main" in flow.cmdline() else world.clients():
        process.kill()
    until(lambda: not running(flow.pid), "the end of a flow whose client is gone", 10)


def kill_a_backend(world: World) -> None:
    """SIGKILL to one process of PostgreSQL, at which it ends all its connections and recovers."""
    [postmaster] = world.programs("PostgreSQL")
    backend = next(child for child in postmaster.children() if " darkroom [local]" in " ".join(child.cmdline()))
    backend.kill()


def kill_everything(world: World) -> None:
    """What a power cut does, then another start."""
    world.kill()
    world.up()


def freeze_flow(
    world: World, *, help_along: Callable[[World, int], None] | None = None, in_transaction: bool = False
) -> None:
    """SIGSTOP to the flow that makes previews, in the middle of one, until another flow has taken that over; then
    SIGCONT: its result comes late, and must be refused."""
    frozen, job = _frozen_at_work(world, in_transaction=in_transaction)
    try:
        if help_along:
            help_along(world, frozen.pid)
        lost = "SELECT 1 FROM chaos.steps WHERE job_id = %s AND was = 'running' AND owner LIKE %s"
        until(lambda: world.rows(lost, job, f"%:{frozen.pid}:%"), seconds=PATIENCE)
    finally:
        with suppress(psutil.Error):
            frozen.resume()


def _frozen_at_work(world: World, *, in_transaction: bool) -> tuple[psutil.Process, int]:
    """A flow that was stopped while it held a running preview, and that job: in the middle of a transaction, whose
    locks keep everybody from what it has touched, or between two."""
    running = (
        "SELECT id FROM job_runs WHERE queue_name = 'preview' AND status = 'running' AND lease_owner LIKE %s"
        " AND %s = EXISTS (SELECT FROM pg_stat_activity WHERE application_name = %s AND xact_start IS NOT NULL)"
    )
    found: list[tuple[psutil.Process, int]] = []

    def freeze() -> bool:
        process = psutil.Process(flow_pid(world))
        process.suspend()
        mine = world.rows(running, f"%:{process.pid}:%", in_transaction, f"darkroom-{process.pid}")
        found.extend((process, job) for (job,) in mine)
        if not found:
            process.resume()
        return bool(found)

    until(freeze, seconds=PATIENCE)
    return found[0]


def age_leases(world: World, pid: int) -> None:
    """Let the leases of a process end now, so that a test need not wait for them."""
    world.rows(
        "UPDATE job_runs SET lease_expires_at = now() - interval '1 second' WHERE lease_owner LIKE %s RETURNING id",
        f"%:{pid}:%",
    )
    world.rows("UPDATE queue_flows SET expires_at = now() - interval '1 second' WHERE pid = %s RETURNING pid", pid)


def freeze_past_the_lease(world: World) -> None:
    """The same with nobody's help: until its lease has ended by itself."""
    freeze_flow(world)


def freeze_in_a_transaction(world: World) -> None:
    """The same in the middle of a transaction: until PostgreSQL has ended that, and its lease has ended."""
    freeze_flow(world, in_transaction=True)


def freeze_and_age(world: World) -> None:
    """The same, the clock helped along."""
    freeze_flow(world, help_along=age_leases)


def cut_connections(seconds: float) -> Fault:
    """Every connection to PostgreSQL ended, over and over."""
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )

    def fault(world: World) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(*AWAY):
                world.darkroom.rows(cut)
            time.sleep(0.3)

    return fault


def prefect_api(mode: str, seconds: float) -> Fault:
    """Prefect's API failing or silent for a while; the previews have to go on meanwhile."""

    def fault(world: World) -> None:
        step = world.step()
        world.gate.turn(mode)  # type: ignore[arg-type]
        try:
            until(lambda: world.previewed_since(step), seconds=PATIENCE)
            threading.Event().wait(seconds)
        finally:
            world.gate.turn("open")

    return fault


@contextmanager
def without_the_library(world: World) -> Iterator[None]:
    """The disk of the library is away for as long as this lasts."""
    aside = world.library.with_name("library.aside")
    world.library.rename(aside)
    try:
        yield
    finally:
        aside.rename(world.library)


def unmount(seconds: float) -> Fault:
    """The disk of the library away for a while."""

    def fault(world: World) -> None:
        with without_the_library(world):
            threading.Event().wait(seconds)

    return fault


def fill_disk(seconds: float) -> Fault:
    """No room for generated files for a while: jobs that cannot write say so and come back."""

    def fault(world: World) -> None:
        step, filler = world.step(), world.cache / "filler"
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(65536))
            refused = (
                "SELECT 1 FROM chaos.steps WHERE n > %s AND queue = 'preview' AND was = 'running'"
                " AND status = 'queued' AND error LIKE '%%No space left%%'"
            )
            until(lambda: world.rows(refused, step), seconds=PATIENCE)
            threading.Event().wait(seconds)
        finally:
            filler.unlink()

    return fault


def jump(seconds: int) -> Fault:
    """The database's clock jumps ahead: every lease ends at once, though whoever holds it is alive."""

    def fault(world: World) -> None:
        [(before,)] = world.rows("SELECT clock_timestamp()")
        world.set_clock(seconds)
        jumped = "SELECT clock_timestamp() - %s > make_interval(secs => %s)"
        until(lambda: world.rows(jumped, before, seconds)[0][0], seconds=30)

    return fault


#: What the short form does, one after another under one load.
SHORT: dict[str, Fault] = {
    "a flow is killed": kill_flow,
    "a flow is frozen past its lease": freeze_and_age,
    "Prefect's API fails for 3 s": prefect_api("failing", 3),
    "the worker is killed": kill("worker"),
    "the fork server is killed": kill("fork server"),
    "ops_api is killed": kill("ops_api"),
    "Prefect's server is killed": kill("Prefect server"),
    "PostgreSQL is killed": kill("PostgreSQL"),
    "the library's disk is away for 3 s": unmount(3),
    "everything is killed": kill_everything,
}

#: What needs a disk of its own for generated files, which only root can mount.
ON_A_SMALL_DISK: dict[str, Fault] = {"the disk is full for 2 s": fill_disk(2)}

#: What the long form does besides, each from rest to rest.
LONG: dict[str, Fault] = {
    "a flow's client is killed": kill_client,
    "a backend of PostgreSQL is killed": kill_a_backend,
    "connections are cut for 20 s": cut_connections(20),
    "a flow is frozen for a whole lease": freeze_past_the_lease,
    "a flow is frozen in a transaction": freeze_in_a_transaction,
    "Prefect's API fails for a minute": prefect_api("failing", 60),
    "Prefect's API is silent for a minute": prefect_api("silent", 60),
    "the library's disk is away for 30 s": unmount(30),
}
