from __future__ import annotations

import pytest

from tasks.requests.rss import Hint


@pytest.mark.parametrize(
    ("title", "author", "item", "fits"),
    [
        ("The Name of the Wind", "Patrick Rothfuss", "Rothfuss - Name of the Wind [M4B]", True),
        ("The Name of the Wind", "Patrick Rothfuss", "Patrick Somebody - The Name of Things", False),
        ("The Name of the Wind", "Patrick Rothfuss", "The Name of the Wind", False),
        ("The Name of the Wind", "Patrick Rothfuss", "Patrick Rothfuss - The Wise Man's Fear", False),
        ("Quiet Harbor Lights Out", "Jane Doe", "Doe: Harbor Lights", True),
        ("Dune", "Frank Herbert", "Frank Herbert - Dune [M4B]", True),
        ("Dune", "Frank Herbert", "Frank Herbert - Sandworms", False),
        ("It", "Stephen King", "Stephen King - It", True),
        ("It", "Stephen King", "Stephen King - Carrie", False),
        ("1Q84", "Haruki Murakami", "1Q84 Murakami", True),
        ("Quiet Harbor", "Jo Li", "Jo Li - Quiet Harbor", True),
        ("", "Jane Doe", "Jane Doe - Quiet Harbor", False),
    ],
)
def test_a_new_release_is_a_reason_to_search(title, author, item, fits):
    assert Hint.of(title, author).fits(item) is fits
