"""What the queue `library-maintenance` works on: the library, of which there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from db.ledger import FollowUp

QUEUE, TARGET = "library-maintenance", "library"
#: Generated files: moved to where the settings want them, removed where no row owns them.
FILES, FILES_LABEL = "generated-files", "Generated files"
#: Rows of files that have been missing for long; only ever on request.
MISSING, MISSING_LABEL = "missing-files", "Files that have been missing for long"


def files_job() -> FollowUp:
    """Tidy the generated files."""
    return FollowUp(QUEUE, FILES, FILES_LABEL, TARGET)


def missing_job(last: Mapping[str, Any], files: int) -> FollowUp:
    """Forget the files up to `last` (see `db.missing`), of which there are so many."""
    return FollowUp(QUEUE, MISSING, MISSING_LABEL, TARGET, payload={"last": dict(last), "files": files})
