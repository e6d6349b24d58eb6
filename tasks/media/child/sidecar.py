"""Subtitle files beside a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pysubs2

from tasks.media.child.container import RefusalError

LIMIT = 16 << 20


def convert(url: str, path: str, progress: Callable[[float], None], *, out: str, original: str | None) -> bool:
    """Write a subtitle file as WebVTT to `out`, and as it is, in UTF-8, to `original`. False: there is no text in it.

    WebVTT stays as it is, because pysubs2 would drop its cue settings; the others are parsed whatever they are named.
    """
    text = _text(Path(path))
    subtitles = _parse(text)
    if not any(line.text.strip() for line in subtitles if not line.is_comment):
        return False
    progress(0.5)
    vtt = text if text.lstrip().startswith("WEBVTT") else subtitles.to_string("vtt")
    Path(out).write_text(vtt, encoding="utf-8", newline="\n")
    if original:
        Path(original).write_text(text, encoding="utf-8", newline="\n")
    return True


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise RefusalError(f"This subtitle file is larger than {LIMIT >> 20} MiB")
    return "\n".join(decode(data).splitlines())


def decode(data: bytes) -> str:
    """The text of a file that does not say how it is encoded: a byte order mark, else UTF-8, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _parse(text: str) -> pysubs2.SSAFile:
    if not text.strip():
        return pysubs2.SSAFile()
    try:
        return pysubs2.SSAFile.from_string(text)
    except (pysubs2.exceptions.Pysubs2Error, ValueError) as error:
        raise RefusalError(f"These are no subtitles: {error}") from error
