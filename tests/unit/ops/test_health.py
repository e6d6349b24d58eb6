from __future__ import annotations

import pytest

from ops_api.health.machine import has_hole


@pytest.mark.parametrize(
    ("said", "has"),
    [
        ("ffmpeg version 7.1.4", True),
        ("ffmpeg version 7.1.5-static", False),
        ("ffmpeg version n8.0.2-3-gabc", True),
        ("ffmpeg version 8.0.3", False),
        ("ffmpeg version 8.1", True),
        ("ffmpeg version n9.0.2-17-g2a571b6068-20260930", False),
        ("ffmpeg version 5.1.6-0+deb12u1", False),
        ("ffmpeg version N-118000-gabcdef", False),
    ],
)
def test_a_version_with_a_known_hole_is_told(said, has):
    assert has_hole(said) is has
