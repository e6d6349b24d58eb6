from __future__ import annotations

import pytest

from tasks.identify.match import Hashes, match, unpadded
from tasks.identify.scene import Scene

MD5, OSHASH, PHASH = "0" * 31 + "1", "b" * 16, "00f0f0f0f0f0f0f0"
VIDEO = Hashes(MD5, OSHASH, PHASH, duration=600.0)


def scene(*fingerprints, duration=None):
    prints = [{"algorithm": kind, "hash": value, "duration": 1} for kind, value in fingerprints]
    return Scene.model_validate({"id": "a", "duration": duration, "fingerprints": prints})


def flipped(phash, bits):
    return format(int(phash, 16) ^ (2**bits - 1), "x")


def test_the_distance_of_perceptual_hashes_is_counted_in_bits_and_the_nearest_counts():
    seen = match(VIDEO, scene(("PHASH", flipped(PHASH, 7)), ("PHASH", flipped(PHASH, 3)), ("PHASH", "not hexadecimal")))
    assert (seen.hashes, seen.phash_distance) == (("phash",), 3)


def test_hashes_fit_whatever_their_case_and_only_their_own_kind():
    assert match(VIDEO, scene(("OSHASH", OSHASH.upper()))).hashes == ("oshash",)
    assert match(VIDEO, scene(("MD5", OSHASH), ("SHA1", MD5))).hashes == ()


def test_leading_zeros_of_a_perceptual_hash_are_neither_sent_nor_needed():
    assert unpadded(PHASH) == "f0f0f0f0f0f0f0"
    assert VIDEO.named() == {"MD5": MD5, "OSHASH": OSHASH, "PHASH": "f0f0f0f0f0f0f0"}
    assert match(VIDEO, scene(("PHASH", "f0f0f0f0f0f0f0"))).phash_distance == 0


def test_a_scene_that_fits_better_scores_higher():
    in_order = [
        scene(("OSHASH", OSHASH), ("PHASH", PHASH), duration=600),
        scene(("MD5", MD5)),
        scene(("PHASH", PHASH), duration=601),
        scene(("PHASH", PHASH)),
        scene(("PHASH", flipped(PHASH, 2)), duration=606),
        scene(("PHASH", flipped(PHASH, 2)), duration=620),
        scene(("PHASH", flipped(PHASH, 8)), duration=600),
        scene(),
        scene(("PHASH", flipped(PHASH, 8)), duration=900),
    ]
    scores = [match(VIDEO, each).score for each in in_order]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[0] == 100


@pytest.mark.parametrize(("theirs", "difference"), [(606.5, 6.5), (590.0, -10.0), (0, None), (None, None)])
def test_the_lengths_are_compared_where_both_are_known(theirs, difference):
    assert match(VIDEO, scene(duration=theirs)).duration_difference == difference
    assert match(Hashes(oshash=OSHASH), scene(duration=600)).duration_difference is None
