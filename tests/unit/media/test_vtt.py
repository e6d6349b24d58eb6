from __future__ import annotations

import pytest

from tasks.media.preview import vtt
from tasks.media.preview.plan import Size, SpritePlan


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00:00.000"), (59.9996, "00:01:00.000"), (3723.5, "01:02:03.500"), (360_000, "100:00:00.000")],
)
def test_timestamps_have_hours_and_milliseconds(seconds, text):
    assert vtt.timestamp(seconds) == text


def test_each_tile_has_a_cue_with_its_place_and_the_last_ends_with_the_video():
    plan = SpritePlan(interval=10, count=3, columns=2, tile=Size(160, 90))
    assert vtt.trickplay(plan, 25.5, "sprite.jpg") == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:10.000\nsprite.jpg#xywh=0,0,160,90\n\n"
        "00:00:10.000 --> 00:00:20.000\nsprite.jpg#xywh=160,0,160,90\n\n"
        "00:00:20.000 --> 00:00:25.500\nsprite.jpg#xywh=0,90,160,90\n"
    )


def test_no_cue_is_empty_when_the_duration_is_unknown():
    plan = SpritePlan(interval=10, count=1, columns=1, tile=Size(160, 90))
    assert "00:00:00.000 --> 00:00:00.001" in vtt.trickplay(plan, 0, "sprite.jpg")


def test_another_name_of_the_sprite_is_put_in_every_cue_and_nowhere_else():
    before = vtt.trickplay(SpritePlan(10, 3, 2, Size(160, 90)), 25, "sprite.jpg")
    after = vtt.naming(before, r"A%20film\1-sprite.jpg")
    assert after == before.replace("sprite.jpg#", r"A%20film\1-sprite.jpg#")
    assert vtt.naming(after, "sprite.jpg") == before
