"""What is drawn and what is hashed of a sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tasks.media.child.sound import Samples, opened

Progress = Callable[[float], None]

#: Seconds of sound between two reports of progress.
SIGN_OF_LIFE = 20
#: Digits that `length`, which is known last and stands first, may have.
LENGTH_DIGITS = 10


def waveform(
    url: str, path: str, progress: Progress, *, out: str, points_per_second: int, duration: float
) -> dict[str, Any]:
    """Write a waveform to `out` while the sound is decoded; `duration`, seconds, is for the progress only.

    The format is the JSON of BBC's audiowaveform, version 2, of one channel and 8 bits: the smallest and the largest
    sample of each point, the last of which may be of fewer samples. Scaling truncates toward zero, as its source does.
    See https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md.
    """
    with opened(url) as sound, Path(out).open("w", encoding="ascii") as file:
        rate = sound.first.sample_rate
        step = max(1, rate // points_per_second)
        heard = _reporting(sound.mixed(), rate, lambda seconds: progress(min(1.0, seconds / max(duration, 1e-3))))
        points = _write(file, rate, step, _points(heard, step))
        return {"points": points, "sample_rate": rate, "samples_per_point": step}


def _reporting(blocks: Iterator[Samples], rate: int, report: Progress) -> Iterator[Samples]:
    """The same blocks; `report` is told now and then how many seconds they were."""
    done = told = 0
    for samples in blocks:
        yield samples
        done += len(samples)
        if done - told >= SIGN_OF_LIFE * rate:
            told = done
            report(done / rate)


def _points(blocks: Iterator[Samples], step: int) -> Iterator[NDArray[Any]]:
    """Pairs of the smallest and the largest sample in every `step` samples."""
    rest: Samples = np.empty(0, np.int16)
    for samples in blocks:
        joined = np.concatenate([rest, samples]) if len(rest) else samples
        whole = len(joined) // step * step
        rest = joined[whole:]
        if whole:
            yield _extremes(joined[:whole].reshape(-1, step))
    if len(rest):
        yield _extremes(rest.reshape(1, -1))


def _extremes(rows: Samples) -> NDArray[Any]:
    """In 8 bits. Truncating keeps the order, so it is done last, on what is left."""
    pairs = np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1)
    return np.trunc(pairs / 256).astype(np.int8)


def _write(file: IO[str], rate: int, step: int, points: Iterator[NDArray[Any]]) -> int:
    """Write the document; its length is filled in at the end, so that nothing has to be kept."""
    file.write(f'{{"version":2,"channels":1,"sample_rate":{rate},"samples_per_pixel":{step},"bits":8,"length":')
    place = file.tell()
    file.write(f'{"":{LENGTH_DIGITS}},"data":[')
    length = 0
    for pairs in points:
        numbers = ",".join(map(str, pairs.ravel().tolist()))
        file.write(f",{numbers}" if length else numbers)
        length += len(pairs)
    file.write("]}\n")
    file.seek(place)
    file.write(f"{length:{LENGTH_DIGITS}}")
    return length


def pcm(url: str, path: str, progress: Progress, *, out: str, seconds: float) -> dict[str, Any]:
    """Write the first so many seconds of a sound to `out`: one channel, 16 bits, little-endian, without a header."""
    with opened(url) as sound, Path(out).open("wb") as file:
        rate = sound.first.sample_rate
        left = round(seconds * rate)
        for samples in sound.mixed():
            file.write(samples[:left].astype("<i2").tobytes())
            left -= len(samples)
            if left <= 0:
                break
        return {"sample_rate": rate}
