"""Which containers and protocols are opened at all.

A playlist named `.mp4` makes ffmpeg read other files of this machine, so every open, in whatever process, names what it
accepts: containers that hold their own data, in a file on this machine.
"""

from __future__ import annotations

from pathlib import Path

#: Demuxers by libav's names. No playlists (hls, dash, concat), no pictures (*_pipe, image2), no devices, no text.
CONTAINERS = ",".join(
    [
        "mov,mp4,m4a,3gp,3g2,mj2",
        "matroska,webm",
        "avi",
        "mpegts",
        "mpeg",
        "mpegvideo",
        "flv",
        "asf",
        "ogg",
        "rm",
        "mxf",
        "nut",
        "dv",
        "wtv",
        "ivf",
        "m4v",
        "h264",
        "hevc",
        "av1",
        "obu",
    ]
)

#: The same for audio files; video containers are among them, for what has only sound in it.
AUDIO_CONTAINERS = ",".join(
    [
        "mov,mp4,m4a,3gp,3g2,mj2",
        "matroska,webm",
        "asf",
        "ogg",
        "mp3",
        "aac",
        "flac",
        "wav",
        "w64",
        "aiff",
        "caf",
        "ape",
        "wv",
        "tta",
        "dsf",
        # DSDIFF (.dff)
        "iff",
    ]
)

#: The options of every open, for PyAV and for ffmpeg alike.
OPEN_OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
AUDIO_OPTIONS = {**OPEN_OPTIONS, "format_whitelist": AUDIO_CONTAINERS}

#: Subtitle codecs that hold text; the others hold pictures and cannot become WebVTT.
TEXT_SUBTITLES = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})

#: Of these, the ones whose styling WebVTT loses, so that the original is kept beside it.
STYLED_SUBTITLES = frozenset({"ass", "ssa"})

#: Extensions of subtitle files beside a video.
SIDECARS = frozenset({".srt", ".vtt", ".ass", ".ssa"})


def url(path: Path) -> str:
    """The file as libav is told of it, so that a name such as `concat:x` or `-y` stays a name."""
    return f"file:{path.absolute()}"
