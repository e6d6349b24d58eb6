"""The perceptual hash of goimagehash, bit for bit: what Stash, StashDB and their kin call a phash.

Source: the algorithm of `PerceptionHash` in goimagehash 1.1.0, https://github.com/corona10/goimagehash: shrink to
64 x 64 as https://github.com/nfnt/resize does, take the luma, its two-dimensional cosine transform, and of that, for
each of the 64 lowest frequencies, whether it is above their median. Every rounding on the way is theirs, because other
roundings make other hashes. `imagehash.phash` is another hash altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64
LOWEST = 8
LUMA = (0.299, 0.587, 0.114)
#: The weight of a pixel in the middle of the filter; the others are cut down to whole numbers.
UNIT = 256

Pixels = NDArray[np.uint8]


def video_phash(url: str, path: str, progress: Callable[[float], None], *, files: Sequence[str], columns: int) -> str:
    """The hash of the pictures in `files` laid out in rows of `columns`; `path` and `url` are not looked at."""
    pictures = []
    for file in files:
        with Image.open(file) as image:
            pictures.append(np.asarray(image.convert("RGB")))
        progress(len(pictures) / len(files))
    return perceptual_hash(montage(pictures, columns))


def montage(pictures: Sequence[Pixels], columns: int) -> Pixels:
    """Pictures side by side, row by row, each in a cell of the size of the first.

    A larger one covers what lies to its right and below until that is drawn, as far as the sheet goes.
    """
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for cell, picture in enumerate(pictures):
        corner = sheet[cell // columns * height :, cell % columns * width :]
        room = corner[: picture.shape[0], : picture.shape[1]]
        room[:] = picture[: room.shape[0], : room.shape[1]]
    return sheet


def perceptual_hash(pixels: Pixels) -> str:
    """The hash of a picture of (height, width, RGB): 16 hexadecimal digits, the lowest frequency first."""
    small = _narrowed(_narrowed(pixels).swapaxes(0, 1)).swapaxes(0, 1)
    red, green, blue = (small[..., channel] * weight for channel, weight in enumerate(LUMA))
    rows = _cosine_transform(red + green + blue)
    lowest = _cosine_transform(rows.T).T[:LOWEST, :LOWEST].ravel()
    return bytes(np.packbits(lowest > np.median(lowest))).hex()


def _narrowed(rows: Pixels) -> Pixels:
    """Rows of pixels, each `SIDE` wide. A pixel is the weighted mean of its sources, cut down to a whole number."""
    sources, weights = _filter(rows.shape[1])
    total = np.zeros((rows.shape[0], SIDE, 3), np.int64)
    for source, weight in zip(sources.T, weights.T, strict=True):
        total += rows[:, source] * weight[:, None]
    mean: NDArray[np.int64] = total // weights.sum(axis=1)[:, None]
    return mean.astype(np.uint8)


def _filter(width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each of `SIDE` pixels, the pixels of a row of `width` that it is made of, and their weights: a triangle.

    At the edges the outermost pixel stands for what would lie beyond it.
    """
    scale = width / SIDE
    reach = max(int(np.ceil(scale)), 1)
    middle = scale * (np.arange(SIDE) + 0.5) - 0.5
    start = middle.astype(np.int64) - reach + 1
    taps = np.arange(2 * reach)
    distance = np.abs(((middle - start)[:, None] - taps) * min(1 / scale, 1))
    weights = (np.maximum(1 - distance, 0) * UNIT).astype(np.int64)
    return np.clip(start[:, None] + taps, 0, width - 1), weights


def _cosine_transform(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unscaled DCT-II of each row, whose length is a power of two.

    Source: Byeong Gi Lee, "A new algorithm to compute the discrete cosine transform", 1984. A flat row has exact zeros,
    which other ways of computing it do not give, and which decide the bits of a dark picture.
    """
    length = values.shape[-1]
    if length == 1:
        return values
    half = length // 2
    left, right = values[..., :half], values[..., : -half - 1 : -1]
    even = _cosine_transform(left + right)
    odd = _cosine_transform((left - right) / (np.cos((np.arange(half) + 0.5) * np.pi / length) * 2))
    out: NDArray[Any] = np.empty_like(values)
    out[..., 0::2], out[..., 1::2] = even, odd
    out[..., 1:-1:2] += odd[..., 1:]
    return out
