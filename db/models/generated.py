"""What Darkroom has put into the library itself."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Bytes, CreatedAt


class FileBeside(Base):
    """A generated file beside a video, written down before it appears.

    Only what is written down here, with the size and the time that it has, is ever overwritten or removed: any other
    file of such a name is somebody's own. It outlives the video's row, so that the file can be removed after it.
    """

    __tablename__ = "files_beside"

    #: As `db.paths` spells it.
    path: Mapped[str] = mapped_column(Text, primary_key=True)
    file_size: Mapped[Bytes] = mapped_column(primary_key=True, autoincrement=False)
    file_mtime_ns: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    video_id: Mapped[int] = mapped_column(BigInteger)
    noted_at: Mapped[CreatedAt]
