"""Adaptive sets: made when somebody asks, kept while they are used."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection, Engine

from darkroom.settings import settings
from db import hls, library_settings
from db.ledger import Claimed
from db.results import File
from flows.database import engine
from flows.media import Made, Media, MediaWork, Row
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from tasks.control import Control
from tasks.media.hls import MASTER, adaptive_set
from tasks.media.staging import PREFIX
from tasks.media.tools import MediaTools

#: Below the cache folder: a folder for each video, in it one for each set.
FOLDER = "hls"
#: What such folders are called; whatever else lies there is not ours.
SET = re.compile(rf"[0-9]+-[0-9a-f]{{8}}|{re.escape(PREFIX)}.*")


@flow(name="hls-transcode", task_runner=SLOTS, persist_result=False)
def hls_transcode(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Make the adaptive sets that somebody asked for."""
    state = work_off(BY_NAME[hls.QUEUE], HlsWork(engine()), enqueue=enqueue, everything=everything)
    tidy(engine())
    return state


class HlsWork(MediaWork):
    """Its results have a table of their own, and must not outgrow their bounds."""

    def __init__(self, database: Engine) -> None:
        super().__init__(hls.QUEUE, _make)
        self._database = database

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Media]:
        """The files of these jobs. A job that is tried again is a wish for its set, whatever became of the first."""
        hls.ask(conn, [int(job.target_id) for job in jobs])
        return super().load(conn, jobs)

    def load_files(self, conn: Connection, ids: Sequence[int]) -> dict[int, File]:
        """Those whose sets are wanted still."""
        return hls.load(conn, ids)

    def save_rows(self, conn: Connection, rows: Sequence[Row]) -> set[int]:
        """Say which set is the video's now; the folder of its predecessor is nobody's from then on."""
        return hls.save(conn, rows)

    def run(self, tools: MediaTools, job: Claimed, target: Media, control: Control) -> Made:
        """Make room, then the set."""
        tidy(self._database)
        return super().run(tools, job, target, control)


def _make(tools: MediaTools, video: Media) -> Made:
    # Each set has a folder of its own: what players hold of an older one never mixes with it.
    name = f"{FOLDER}/{video.file.id}/{video.file.revision}-{secrets.token_hex(4)}"
    made = asdict(adaptive_set(tools, video.path, settings().cache / name))
    return Made({"path": f"{name}/{MASTER}", "bytes": made["bytes"], "renditions": made}, made)


def tidy(database: Engine) -> None:
    """Forget the sets beyond the bounds of the settings, then remove the folders that no set and no job owns.

    In this order nothing that is half removed is ever served, and what a crash leaves between is removed next time.
    """
    with database.begin() as conn:
        hls.expire(conn, library_settings.read(conn))
    shelf = settings().cache / FOLDER
    # Listed before the database is asked: what is made meanwhile is not in the list.
    found = [folder for folder in shelf.glob("*/*") if folder.parent.name.isdecimal() and SET.fullmatch(folder.name)]
    with database.connect() as conn:
        paths, at_work = hls.kept(conn)
    for folder in found:
        if folder.parent.name not in at_work and _path(folder) not in paths:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                folder.parent.rmdir()


def _path(folder: Path) -> str:
    return f"{FOLDER}/{folder.parent.name}/{folder.name}/{MASTER}"
