"""The library's own queues: what finds media in the watched folders."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import library_kinds
from flows.folder_scan import FolderScan
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off


@flow(name="library-scan", task_runner=SLOTS, persist_result=False)
def library_scan(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Find videos in the watched folders and enqueue what they lack."""
    work = FolderScan(library_kinds.VIDEOS)
    return work_off(BY_NAME["library-scan"], work, enqueue=enqueue, everything=everything)


@flow(name="audio-scan", task_runner=SLOTS, persist_result=False)
def audio_scan(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Find audio files in the watched folders and enqueue what they lack."""
    work = FolderScan(library_kinds.AUDIO)
    return work_off(BY_NAME["audio-scan"], work, enqueue=enqueue, everything=everything)
