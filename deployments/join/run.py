"""`darkroom work` in the foreground: one home, from its lock to the last process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from darkroom.settings import Settings
from darkroom.worker import worker_name
from deployments.join.checks import check
from deployments.join.helper import helping, make_queue
from deployments.join.reach import Shared, reach
from deployments.prefect_env import environment
from deployments.up.leftovers import stop_leftovers, sweep
from deployments.up.lock import PATIENCE, HomeLock
from deployments.up.programs import Programs, Step
from deployments.up.run import signals, watchdog
from deployments.up.supervisor import Supervisor
from ops_api.prefect import Prefect


class Joined(Programs):
    """The programs of a machine that joins: the database and Prefect's server are elsewhere."""

    def __init__(self, settings: Settings, shared: Shared) -> None:
        self.settings, self.cluster, self.urls = settings, None, shared.urls
        self.environment = {**environment(settings, shared.urls), **shared.environment}
        self.work_queues = (worker_name(settings),)

    def steps(self) -> list[Step]:
        """The fork server, and the worker that starts flows by it."""
        return [Step("forkserver", (), self.forkserver), Step("worker", ("forkserver",), self.worker)]


def work(settings: Settings, say: Callable[[str], None], on_ready: Callable[[str], object]) -> None:
    """Do this machine's share until a signal, then give back what is held and stop.

    `on_ready` is called with the worker's name once it works. Raises StartError, nothing being left running then.
    """
    with HomeLock(settings.home) as lock:
        lock.take(patience=PATIENCE)
        stop_leftovers(settings)
        shared = reach(settings)
        check(settings, shared.urls.darkroom, say)
        supervisor = Supervisor(Joined(settings, shared).steps(), say)
        with closing(Prefect(shared.environment["PREFECT_API_URL"])) as prefect:
            name = worker_name(settings)
            make_queue(prefect, name)
            with watchdog(settings), signals(supervisor), helping(shared.urls.darkroom, prefect, name, say):
                try:
                    _stay(supervisor, lambda: on_ready(name))
                finally:
                    lock.note(stopping=True)
                    supervisor.stop(lambda: sweep(settings.home))


def _stay(supervisor: Supervisor, on_ready: Callable[[], object]) -> None:
    supervisor.start()
    if not supervisor.stopping.is_set():
        on_ready()
        supervisor.watch()
