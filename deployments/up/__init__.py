"""`darkroom up` and `darkroom down`: everything that Darkroom consists of, started together and stopped together.

PostgreSQL, the migrations, Prefect's server, its deployments, the fork server, the worker, the page. Each program has
its own log under the home; one that dies is started again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployments.up.access import Keys


def up(
    detach: bool = False,
    on_ready: Callable[[str, Keys | None], object] | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Start everything. In the foreground, stay until Ctrl-C or SIGTERM and stop everything again.

    `on_ready` is called with the page's address, and at the first start with the login and the token that were made,
    when everything answers: in a thread of its own, or, detached, before this returns. `say` gets a line for each
    step; they go to the error stream otherwise.

    Raises deployments.errors.StartError, one sentence and perhaps a program's last words; nothing then runs.
    """
    from darkroom.settings import settings
    from deployments.up.detach import detached
    from deployments.up.run import run

    ready, say = on_ready or (lambda _url, _keys: None), say or _to_stderr
    if detach:
        ready(*detached(settings(), say))
    else:
        run(settings(), say, ready)


def down() -> bool:
    """Stop what `up` started on this home and wait until it is gone; False when nothing ran.

    Raises deployments.errors.StartError when it does not end.
    """
    from darkroom.settings import settings
    from deployments.up.stop import stop

    return stop(settings())


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
