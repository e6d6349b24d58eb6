"""How many files lack each queue's result and no unfinished job covers, kept in blocks of ids.

Comparing a million files with a million jobs takes seconds; the page asks every five. So the counts are kept for each
block of 1,024 ids, and each statement that changes what lacks or what is covered leaves here, in the same transaction,
which blocks it touched. Whoever reads adds up the counts of the blocks that nobody touched since they were made and
counts the touched ones anew: that is exact at every instant, and nobody waits for anybody. `db.lacking.fold` counts the
touched blocks for all who come later.
"""

# ruff: noqa: S608  (the parts of statements are constants)

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id
from db.models.totals import NEVER_SQUARE
from db.models.videos import HASHES

#: A block is the ids that are the same but for so many of their last bits.
BLOCK = 10

#: By table: the type of target that its rows are for jobs, and, of each queue, what a row of the table may lack.
FILES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "videos": (
        "video",
        (
            ("media-probe", "probe_revision IS DISTINCT FROM revision"),
            ("fingerprint", "fingerprint_revision IS DISTINCT FROM revision"),
            ("fingerprint", "phash_revision IS DISTINCT FROM revision"),
            ("preview", "preview_revision IS DISTINCT FROM revision"),
            ("extract-subtitles", "subtitles_revision IS DISTINCT FROM revision"),
            ("identify", f"looked_up_by IS DISTINCT FROM {HASHES} AND {HASHES} IS NOT NULL"),
        ),
    ),
    "archives": ("archive", (("gallery-scan", "read_revision IS DISTINCT FROM revision"),)),
    "images": (
        "image",
        (
            ("image-thumbnail", "thumbnail_revision IS DISTINCT FROM revision"),
            ("image-fingerprint", "fingerprint_revision IS DISTINCT FROM revision"),
        ),
    ),
    "audio_tracks": (
        "track",
        (
            ("audio-probe", "probe_revision IS DISTINCT FROM revision"),
            ("audio-fingerprint", "fingerprint_revision IS DISTINCT FROM revision"),
            ("audio-waveform", "waveform_revision IS DISTINCT FROM revision"),
        ),
    ),
}


class LackingCount(Base):
    """So many files of a block lack the queue's result; a block without rows lacks nothing."""

    __tablename__ = "lacking_counts"

    id: Mapped[Id]
    queue_name: Mapped[str] = mapped_column(Text)
    block: Mapped[int] = mapped_column(BigInteger)
    is_nsfw: Mapped[bool]
    files: Mapped[int]


class LackingTouched(Base):
    """A block whose count is not to be trusted any more."""

    __tablename__ = "lacking_touched"

    id: Mapped[Id]
    queue_name: Mapped[str] = mapped_column(Text)
    block: Mapped[int] = mapped_column(BigInteger)


def _function(name: str, body: str, planned: str = "") -> str:
    # Whoever hides what is NSFW by the search path must not hide it from these.
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
        f" {planned} AS $$ BEGIN {body} RETURN NULL; END $$"
    )


def _by_operation(inserted: str, deleted: str, updated: str, truncated: str) -> str:
    return f"""
        IF TG_OP = 'INSERT' THEN {inserted};
        ELSIF TG_OP = 'DELETE' THEN {deleted};
        ELSIF TG_OP = 'UPDATE' THEN {updated};
        ELSE {truncated};
        END IF;
    """


def _triggers(table: str, function: str) -> list[str]:
    sides = {
        "INSERT": "REFERENCING NEW TABLE AS after",
        "DELETE": "REFERENCING OLD TABLE AS before",
        "UPDATE": "REFERENCING OLD TABLE AS before NEW TABLE AS after",
        "TRUNCATE": "",
    }
    return [
        f"CREATE TRIGGER lacking_{event.lower()} AFTER {event} ON {table} {seen}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for event, seen in sides.items()
    ]


_TOUCH = "INSERT INTO lacking_touched (queue_name, block)"


def _of_files(table: str) -> list[str]:
    """What lacks on one side only, of what was before and what is after, touches its block."""
    lacks = ", ".join(f"({n}, '{queue}', {lacks})" for n, (queue, lacks) in enumerate(FILES[table][1]))
    side = (
        "SELECT n, queue_name, id, is_nsfw FROM {side}, LATERAL"
        f" (VALUES {lacks}) AS of_queue(n, queue_name, lacks) WHERE lacks AND missing_since IS NULL"
    )
    touch = (
        f"{_TOUCH} SELECT DISTINCT queue_name, id >> {BLOCK} FROM ({{sides}}) AS sides"
        " GROUP BY n, queue_name, id, is_nsfw HAVING count(*) = 1"
    )
    before, after = side.format(side="before"), side.format(side="after")
    names = _quoted(dict(FILES[table][1]))
    body = _by_operation(
        touch.format(sides=after),
        touch.format(sides=before),
        touch.format(sides=f"{before} UNION ALL {after}"),
        f"{_TOUCH} SELECT DISTINCT queue_name, block FROM lacking_counts WHERE queue_name IN ({names})",
    )
    return [_function(f"lacking_of_{table}", body), *_triggers(table, f"lacking_of_{table}")]


def _quoted(queues: Iterable[str]) -> str:
    return ", ".join(f"'{queue}'" for queue in queues)


def _touch_all(table: str, queues: str = "") -> str:
    names = queues or _quoted(dict(FILES[table][1]))
    return (
        f"{_TOUCH} SELECT queue_name, block FROM unnest(ARRAY[{names}]) AS queue_name,"
        f" generate_series(0, (SELECT max(id) >> {BLOCK} FROM {table})) AS block"
    )


def of_jobs() -> str:
    """The function by which a job that begins or ends to be unfinished touches the block of its target."""
    targets = ", ".join(
        f"('{queue}', '{target_type}')" for target_type, queues in FILES.values() for queue in dict(queues)
    )
    touch = (
        f"{_TOUCH} SELECT DISTINCT queue_name, CAST(target_id AS bigint) >> {BLOCK} FROM {{changed}}"
        f" AND (queue_name, target_type) IN ({targets}) AND target_id ~ '^[0-9]{{{{1,18}}}}$'"
    )
    unfinished = "{side}.status IN ('queued', 'running')"
    before, after = unfinished.format(side="before"), unfinished.format(side="after")
    body = _by_operation(
        touch.format(changed=f"after WHERE {after}"),
        touch.format(changed=f"before WHERE {before}"),
        touch.format(
            changed="(SELECT after.queue_name, after.target_type, after.target_id"
            f" FROM before JOIN after USING (id) WHERE ({before}) <> ({after})) AS changed WHERE true"
        ),
        "; ".join(_touch_all(table) for table in FILES),
    )
    return _function("lacking_of_jobs", body, NEVER_SQUARE)


def _of_settings() -> list[str]:
    """Whether a fingerprint lacks without a perceptual hash is a setting."""
    function = "FOR EACH ROW {when} EXECUTE FUNCTION lacking_of_settings()"
    changed = "WHEN (OLD.generate_phash IS DISTINCT FROM NEW.generate_phash)"
    return [
        _function("lacking_of_settings", f"{_touch_all('videos', _quoted(['fingerprint']))};"),
        f"CREATE TRIGGER lacking_update AFTER UPDATE ON library_settings {function.format(when=changed)}",
        f"CREATE TRIGGER lacking_row AFTER INSERT OR DELETE ON library_settings {function.format(when='')}",
    ]


def statements() -> list[str]:
    """What to run once both tables exist: from then on everything is touched that changes, and first everything is."""
    files = [statement for table in FILES for statement in _of_files(table)]
    jobs = [of_jobs(), *_triggers("job_runs", "lacking_of_jobs")]
    return [*files, *jobs, *_of_settings(), *(_touch_all(table) for table in FILES)]
