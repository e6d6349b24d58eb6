"""A client may not know yet what it was given a moment ago: it is asked again before it is believed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from tasks.clients.downloads.types import MISSING, DownloadClient, Status
from tasks.control import Control

#: Seconds before it is asked again.
WAITS = (0.5, 1.0, 2.0)


def patient_statuses(
    client: DownloadClient,
    ids: Collection[str],
    control: Control,
    wait: Callable[[float, Control], None] | None = None,
) -> dict[str, Status]:
    """As `DownloadClient.statuses`, and up to three times again for those that are not found.

    Raises what that raises, and CancelledError when the work was asked to stop.
    """
    found = client.statuses(ids)
    for seconds in WAITS:
        lacking = [id for id in ids if found[id] == MISSING]
        if not lacking:
            break
        (wait or _pause)(seconds, control)
        found |= client.statuses(lacking)
    return found


def _pause(seconds: float, control: Control) -> None:
    stopped = threading.Event()
    with control.on_cancel(stopped.set):
        control.check()
        stopped.wait(seconds)
    control.check()
