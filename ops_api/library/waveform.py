"""A waveform as a picture: the JSON of audiowaveform, version 2, made into a few hundred bars."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

#: How many bars there are, and the size of the picture that they fill (units without a size of their own).
BARS, WIDTH, HEIGHT = 300, 900, 64
#: A file that is larger is not drawn (bytes): four days of sound.
LARGEST = 48 << 20
#: On a dark page and on a light one it stands out by 3.6 to 1 and more.
COLOUR = "#9a7a45"


class NoWaveformError(ValueError):
    """The file is no such waveform."""


def drawing(path: Path) -> bytes:
    """The waveform in this file as SVG.

    Raises:
        NoWaveformError: it is not.
        OSError: it cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise NoWaveformError(f"{path.name} is larger than {LARGEST} bytes.")
    try:
        said = json.loads(path.read_bytes())
        data, full = said["data"], 1 << (said["bits"] - 1)
        bars = _bars([max(-low, high) / full for low, high in zip(data[::2], data[1::2], strict=True)])
    except (ValueError, KeyError, TypeError) as error:
        raise NoWaveformError(f"{path.name} is no waveform: {error!r}.") from None
    step = WIDTH / BARS
    lines = "".join(f"M{n * step + step / 2:g} {(HEIGHT - bar) / 2:.1f}v{bar:.1f}" for n, bar in enumerate(bars))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">'
        f'<path d="{lines}" stroke="{COLOUR}" stroke-width="2" fill="none"/></svg>'
    ).encode()


def _bars(peaks: list[float]) -> list[float]:
    """The loudest of each share, as heights; a sound of fewer points has each several times."""
    if not peaks:
        return [1.0] * BARS
    ends = [len(peaks) * n / BARS for n in range(BARS + 1)]
    shares = (peaks[int(begin) : max(int(end), int(begin) + 1)] for begin, end in pairwise(ends))
    return [max(1.0, min(1.0, max(share)) * HEIGHT) for share in shares]
