"""The fingerprint of a sound by which AcoustID knows it, whatever file it is in."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import ffmpeg

from tasks.control import Control, NoControl
from tasks.errors import PermanentError
from tasks.media import runner, verdict
from tasks.media.limits import Limits
from tasks.media.tools import MediaTools

#: Seconds of sound, from the beginning, that AcoustID wants.
HEARD = 120
LIMITS = Limits(wall=60, silence=30, cpu=30)
FFMPEG, FPCALC = "ffmpeg", "fpcalc"
#: What they make of a sound of less than three seconds: nothing, or a fingerprint of length 0.
NOTHING = ("", "AQAAAA")


@cache
def tool() -> str | None:
    """Which program makes fingerprints here: ffmpeg where it was built with chromaprint, else chromaprint's fpcalc."""
    words = runner.quiet([runner.executable(), "-hide_banner", "-h", "muxer=chromaprint"], LIMITS, NoControl())[1]
    if "Muxer chromaprint" in words:
        return FFMPEG
    return FPCALC if shutil.which(FPCALC) else None


def chromaprint(tools: MediaTools, pcm: Path, sample_rate: int) -> str:
    """The fingerprint, as base64, of a file of 16-bit samples of one channel, little-endian and without a header.

    Only samples reach the program: the file that they are from was decoded in the media child. Raises `PermanentError`
    in the program's words, for a sound that is too short among others.
    """
    made = _by_ffmpeg(tools, pcm, sample_rate) if tool() == FFMPEG else _by_fpcalc(tools.control, pcm, sample_rate)
    if made in NOTHING:
        raise PermanentError("The sound is too short")
    return made


def _by_ffmpeg(tools: MediaTools, pcm: Path, sample_rate: int) -> str:
    out = pcm.with_suffix(".chromaprint")
    source = ffmpeg.input(runner.spelled(pcm), f="s16le", ar=sample_rate, ac=1)
    output = source.output(runner.spelled(out), c="copy", f="chromaprint", fp_format="base64")
    tools.ffmpeg(output, LIMITS)
    return out.read_text("ascii").strip()


def _by_fpcalc(control: Control, pcm: Path, sample_rate: int) -> str:
    """Older ones end with an error when the sound does, though the fingerprint is right."""
    shape = ("-format", "s16le", "-rate", str(sample_rate), "-channels", "1")
    code, said, words = runner.quiet([FPCALC, "-json", *shape, "-length", str(HEARD), str(pcm)], LIMITS, control)
    if not said.startswith("{"):
        raise verdict.of_exit(FPCALC, code, words)
    return str(json.loads(said)["fingerprint"])
