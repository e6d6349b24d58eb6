"""What a person may do, once for the API and the page: ask the ledger, start the work, say what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Engine

from db import collections, dashboard, ledger, library_settings, nsfw, paths, roots, selection
from flows.queues import BY_NAME, PRIORITY_PERSON_ONE, Queue
from ops_api import models, schedules
from ops_api.access import current
from ops_api.auto_scan import AutoScan
from ops_api.prefect import Prefect
from ops_api.starter import Starter
from ops_api.words import counted, duration

NOT_STARTED = " Prefect does not answer yet; the work starts when it does."


@dataclass(frozen=True)
class Desk:
    """The ledger, and who starts what is put into it. Each method is one transaction, which the audit names.

    With `hide_nsfw`, what is done to all of something is done to all that is not hidden: to what the page has counted.
    """

    engine: Engine
    starter: Starter
    auto_scan: AutoScan
    prefect: Prefect
    hide_nsfw: bool = False

    def run(self, queue_name: str, *, everything: bool = False) -> models.Enqueued:
        """Enqueue what lacks the queue's result, or everything, and start it."""
        queue = known_queue(queue_name)
        with self.acting("run", queue=queue_name, everything=everything) as conn:
            made = selection.run_queue(conn, queue_name, everything=everything)
        return self.told(queue, made)

    def backfill_phash(self) -> models.Enqueued:
        """Enqueue the perceptual hash of every video that lacks it, whatever the settings say, and start it."""
        with self.acting("backfill-phash") as conn:
            made = selection.backfill_phash(conn)
        return self.told(BY_NAME["fingerprint"], made, lacks="videos that lack a perceptual hash")

    def scan(self, root_id: int) -> models.ScanEnqueued:
        """Enqueue the scans of one folder, one for each kind of media that it is watched for, and start them."""
        with self.acting("scan", library=root_id) as conn:
            root = roots.get_root(conn, root_id)
            if not root.enabled:
                raise roots.RootError(f"{root.label} is disabled; enable it, then scan it.")
            if not root.scans_anything:
                raise roots.RootError(f"{root.label} is watched for no kind of media; switch one on, then scan it.")
            made = selection.scan_one(conn, root_id)
            scans = selection.unfinished_scans(conn, root_id)
        return models.ScanEnqueued(**dict(self.told(BY_NAME["library-scan"], made)), scans=scans)

    def watch(self, path: str) -> models.Told:
        """Watch a folder and scan it."""
        with self.acting("watch", path=path.strip()) as conn:
            root = roots.add_root(conn, path.strip())
        scan = self.scan(root.id)
        return models.Told(message=f"{paths.display(root.path)} is watched now. {scan.message}")

    def change_folder(self, root_id: int, **choices: Any) -> roots.Root:
        """Change what a person may choose of a watched folder."""
        with self.acting("folder-change", library=root_id, **choices) as conn:
            return roots.update_root(conn, root_id, **choices)

    def remove_folder(self, root_id: int) -> str:
        """Watch a folder no longer and forget what was found in it; says so."""
        with self.acting("folder-remove", library=root_id) as conn:
            root = roots.get_root(conn, root_id)
            roots.remove_root(conn, root_id)
        return f"{paths.display(root.path)} is watched no longer. Its files are as they were."

    def change_settings(self, changes: Mapping[str, Any]) -> models.LibrarySettings:
        """Change some settings, and Prefect's schedule with them; without Prefect, the reconciler does that later."""
        with self.acting("settings", **changes) as conn:
            settings = library_settings.write(conn, **changes)
        if changes.keys() & {"auto_scan_enabled", "scan_interval_minutes"}:
            self.starter.soon(self.auto_scan.agree)
        return models.LibrarySettings.model_validate(settings)

    def add_collection(self, choices: Mapping[str, Any]) -> models.Collection:
        """Make a collection, and evaluate its rules."""
        with self.acting("collection-add", name=choices.get("name")) as conn:
            made = collections.add_collection(conn, **choices)
            wanted = _refresh(conn, made.id)
        return self._collection(made, wanted)

    def change_collection(self, collection_id: int, choices: Mapping[str, Any]) -> models.Collection:
        """Change a collection, and evaluate its rules where they changed."""
        with self.acting("collection-change", collection=collection_id, changed=sorted(choices)) as conn:
            made = collections.change_collection(conn, collection_id, **choices)
            wanted = ledger.Enqueued() if made.is_fresh else _refresh(conn, collection_id)
        return self._collection(made, wanted)

    def refresh_collection(self, collection_id: int) -> models.Enqueued:
        """Evaluate a collection's rules again."""
        with self.acting("collection-refresh", collection=collection_id) as conn:
            collection = collections.get_collection(conn, collection_id)
            if collection.rules is None:
                raise collections.CollectionError(f"{collection.name} is picked by hand: it has no rules to evaluate.")
            made = _refresh(conn, collection_id)
        return self.told(BY_NAME[collections.QUEUE], made)

    def delete_collection(self, collection_id: int) -> str:
        """Delete a collection and return its name; a refresh that is at work ends first, as it would hold the rows."""
        with self.engine.begin() as conn:
            self.veil(conn)
            collections.get_collection(conn, collection_id)
            ledger.cancel_target(conn, collections.QUEUE, collections.TARGET, str(collection_id))
        with self.acting("collection-delete", collection=collection_id) as conn:
            return collections.delete_collection(conn, collection_id)

    def restore_collection(self, collection_id: int) -> models.Collection:
        """Take the deletion of a collection back, and evaluate its rules."""
        with self.acting("collection-restore", collection=collection_id) as conn:
            made = collections.restore_collection(conn, collection_id)
            wanted = ledger.Enqueued() if made.rules is None else _refresh(conn, collection_id)
        return self._collection(made, wanted)

    def change_schedule(
        self,
        schedule_id: str,
        *,
        active: bool,
        minutes: int | None = None,
        cron: str | None = None,
        missed: models.Missed | None = None,
    ) -> models.Told:
        """Say when Prefect runs a deployment by itself, and whether. That of scans is said by the settings.

        `missed` says what becomes of runs that were missed: of all schedules of the queue.
        """
        interval, fields = schedules.checked(minutes, cron)
        schedule = schedules.find(self.prefect, schedule_id)
        if not schedules.is_auto_scan(schedule):
            with self.acting("schedule-change", queue=schedule.name, active=active, minutes=minutes, cron=fields):
                schedules.change(self.prefect, schedule, active=active, interval=interval, cron=fields)
        elif interval is None:
            raise schedules.ScheduleError("Scans run every so many minutes; cron is for the other schedules.")
        else:
            self.change_settings({"auto_scan_enabled": active, "scan_interval_minutes": minutes})
        if missed is not None:
            self._say_missed(schedule.name, missed)
        return models.Told(message="Saved." if active else "Saved; it is off.")

    def _say_missed(self, queue_name: str, missed: models.Missed) -> None:
        with self.acting("schedule-missed", queue=queue_name, missed=missed) as conn:
            ledger.change_queue(conn, queue_name, by=str(current.who()), skip_missed=missed == "skip")

    def add_schedule(
        self, queue_name: str, *, active: bool, minutes: int | None = None, cron: str | None = None
    ) -> models.Told:
        """Have Prefect run a queue by the clock as well."""
        interval, fields = schedules.checked(minutes, cron)
        # A slug of its own: `darkroom up` looks after those of prefect.yaml only.
        new = replace(self.prefect.schedule(queue_name, ""), slug=f"added-{token_hex(4)}", id=None)
        with self.acting("schedule-add", queue=queue_name, active=active, minutes=minutes, cron=fields):
            schedules.change(self.prefect, new, active=active, interval=interval, cron=fields)
        return models.Told(message="Added the schedule.")

    def remove_schedule(self, schedule_id: str) -> models.Told:
        """Have Prefect run a queue by this schedule no longer."""
        schedule = schedules.find(self.prefect, schedule_id)
        if schedules.is_auto_scan(schedule):
            self.change_settings({"auto_scan_enabled": False})
            return models.Told(message="Scans run by themselves no longer.")
        with self.acting("schedule-remove", queue=schedule.name):
            self.prefect.remove_schedule(schedule)
        return models.Told(message="Removed the schedule.")

    def cancel_queue(self, queue_name: str) -> models.Cancelled:
        """Cancel all that waits or runs in a queue."""
        known_queue(queue_name)
        with self.acting("cancel", queue=queue_name) as conn:
            done = ledger.cancel_queue(conn, queue_name)
        return _cancelled(done, queue_name)

    def cancel_everything(self) -> models.Cancelled:
        """Cancel all that waits or runs."""
        with self.acting("cancel", which="everything") as conn:
            return _cancelled(ledger.cancel_everything(conn))

    def cancel_running(self) -> models.Cancelled:
        """Cancel all that runs; what waits stays."""
        with self.acting("cancel", which="running") as conn:
            return _cancelled(ledger.cancel_running(conn))

    def cancel_job(self, job_id: int) -> models.JobCancelled:
        """Cancel one job."""
        with self.acting("cancel", job=job_id) as conn:
            done = ledger.cancel_job(conn, job_id)
        if done.cancelling:
            return models.JobCancelled(id=job_id, state="cancelling", message="The job is being stopped.")
        return models.JobCancelled(id=job_id, state="cancelled", message="Cancelled the job.")

    def cancel_jobs(self, job_ids: Sequence[int]) -> models.Cancelled:
        """Cancel those of these jobs that have not ended."""
        with self.acting("cancel", jobs=list(job_ids[:100])) as conn:
            return _cancelled(ledger.cancel_jobs(conn, job_ids))

    def put_first(self, job_id: int) -> models.Told:
        """Have a job that waits begin before all others of its queue."""
        with self.acting("first", job=job_id) as conn:
            ledger.put_first(conn, job_id)
        started = self.starter.start_soon()
        return models.Told(message="The job is the next of its queue." + ("" if started else NOT_STARTED))

    def pause(self, queue_name: str | None = None, minutes: int | None = None) -> models.Told:
        """Let a queue, or all of them, take no new work for so many minutes, or until it is resumed."""
        name = "Every queue" if queue_name is None else known_queue(queue_name).label
        with self.acting("pause", queue=queue_name, minutes=minutes) as conn:
            ledger.pause(conn, queue_name or ledger.ALL, by=str(current.who()), minutes=minutes)
        end = f"for {duration(minutes * 60)}" if minutes else "until it is resumed"
        return models.Told(message=f"{name} takes no new work {end}. What runs is finished.")

    def resume(self, queue_name: str | None = None) -> models.Told:
        """Let a queue, or all that were paused together, work again, and start what waits."""
        name = "Every queue" if queue_name is None else known_queue(queue_name).label
        with self.acting("resume", queue=queue_name) as conn:
            resumed = ledger.resume(conn, queue_name or ledger.ALL)
        if not resumed:
            return models.Told(message=f"{name} was not paused.")
        started = self.starter.start_soon()
        return models.Told(message=f"{name} works again." + ("" if started else NOT_STARTED))

    def retry_job(self, job_id: int) -> models.Retried:
        """Put one job back and start it."""
        with self.acting("retry", job=job_id) as conn:
            ledger.retry_job(conn, job_id)
        return self._retried(1)

    def retry(self, which: models.Which) -> models.Retried:
        """Put failed jobs back and start them: those that are named, or all of one queue, status or kind of error."""
        if which.queue_name is not None:
            known_queue(which.queue_name)
        with self.acting("retry", **which.said()) as conn:
            ids = which.job_ids
            if ids is None:
                status = which.status or "failed"
                ids = dashboard.uncleared_ids(conn, queue=which.queue_name, status=status, kind=which.kind)
            retried = ledger.retry_failed(conn, which.queue_name, ids)
        return self._retried(retried)

    def clear(self, which: models.Which) -> models.Cleared:
        """Take failed and cancelled jobs off the list. Their rows and errors stay."""
        if which.queue_name is not None:
            known_queue(which.queue_name)
        with self.acting("clear", **which.said()) as conn:
            ids = which.job_ids
            if ids is None and (which.kind is not None or which.status is not None):
                ids = dashboard.uncleared_ids(conn, queue=which.queue_name, status=which.status, kind=which.kind)
            cleared = ledger.clear(conn, which.queue_name, ids)
        message = f"Cleared {counted(cleared.jobs, 'job')}. Their errors are kept."
        undo = cleared.moment.isoformat() if cleared.moment else None
        return models.Cleared(cleared=cleared.jobs, message=message, undo=undo)

    def unclear(self, moment: datetime) -> models.Told:
        """Put what was cleared at this moment back on the list."""
        with self.acting("unclear", moment=moment.isoformat()) as conn:
            back = ledger.unclear(conn, moment)
        return models.Told(message=f"Put {counted(back, 'job')} back on the list.")

    def _collection(self, collection: collections.Collection, wanted: ledger.Enqueued) -> models.Collection:
        if wanted.enqueued:
            self.starter.start_soon()
        return models.Collection.model_validate(collection)

    @contextmanager
    def acting(self, action: str, **details: Any) -> Iterator[Connection]:
        """A transaction in which the one who asks does something, which the audit names."""
        with current.acting(self.engine, action, **details) as conn:
            self.veil(conn)
            yield conn

    def veil(self, conn: Connection) -> None:
        """Hide from this transaction what is hidden from whoever asks."""
        if self.hide_nsfw:
            nsfw.hide(conn)

    def told(self, queue: Queue, made: ledger.Enqueued, *, lacks: str | None = None) -> models.Enqueued:
        """Start what was enqueued and say so. Call it after the enqueue was committed."""
        started = self.starter.start_soon()
        message = f"Enqueued {made.enqueued:,}, skipped {made.skipped:,} that were already waiting."
        if made.enqueued + made.skipped == 0:
            message = made.obstacle or f"There are no {lacks or queue.lacks}: enqueued 0, skipped 0."
        elif made.skipped == 0:
            message = f"Enqueued {made.enqueued:,}, skipped 0."
        return models.Enqueued(
            queue_name=queue.name,
            enqueued=made.enqueued,
            skipped=made.skipped,
            job_ids=list(made.job_ids[:100]),
            started=started,
            message=message if started else message + NOT_STARTED,
        )

    def _retried(self, retried: int) -> models.Retried:
        message = f"Put {counted(retried, 'job')} back."
        if retried and not self.starter.start_soon():
            message += NOT_STARTED
        return models.Retried(retried=retried, message=message)


def _refresh(conn: Connection, collection_id: int) -> ledger.Enqueued:
    wanted = collections.refreshes(conn, only=collection_id)
    return ledger.enqueue(conn, wanted, trigger="manual", priority=PRIORITY_PERSON_ONE)


def known_queue(name: str) -> Queue:
    """The queue of this name.

    Raises:
        NotFoundError: there is none.
    """
    if (queue := BY_NAME.get(name)) is None:
        raise ledger.NotFoundError(f"There is no queue {name}.")
    return queue


def _cancelled(done: ledger.Cancelled, queue_name: str | None = None) -> models.Cancelled:
    parts = []
    if done.cancelled or not done.cancelling:
        parts.append(f"Cancelled {counted(done.cancelled, 'job')} that waited.")
    if done.cancelling:
        parts.append(
            f"{counted(done.cancelling, 'running job')} {'is' if done.cancelling == 1 else 'are'} being stopped."
        )
    return models.Cancelled(
        queue_name=queue_name, cancelled=done.cancelled, cancelling=done.cancelling, message=" ".join(parts)
    )
