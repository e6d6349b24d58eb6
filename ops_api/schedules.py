"""What runs by the clock: Prefect's schedules in words, and what a person may do to them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import httpx
from cron_descriptor import ExpressionDescriptor, Options

from db.ledger import MISSED, QueueSettings
from flows.queues import BY_NAME
from ops_api.auto_scan import QUEUE as SCANS
from ops_api.auto_scan import SLUG as AUTO_SCAN
from ops_api.prefect import Planned, Prefect, Run, Schedule
from ops_api.words import counted

#: What keeps the rest going: shown, never changed here.
KEPT = {"dispatch": ("Dispatch", "Gives back what dead processes held and starts queues that have due work")}
#: What becomes of runs that were missed: while the machine was off, or no worker was there.
MISSED_WORDS: dict[Literal["once", "skip"] | None, str] = {
    "once": "are made up once: the first late run does what all of them would have done",
    "skip": f"are left out: one that begins more than {MISSED} minutes late does nothing",
    None: "begin late; each does only what is due by then",
}
#: The smallest and the largest interval, minutes.
LEAST, MOST = 1, 60 * 24 * 365
FIVE_FIELDS = "Write five fields of cron, such as 0 3 * * * for three o'clock each night."


class ScheduleError(ValueError):
    """What was asked of a schedule cannot be done; the message is one sentence for people."""


class NoScheduleError(LookupError):
    """There is no such schedule."""


@dataclass(frozen=True)
class Shown:
    """A schedule with all that the page says of it."""

    schedule: Schedule
    label: str
    description: str
    words: str
    #: Whether it may be changed here.
    editable: bool
    #: The next runs, the soonest first.
    upcoming: list[datetime]
    last: Run | None
    #: Those that it wanted and that ended last, the newest last.
    runs: list[Run]
    #: What becomes of missed runs, where that can be chosen, and in words.
    missed: Literal["once", "skip"] | None
    missed_words: str

    @property
    def minutes(self) -> int | None:
        """Its interval, where it has one."""
        return None if self.schedule.interval is None else round(self.schedule.interval / 60)


def shown(prefect: Prefect, own: Mapping[str, QueueSettings]) -> list[Shown]:
    """All schedules, by name, what keeps the rest going last; `own` is what people have set for queues.

    Raises:
        httpx.HTTPError: Prefect does not answer.
    """
    schedules = prefect.schedules()
    deployments = sorted({schedule.deployment for schedule in schedules})
    with ThreadPoolExecutor(8, thread_name_prefix="schedules") as pool:
        planned = dict(zip(deployments, pool.map(prefect.planned, deployments), strict=True))
        last = dict(zip(deployments, pool.map(prefect.last_run, deployments), strict=True))
        runs = list(pool.map(prefect.last_runs, schedules))
    found = [
        _shown(each, planned[each.deployment], last[each.deployment], behind, own)
        for each, behind in zip(schedules, runs, strict=True)
    ]
    return sorted(found, key=lambda each: (not each.editable, each.label, each.schedule.slug))


def find(prefect: Prefect, schedule_id: str) -> Schedule:
    """One schedule, to be changed.

    Raises:
        NoScheduleError: there is none with this id.
        ScheduleError: it is not to be changed.
    """
    for schedule in prefect.schedules():
        if schedule.id == schedule_id:
            if schedule.name in KEPT:
                raise ScheduleError(f"{KEPT[schedule.name][0]} keeps everything going; it is not changed here.")
            return schedule
    raise NoScheduleError("There is no such schedule; load the page again.")


def is_auto_scan(schedule: Schedule) -> bool:
    """Whether the library's settings say when it runs."""
    return (schedule.name, schedule.slug) == (SCANS, AUTO_SCAN)


def checked(minutes: int | None, cron: str | None) -> tuple[float | None, str | None]:
    """An interval in seconds, or a cron expression, one of the two.

    Raises:
        ScheduleError: neither can be used.
    """
    if cron:
        fields = " ".join(cron.split())
        if len(fields.split()) != 5 or words_of_cron(fields) is None:
            raise ScheduleError(FIVE_FIELDS)
        return None, fields
    if minutes is None or not LEAST <= minutes <= MOST:
        raise ScheduleError(f"Say every how many minutes, from {LEAST} to {MOST:,}.")
    return minutes * 60.0, None


def change(prefect: Prefect, schedule: Schedule, *, active: bool, interval: float | None, cron: str | None) -> None:
    """Have Prefect run by this schedule from now on.

    Raises:
        ScheduleError: Prefect refuses the times.
        httpx.HTTPError: Prefect does not answer.
    """
    try:
        prefect.set_schedule(schedule, active=active, interval=interval, cron=cron)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
            raise
        raise ScheduleError(FIVE_FIELDS) from error


def words_of_cron(cron: str) -> str | None:
    """A cron expression in words; None where it is none."""
    options = Options()
    options.use_24hour_time_format = True
    try:
        return str(ExpressionDescriptor(cron, options).get_full_description())
    except Exception:  # the library's errors have no common kind
        return None


def _shown(
    schedule: Schedule, planned: list[Planned], last: Run | None, runs: list[Run], own: Mapping[str, QueueSettings]
) -> Shown:
    queue = BY_NAME.get(schedule.name)
    missed = _missed(own.get(schedule.name)) if queue else None
    label, description = KEPT.get(schedule.name, (schedule.name, ""))
    return Shown(
        schedule,
        queue.label if queue else label,
        queue.description if queue else description,
        _words(schedule),
        schedule.name not in KEPT,
        [run.at for run in planned if run.schedule == schedule.id and run.at > datetime.now(UTC)][:5],
        last,
        runs,
        missed,
        MISSED_WORDS[missed],
    )


def _missed(own: QueueSettings | None) -> Literal["once", "skip"]:
    return "skip" if own and own.skip_missed else "once"


def _words(schedule: Schedule) -> str:
    if schedule.cron:
        zone = f", {schedule.timezone} time" if schedule.timezone else ""
        return f"{words_of_cron(schedule.cron) or schedule.cron}{zone}"
    if schedule.interval is None:
        return "By a rule that only Prefect shows"
    minutes = round(schedule.interval / 60)
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes % size == 0:
            count = minutes // size
            return f"Every {unit}" if count == 1 else f"Every {counted(count, unit)}"
    return "Every minute" if minutes == 1 else f"Every {counted(minutes, 'minute')}"
