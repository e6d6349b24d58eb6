"""A small library of real files of which everything was really made: something to look at."""

from __future__ import annotations

import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import PIL.Image
from sqlalchemy import Connection, insert

from db.generated import FILES
from db.models import AudioChapter, AudioLibrary, AudioTrack, Base, Gallery, Image, VideoSubtitle
from tasks.media.audio.waveform import audio_waveform
from tasks.media.image import image_thumbnail
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

    def gallery(self, name: str, pictures: int, **values: Any) -> int:
        """A gallery of pictures, numbered without leading zeros, each with its thumbnail."""
        folder = self.root / name
        folder.mkdir(parents=True)
        row = {"library_root_id": self.folder, "kind": "folder", "title": folder.name, "image_count": pictures}
        gallery = self.add(Gallery, **(row | {"folder_path": str(folder)} | values))
        for number in range(1, pictures + 1):
            file = folder / f"page {number}.png"
            PIL.Image.new("RGB", (640, 480), (number * 20 % 256, 80, 120)).save(file)
            picture = self.add(Image, gallery_id=gallery, title=file.stem, **self._file(file))
            made = image_thumbnail(self.tools, file, self.cache / f"images/{picture}", hashes=False)
            facts = {"width": made.width, "height": made.height, "format": made.format, "is_animated": made.is_animated}
            path = f"images/{picture}/{made.thumbnail}"
            self.change("images", picture, thumbnail_revision=1, thumbnail_path=path, **facts)
        return gallery

    def audio(self, name: str, tracks: int, **values: Any) -> int:
        """An audio library with its tracks, each with its waveform and two chapters."""
        folder = self.root / name
        folder.mkdir(parents=True)
        row = {"library_root_id": self.folder, "title": folder.name, "track_count": tracks, "folder_path": str(folder)}
        library = self.add(AudioLibrary, **(row | values))
        for number in range(1, tracks + 1):
            file = folder / f"part {number}.wav"
            tone = f"aevalsrc=sin(880*t)*sin(t*{number}):d=6"
            subprocess.run([executable(), "-v", "error", "-f", "lavfi", "-i", tone, file], check=True)
            facts = {"duration": 6.0, "track_number": number, "artist": "A. Harbour", "codec": "pcm_s16le"}
            track = self.add(AudioTrack, audio_library_id=library, title=file.stem, **facts, **self._file(file))
            made = audio_waveform(self.tools, file, self.cache / f"audio-tracks/{track}")
            self.change("audio_tracks", track, waveform_revision=1, waveform_path=f"audio-tracks/{track}/{made.file}")
            for n, title in enumerate(("Dusk", None)):
                times = {"position": n + 1, "starts_at": 3.0 * n, "ends_at": 3.0 * n + 3}
                self.add(AudioChapter, audio_track_id=track, title=title, **times)
        return library

    def _file(self, file: Path) -> dict[str, Any]:
        return {
            "library_root_id": self.folder,
            "file_path": str(file),
            "file_size": file.stat().st_size,
            "file_mtime_ns": file.stat().st_mtime_ns,
        }

    def add(self, model: Any, **values: Any) -> int:
        """A row; returns its id."""
        return self.conn.execute(insert(model).values(values).returning(model.id)).scalar_one()

    def change(self, table: str, number: int, **values: Any) -> None:
        """Change columns of a row."""
        described = Base.metadata.tables[table]
        self.conn.execute(described.update().where(described.c.id == number).values(values))
