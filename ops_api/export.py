"""The jobs of the logs as a file: for a spreadsheet, or a line of JSON each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from ops_api import models

COLUMNS = (
    "id",
    "queue_name",
    "status",
    "target_type",
    "target_id",
    "target_label",
    "attempts",
    "trigger",
    "created_at",
    "started_at",
    "finished_at",
    "error",
)


def as_csv(jobs: Sequence[models.Job]) -> Iterator[str]:
    """With a line of headings. No cell is a formula, whatever files are called."""
    buffer = io.StringIO()
    lines = csv.writer(buffer)
    lines.writerow(COLUMNS)
    for job in jobs:
        said = job.model_dump(mode="json", include=set(COLUMNS))
        lines.writerow([_plain(said[name]) for name in COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def as_ndjson(jobs: Sequence[models.Job]) -> Iterator[str]:
    """As the API says them."""
    for job in jobs:
        yield f"{job.model_dump_json(by_alias=True)}\n"


def _plain(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
