"""Hashes by which an audio file is known again, and the fingerprint by which its sound is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.errors import PermanentError
from tasks.media.audio.chromaprint import HEARD, chromaprint, tool
from tasks.media.limits import Limits
from tasks.media.md5 import md5_of
from tasks.media.oshash import oshash
from tasks.media.source import reading
from tasks.media.tools import MediaTools, part

LIMITS = Limits(wall=300, silence=300, cpu=60)


@dataclass(frozen=True)
class AudioFingerprint:
    """Hexadecimal, lower case; `chromaprint` as AcoustID takes it, missing where it cannot be made."""

    oshash: str
    md5: str
    chromaprint: str | None


def audio_fingerprint(tools: MediaTools, path: Path) -> AudioFingerprint:
    """Hash an audio file, and the first two minutes of its sound.

    The sound is decoded first, so that a broken file fails here as it does everywhere, not with a hash of its rubbish.
    That it has no chromaprint is a warning. Raises as `audio_probe` does.
    """
    with reading(path) as status:
        heard = _heard(tools, path)
        tools.control.progress(0.2)
        with path.open("rb", buffering=0) as file:
            short = oshash(file, status.st_size)
            progress = part(tools.control.progress, 0.2, 1)
            return AudioFingerprint(short, md5_of(file, status.st_size, tools.control, progress), heard)


def _heard(tools: MediaTools, path: Path) -> str | None:
    with TemporaryDirectory(prefix="darkroom-") as folder:
        pcm = Path(folder) / "sound.pcm"
        found = tools.ask_of_audio("pcm", path, LIMITS, out=str(pcm), seconds=HEARD)
        if not tool():
            tools.control.log("warn", "There is no chromaprint: neither ffmpeg nor fpcalc can make one here")
            return None
        try:
            return chromaprint(tools, pcm, found["sample_rate"])
        except PermanentError as refusal:
            tools.control.log("warn", f"There is no chromaprint: {refusal}")
            return None
