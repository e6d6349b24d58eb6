"""What every file of the library has, whatever kind of media it is."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Bytes, CreatedAt, Id, Moment


class MediaFile:
    """One file: where it is, and the content that was seen there.

    `revision` counts the contents that were seen at this path. A result belongs to the revision it was made from, so
    "lacks its result" is `<result>_revision IS DISTINCT FROM revision`.
    """

    id: Mapped[Id]
    library_root_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("library_roots.id", ondelete="CASCADE"))
    #: As `db.paths` spells it: bytes that are no UTF-8 survive.
    file_path: Mapped[str] = mapped_column(Text, unique=True)
    file_size: Mapped[Bytes]
    file_mtime_ns: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(server_default="1")
    missing_since: Mapped[Moment | None]
    is_nsfw: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


def missing(table: str) -> Index:
    """The index by which a file that has gone is known again elsewhere."""
    return Index(f"ix_{table}_missing", "file_size", "oshash", postgresql_where=text("missing_since IS NOT NULL"))


def lacking(table: str, result: str) -> Index:
    """The index that holds exactly the files whose result, such as `probe`, is not of their present content."""
    return Index(
        f"ix_{table}_lack_{result}", "id", postgresql_where=text(f"{result}_revision IS DISTINCT FROM revision")
    )
