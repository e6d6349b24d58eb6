from __future__ import annotations

import numpy as np
import pytest

from tasks.media.child.phash import montage, perceptual_hash
from tasks.media.phash import times


def picture(width: int, height: int) -> np.ndarray:
    y, x, channel = np.ogrid[:height, :width, :3]
    rings = ((x - width // 3) ** 2 + (y - height // 2) ** 2) // (width // 4)
    return ((7 * x + 13 * y + 29 * channel + x * y // 37 + rings) % 256).astype(np.uint8)


@pytest.mark.parametrize(
    ("width", "height", "golden"),
    [
        (800, 450, "d30abda86d5253b8"),
        (800, 600, "f0623ab7a025fc96"),
        (160, 90, "830b038b072f0fff"),
        (64, 64, "f238f2f2f2f2c204"),
        (33, 71, "b13531b5e9e8ca4a"),
    ],
)
def test_a_picture_has_the_hash_that_goimagehash_gives_it(width, height, golden):
    assert perceptual_hash(picture(width, height)) == golden


@pytest.mark.parametrize(("level", "golden"), [(0, "0000000000000000"), (200, "8000000000000000")])
def test_so_has_a_picture_of_one_colour(level, golden):
    assert perceptual_hash(np.full((450, 800, 3), level, np.uint8)) == golden


def test_pictures_lie_row_by_row_in_cells_of_the_size_of_the_first():
    sheet = montage([np.full((2, 3, 3), number, np.uint8) for number in range(1, 5)], 2)
    assert sheet[:, :, 0].tolist() == [[1, 1, 1, 2, 2, 2]] * 2 + [[3, 3, 3, 4, 4, 4]] * 2


def test_a_larger_picture_is_covered_by_the_next_and_cut_at_the_edge():
    sizes = [(1, 1), (3, 3), (1, 1), (3, 3)]
    sheet = montage([np.full((*size, 3), number, np.uint8) for number, size in enumerate(sizes, start=1)], 2)
    assert sheet[:, :, 0].tolist() == [[1, 2], [3, 4]]


def test_the_pictures_are_25_from_5_to_91_percent_of_a_duration_that_counts_to_a_hundredth():
    assert times(100.004) == [5_000_000 + 3_600_000 * number for number in range(25)]
    assert times(99.996) == times(100)


def test_times_are_cut_after_the_microsecond_as_ffmpeg_cuts_what_stash_writes():
    assert 0.05 * 52.01 + 2 * (0.9 * 52.01 / 25) == 6.345219999999999
    assert times(52.01)[2] == 6_345_219
