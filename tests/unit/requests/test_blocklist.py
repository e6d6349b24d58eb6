from __future__ import annotations

import pytest

from tasks.requests.blocklist import is_blocked, release_key, without_blocked


@pytest.mark.parametrize(
    ("title", "key"), [("  Quiet  Harbor [M4B] ", "quiet  harbor [m4b]"), ("ÉTÉ", "été"), ("", "")]
)
def test_a_key_is_trimmed_and_in_small_letters_and_else_as_it_was(title, key):
    assert release_key(title) == key
    assert release_key(key) == key


def test_a_release_is_known_by_its_name_or_its_hash(release):
    blocked_by_name = release(" QUIET Harbor ")
    blocked_by_hash = release("Renamed", info_hash="a" * 40)
    free = release("Other", info_hash=None)
    allowed, blocked = without_blocked([blocked_by_name, blocked_by_hash, free], {"quiet harbor"}, {"a" * 40})
    assert (allowed, blocked) == ([free], [blocked_by_name, blocked_by_hash])
    assert not is_blocked(free, set(), {"a" * 40})
