"""A small library of real files of which everything was really made: something to look at."""

from __future__ import annotations

import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from db.generated import FILES
from db.models import VideoSubtitle
from tasks.media.preview import PreviewSettings, preview
from tasks.media.runner import executable
from tasks.media.tools import MediaTools
from tests.rows import add_folder, add_video

#: Each second another picture.
CLIP = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=10:d=12")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p")


@dataclass
class Seen:
    """Makes rows and the files that they name: media below `root`, what is made of them below `cache`."""

    conn: Connection
    cache: Path
    root: Path
    tools: MediaTools

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.folder = add_folder(self.conn, str(self.root))

    def video(self, name: str, **values: Any) -> int:
        """A video with thumbnail, card, clip, sprite, trickplay file and a subtitle track."""
        file = self.root / f"{name}.mp4"
        if not (source := self.root / "source.mp4").exists():
            subprocess.run([executable(), "-v", "error", *CLIP, *H264, source], check=True)
        file.hardlink_to(source)
        facts = {"probe_revision": 1, "duration": 12.0, "width": 640, "height": 360, "codec": "h264"}
        number = add_video(self.conn, self.folder, title=name, file_path=str(file), **(facts | values))
        folder = self.cache / f"videos/{number}"
        made = preview(self.tools, file, folder, PreviewSettings(clip_seconds=4, trickplay_interval=2))
        names = asdict(made)
        assert names["sprite"], "a sprite was made"
        stored = {column: f"videos/{number}/{file}" for column, file in FILES.items()}
        self.change("videos", number, preview_revision=1, **stored)
        (folder / "track.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
        self.add(
            VideoSubtitle,
            video_id=number,
            source="sidecar",
            source_key=f"{name}.en.srt",
            language="en",
            source_format="subrip",
            storage_path=f"videos/{number}/track.vtt",
        )
        return number

    def add(self, model: Any, **values: Any) -> int:
        """A row; returns its id."""
        return self.conn.execute(insert(model).values(values).returning(model.id)).scalar_one()

    def change(self, table: str, number: int, **values: Any) -> None:
        """Change columns of a row."""
        from db.models import Base

        described = Base.metadata.tables[table]
        self.conn.execute(described.update().where(described.c.id == number).values(values))
