"""Galleries of pictures, in folders and in archives."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import archive, library_kinds
from flows.by_target import ByTarget
from flows.folder_scan import FolderScan
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off


@flow(name="gallery-scan", task_runner=SLOTS, persist_result=False)
def gallery_scan(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Find pictures and archives in the watched folders, and the pictures in those archives."""
    return work_off(BY_NAME["gallery-scan"], gallery_work(), enqueue=enqueue, everything=everything)


def gallery_work() -> ByTarget:
    """A watched folder is walked, an archive that was found in one is read."""
    return ByTarget({"library_root": FolderScan(library_kinds.PICTURES), archive.TARGET: archive.ArchiveRead()})
