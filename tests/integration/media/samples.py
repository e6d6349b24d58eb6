"""Real files, each made once by ffmpeg: good ones whose pictures tell the time, and bad ones."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

from tasks.media.runner import executable

SECONDS = 10
#: Brightness rises from black to white, so that each picture says when it is from.
RAMP = ("-f", "lavfi", "-i", f"color=c=white:s=320x180:r=25:d={SECONDS},fade=in:0:{SECONDS * 25}")
PATTERN = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2")
TONE = ("-f", "lavfi", "-i", f"sine=d={SECONDS}")
WIDE = ("-f", "lavfi", "-i", "testsrc2=s=854x480:r=25:d=8")
#: Each picture is another.
MOTION = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=10,rotate=t/3")
B_FRAMES = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "60", "-pix_fmt", "yuv420p")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p")

SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n2\n00:00:04,000 --> 00:00:05,500\nSecond <i>line</i>\n"
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n"
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\b1}Styled\n"
)

#: What ffmpeg is told for each good video, without the name of the output.
VIDEOS: dict[str, tuple[str, ...]] = {
    "h264.mp4": (*RAMP, *TONE, *H264, "-c:a", "aac"),
    "faststart.mp4": (*RAMP, *H264, "-movflags", "+faststart"),
    "h264.mkv": (*RAMP, *TONE, *H264, "-c:a", "aac"),
    "hevc.mp4": (*RAMP, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=50"),
    "vp9.webm": (*RAMP, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "50", "-b:v", "300k"),
    "av1.mkv": (*RAMP, "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-g", "50"),
    "mpeg4.avi": (*RAMP, *TONE, "-c:v", "mpeg4", "-q:v", "4", "-g", "50", "-bf", "2"),
    "wmv2.wmv": (*RAMP, *TONE, "-c:v", "wmv2", "-q:v", "4", "-c:a", "wmav2"),
    "h264.ts": (*RAMP, *TONE, *H264, "-c:a", "aac"),
    "mpeg2.mpg": (*RAMP, "-c:v", "mpeg2video", "-q:v", "4"),
    "flv1.flv": (*RAMP, "-c:v", "flv1", "-q:v", "4"),
    "elementary.mpg": (*RAMP, "-c:v", "mpeg2video", "-q:v", "4", "-f", "mpeg2video"),
    "bare.mpg": (*RAMP, *H264, "-f", "h264"),
    "moving.mp4": (*MOTION, *TONE, *B_FRAMES, "-c:a", "aac"),
    "moving.mkv": (*MOTION, *TONE, *B_FRAMES, "-c:a", "aac"),
    "refresh.mp4": (*MOTION, *B_FRAMES, "-x264-params", "intra-refresh=1"),
    "breaking-off.mp4": (*MOTION, "-f", "lavfi", "-i", "sine=d=13", *B_FRAMES, "-c:a", "aac"),
    "hardly-any-video.mp4": ("-t", "0.4", *PATTERN, "-f", "lavfi", "-i", "sine=d=60", *H264, "-c:a", "aac"),
    "slow.mp4": (*PATTERN, "-vf", "fps=5", *H264),
    "onegop.mp4": (*RAMP, *H264, "-g", "1000"),
    "pattern.mp4": (*PATTERN, *H264),
    "odd.mkv": (*PATTERN, "-vf", "scale=161:91", "-c:v", "ffv1"),
    "anamorphic.mp4": (*PATTERN, "-vf", "setsar=2/1", *H264),
    "one-frame.mp4": (*PATTERN, *H264, "-frames:v", "1"),
    "short.mp4": (*PATTERN, *H264, "-t", "0.4"),
    "transparent.webm": (*PATTERN, "-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-t", "1"),
    "ten-bit.mkv": (*PATTERN, *H264, "-pix_fmt", "yuv420p10le"),
    # For adaptive sets: two renditions, two segments.
    "wide.mp4": (*WIDE, *TONE, *H264, "-crf", "32", "-g", "32", "-c:a", "aac", "-t", "8"),
    "wide.mkv": (*WIDE, *H264, "-crf", "32", "-g", "32"),
    "wide.avi": (*WIDE, "-c:v", "mpeg4", "-q:v", "3"),
    "open-gops.mp4": (*WIDE, *H264, "-crf", "32", "-bf", "2", "-x264-params", "open-gop=1:keyint=25:scenecut=0"),
    "long-gop.mp4": (*RAMP, *H264, "-vf", "tpad=stop=100", "-g", "1000"),
    "fast.mp4": (*PATTERN, "-vf", "fps=120", *H264),
    "interlaced.mpg": (
        *("-f", "lavfi", "-i", "nullsrc=s=320x180:r=50:d=1,geq=lum='255*lt(mod(X+8*N,64),32)':cb=128:cr=128"),
        *("-vf", "interlace=lowpass=off", "-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ildct+ilme"),
    ),
    "hdr.mkv": (
        *("-f", "lavfi", "-i", "color=c=0x808080:s=320x180:r=25:d=1", "-vf", "format=yuv420p10le"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params"),
        "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    ),
    "late-sound.mkv": (*PATTERN, "-itsoffset", "1", *TONE, *H264, "-c:a", "aac", "-t", "2"),
    "two-tongues.mkv": (
        *PATTERN,
        *("-f", "lavfi", "-i", "sine=f=300:d=2", "-f", "lavfi", "-i", "sine=f=3000:d=2"),
        *("-map", "0", "-map", "1", "-map", "2", *H264, "-c:a", "aac"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-disposition:a:1", "default"),
        *("-metadata:s:a:1", 'title=Kom"men\ntar'),
    ),
    "chapters.mkv": (*PATTERN, "-i", "chapters.txt", "-map_metadata", "1", *H264),
}


class Samples:
    """The folder of the samples of one session. `samples["h264.mp4"]` makes the file when it is first wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "chapters.txt").write_text(
            ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=Opening\n"
        )

    def __getitem__(self, name: str) -> Path:
        path = self.folder / name
        if not os.path.lexists(path):
            if name in VIDEOS:
                self.ffmpeg(*VIDEOS[name], name)
            else:
                OTHERS[name](self, path)
        return path

    def ffmpeg(self, *arguments: str) -> None:
        argv = [executable(), "-nostdin", "-v", "error", "-y", *arguments]
        subprocess.run(argv, check=True, cwd=self.folder)


def _cut(source: str, keep: float) -> Callable[[Samples, Path], None]:
    def make(samples: Samples, path: Path) -> None:
        data = samples[source].read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])

    return make


def _header(samples: Samples, path: Path) -> None:
    """All that comes before the first cluster, and its first bytes."""
    data = samples["h264.mkv"].read_bytes()
    path.write_bytes(data[: data.index(bytes.fromhex("1f43b675")) + 20])


def _bytes(data: bytes) -> Callable[[Samples, Path], None]:
    return lambda _, path: path.write_bytes(data) and None


def _rotated(samples: Samples, path: Path) -> None:
    samples.ffmpeg("-display_rotation", "90", "-i", str(samples["pattern.mp4"]), "-c", "copy", path.name)


def _trimmed(samples: Samples, path: Path) -> None:
    """Begins between keyframes: an edit list hides the way there."""
    samples.ffmpeg("-ss", "1.7", "-i", str(samples["moving.mp4"]), "-c", "copy", path.name)


def _without_duration(samples: Samples, path: Path) -> None:
    argv = [executable(), "-v", "error", "-i", samples["h264.mp4"], "-c", "copy", "-f", "matroska", "-"]
    path.write_bytes(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)


def _audio(samples: Samples, path: Path) -> None:
    samples.ffmpeg(*TONE, "-c:a", "aac", path.name)


def _cover(samples: Samples, path: Path) -> None:
    samples.ffmpeg(*PATTERN, "-frames:v", "1", "-c:v", "png", "-f", "image2", "cover.png")
    inputs = ("-i", str(samples["audio.mp4"]), "-i", "cover.png")
    samples.ffmpeg(*inputs, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic", path.name)


def _png(samples: Samples, path: Path) -> None:
    samples.ffmpeg(*PATTERN, "-frames:v", "1", "-c:v", "png", "-f", "image2", path.name)


def _playlist(samples: Samples, path: Path) -> None:
    secret = samples["h264.mp4"]
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n")


def _concat(samples: Samples, path: Path) -> None:
    path.write_text(f"ffconcat version 1.0\nfile {samples['h264.mp4'].name}\n")


def _fifo(_: Samples, path: Path) -> None:
    os.mkfifo(path)


def _no_pictures(samples: Samples, path: Path) -> None:
    samples.ffmpeg("-i", str(samples["h264.mp4"]), "-c", "copy", "-t", "0", "-f", "matroska", path.name)


def _subtitled(samples: Samples, path: Path) -> None:
    for name in ("First", "Zweite"):
        (samples.folder / f"{name}.srt").write_text(SRT.format(name))
    (samples.folder / "styled.ass").write_text(ASS)
    inputs = [word for name in ("First.srt", "Zweite.srt", "styled.ass") for word in ("-i", name)]
    maps = [word for number in range(4) for word in ("-map", str(number))]
    tags = ("-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=eng", "-metadata:s:s:1", "title=Director")
    samples.ffmpeg("-i", str(samples["h264.mp4"]), *inputs, *maps, "-c", "copy", *tags, path.name)


def _mov_text(samples: Samples, path: Path) -> None:
    samples["subtitled.mkv"]
    samples.ffmpeg("-i", str(samples["h264.mp4"]), "-i", "First.srt", "-c", "copy", "-c:s", "mov_text", path.name)


def _with_pictures(samples: Samples, path: Path) -> None:
    """A PGS stream: one presentation segment and its end, as Blu-ray discs have them."""
    presentation = struct.pack(">HHBHBBBB", 320, 180, 0x10, 0, 0x80, 0, 0, 0)
    segments = ((0x16, presentation), (0x80, b""))
    data = b"".join(b"PG" + struct.pack(">IIBH", 90000, 0, kind, len(body)) + body for kind, body in segments)
    (samples.folder / "pictures.sup").write_bytes(data)
    inputs = ("-i", str(samples["subtitled.mkv"]), "-i", "pictures.sup")
    samples.ffmpeg(*inputs, "-map", "0:v", "-map", "1:s", "-map", "0:s:0", "-c", "copy", path.name)


def _long(samples: Samples, path: Path) -> None:
    """A minute of 720p, cheap to make: two seconds, many times."""
    source = ("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=2", *H264)
    samples.ffmpeg(*source, "two-seconds.mp4")
    samples.ffmpeg("-stream_loop", "29", "-i", "two-seconds.mp4", "-c", "copy", path.name)


OTHERS: dict[str, Callable[[Samples, Path], None]] = {
    "rotated.mp4": _rotated,
    "trimmed.mp4": _trimmed,
    "live.mkv": _without_duration,
    "cut.mkv": _cut("h264.mkv", 0.5),
    "cut.mp4": _cut("faststart.mp4", 0.5),
    "cut.avi": _cut("mpeg4.avi", 0.5),
    "subtitled.mkv": _subtitled,
    "subtitled.mp4": _mov_text,
    "pictures.mkv": _with_pictures,
    "long.mp4": _long,
    "empty.mp4": _bytes(b""),
    "random.mkv": _bytes(bytes((n * n * 31 + n // 7) % 256 for n in range(50_000))),
    "text.avi": _bytes(b"These are words.\n" * 500),
    "without-moov.mp4": _cut("h264.mp4", 0.3),
    "header-only.mkv": _header,
    "audio.mp4": _audio,
    "cover.mp4": _cover,
    "picture.mp4": _png,
    "playlist.mp4": _playlist,
    "concat.mkv": _concat,
    "fifo.mp4": _fifo,
    "no-pictures.mkv": _no_pictures,
}

#: Of these, the ones that no kernel accepts, with some of the words that say why.
BAD = {
    "empty.mp4": "Invalid data found",
    "random.mkv": "Invalid data found",
    "text.avi": "Invalid data found",
    "without-moov.mp4": "moov atom not found",
    "header-only.mkv": "No picture of the video can be decoded",
    "no-pictures.mkv": "No picture of the video can be decoded",
    "audio.mp4": "There is no video in this file, only audio",
    "cover.mp4": "There is no video in this file, only audio",
    "picture.mp4": "Format not on whitelist",
    "playlist.mp4": "Invalid data found",
    "concat.mkv": "Format not on whitelist",
    "fifo.mp4": "This is no regular file",
}
