"""The waveform that a player shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tasks.media.audio.probe import LIMITS as LENGTH_LIMITS
from tasks.media.limits import Limits
from tasks.media.source import reading
from tasks.media.staging import staged
from tasks.media.tools import MediaTools, part

WAVEFORM = "waveform.json"
PREFIX = ".part-waveform-"
POINTS_PER_SECOND = 20
#: A file with so much less sound than it says was cut off.
SHORT = 0.95
#: A second of reading may be as slow as this many bytes, a second of decoding as this many of sound.
SLOWEST_READ, SLOWEST_DECODE = 256 << 10, 10


@dataclass(frozen=True)
class Waveform:
    """File name inside the output folder; how many points it has, and the seconds of sound that they show."""

    file: str
    points: int
    seconds: float
    sample_rate: int
    samples_per_point: int
    #: The file has less sound than it says.
    partial: bool


def audio_waveform(tools: MediaTools, path: Path, out: Path) -> Waveform:
    """Draw the whole sound of a file to `out/waveform.json`, 20 points a second; see `child.waveform` for the format.

    Damaged sound is left out; a file that breaks off gets a waveform of what there is, and a warning. Raises as
    `audio_probe` does.
    """
    with reading(path) as status:
        duration: float = tools.ask_of_audio("length", path, LENGTH_LIMITS)
        with staged(out, prefix=PREFIX) as folder:
            made: dict[str, int] = tools.ask_of_audio(
                "waveform",
                path,
                _limits(duration, status.st_size),
                part(tools.control.progress, 0.02, 1),
                out=str(folder / WAVEFORM),
                points_per_second=POINTS_PER_SECOND,
                duration=duration,
            )
    seconds = made["points"] * made["samples_per_point"] / made["sample_rate"]
    partial = seconds < SHORT * duration - 1
    if partial:
        tools.control.log("warn", f"The sound ends after {seconds:.1f} s of {duration:.1f} s")
    return Waveform(WAVEFORM, **made, seconds=round(seconds, 3), partial=partial)


def _limits(duration: float, size: int) -> Limits:
    cpu = 60 + duration / SLOWEST_DECODE
    return Limits(wall=10 * cpu + size / SLOWEST_READ, silence=120, cpu=cpu)
