from __future__ import annotations

import pytest

from ops_api.remedies import REMEDIES, remedy


@pytest.mark.parametrize(
    ("error", "begins"),
    [
        ("[Errno 1094995529] Invalid data found\n[mov] moov atom not found", "The end of the file is missing"),
        ("Invalid data found when processing input", "The file is damaged"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("PERMISSION DENIED", "Darkroom may not read"),
    ],
)
def test_a_known_error_gets_its_cause_and_remedy(error, begins):
    assert remedy(error).startswith(begins)


@pytest.mark.parametrize("error", [None, "", "something that nobody has seen before"])
def test_an_unknown_error_gets_no_guess(error):
    assert remedy(error) is None


def test_every_remedy_is_one_or_two_whole_sentences():
    assert all(sentence[0].isupper() and sentence[-1] in ".?" for _, sentence in REMEDIES)
