"""What ffprobe, where it is installed, says of a file that PyAV refuses."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tasks.control import Control
from tasks.errors import PermanentError
from tasks.media import formats, runner, verdict
from tasks.media.limits import Limits

LIMITS = Limits(wall=30, silence=30, cpu=20)


def second_opinion(
    path: Path, refusal: PermanentError, open_options: Mapping[str, str], control: Control
) -> PermanentError:
    """The refusal, with what ffprobe adds to it: other words, or that it finds nothing wrong."""
    ffprobe = shutil.which("ffprobe")
    if not ffprobe or str(refusal) == verdict.GONE:
        return refusal
    options = [word for name, value in open_options.items() for word in (f"-{name}", value)]
    argv = [ffprobe, "-v", "error", *options, "-show_entries", "stream=codec_type", "-of", "csv=p=0", formats.url(path)]
    _, _, words = runner.quiet(argv, LIMITS, control)
    news = [
        said for line in verdict.brief(words).splitlines() if (said := _without_place(line, path)) not in str(refusal)
    ]
    return PermanentError(f"{refusal} (ffprobe: {'; '.join(dict.fromkeys(news))})") if news else refusal


def _without_place(line: str, path: Path) -> str:
    """The words of one line, without the address in memory or the file that it begins with."""
    if line.startswith("[") and "] " in line:
        return line.split("] ", 1)[1].strip()
    return line.removeprefix(f"{formats.url(path)}: ").strip()
