"""A flow's process that is killed when it has filed a book, before its row says so: `python -m ... KEYS`, as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid

from flows.database import engine
from flows.engine import QueueRun
from flows.queues import BY_NAME
from flows.requests import programs
from flows.requests.organize import Filed, OrganizeWork
from tests.threads import Threads


class Dies(OrganizeWork):
    """Does the work, and is gone."""

    def run(self, *args) -> Filed:
        """As `OrganizeWork.run`, which never returns."""
        super().run(*args)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


if __name__ == "__main__":
    programs.secret = json.loads(sys.argv[1]).__getitem__
    QueueRun(engine(), BY_NAME["organize_files"], Dies(), Threads(), str(uuid.uuid4())).work_off()
