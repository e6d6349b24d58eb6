from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.media.preview import plan
from tasks.media.preview.plan import PreviewSettings, Segment, Size

HD = Size(1920, 1080)
sizes = st.builds(Size, st.integers(16, 16384), st.integers(16, 16384))
qualities = st.integers(1, 31)
durations = st.floats(0, 1e9)


@pytest.mark.parametrize(
    ("duration", "moment"),
    [(0, 0), (0.4, 0), (1.2, 0.7), (4, 1), (10, 1.8), (3600, 648)],
)
def test_the_still_is_at_18_percent_but_past_the_first_second_and_before_the_last_half(duration, moment):
    assert plan.still_at(duration) == pytest.approx(moment)


def test_a_thumbnail_is_native_at_quality_1_and_320_by_180_at_31():
    assert plan.thumbnail_size(HD, 1) == (1920, 1080)
    assert plan.thumbnail_size(HD, 31) == (320, 180)
    assert plan.thumbnail_size(HD, 16) == (1120, 630)


def test_a_card_is_at_most_640_by_360_and_160_by_90_at_31():
    assert plan.card_size(HD, 1) == (640, 360)
    assert plan.card_size(HD, 31) == (160, 90)
    assert plan.card_size(Size(640, 360), 2) == (624, 351)


def test_a_portrait_video_keeps_its_shape():
    assert plan.thumbnail_size(Size(1080, 1920), 31) == (101, 180)


@given(sizes, qualities)
def test_no_still_is_larger_than_the_video(native, quality):
    for still in (plan.thumbnail_size(native, quality), plan.card_size(native, quality)):
        assert still.width <= native.width
        assert still.height <= native.height


def test_an_hour_has_a_cell_every_ten_seconds():
    sprite = plan.sprite_plan(3600, HD, PreviewSettings(trickplay_quality=31))
    assert (sprite.interval, sprite.count, sprite.tile) == (10, 360, (160, 90))


def test_few_cells_stand_in_one_row_and_five_make_a_row():
    assert plan.sprite_plan(25, HD, PreviewSettings()).columns == 3
    assert plan.sprite_plan(61, HD, PreviewSettings()).columns == 5


def test_a_long_film_gets_smaller_tiles_instead_of_a_sheet_that_nobody_can_open():
    sprite = plan.sprite_plan(3 * 3600, HD, PreviewSettings(trickplay_quality=1))
    assert sprite.count == 1080
    assert sprite.tile.width < 320
    assert sprite.count * sprite.tile.width * sprite.tile.height <= plan.SHEET_PIXELS


def test_a_duration_that_cannot_be_true_widens_the_interval():
    sprite = plan.sprite_plan(1e9, HD, PreviewSettings())
    assert sprite.tile == (48, 27)
    assert sprite.count * 48 * 27 <= plan.SHEET_PIXELS
    assert sprite.interval * sprite.count == pytest.approx(1e9)


@given(durations, sizes, st.integers(1, 60), qualities)
def test_every_sheet_is_bounded_and_covers_the_whole_video(duration, native, interval, quality):
    wanted = PreviewSettings(trickplay_interval=interval, trickplay_quality=quality)
    sprite = plan.sprite_plan(duration, native, wanted)
    assert sprite.count * sprite.interval >= duration * 0.999999
    assert sprite.tile.width <= 320
    assert sprite.tile.height <= 180
    rows = math.ceil(sprite.count / sprite.columns)
    assert sprite.sheet == (sprite.columns * sprite.tile.width, rows * sprite.tile.height)
    assert max(sprite.sheet) <= 65_500


@given(sizes)
def test_the_clip_is_even_and_at_most_960_wide(native):
    size = plan.clip_size(native)
    assert size.width % 2 == size.height % 2 == 0
    assert size.width <= 960


def test_the_clip_of_a_small_video_is_not_enlarged():
    assert plan.clip_size(Size(162, 90)) == (162, 90)


def test_a_clip_keeps_the_rate_of_the_video_up_to_30():
    assert [plan.clip_rate(rate) for rate in (23.976, 60.0, None)] == [23.976, 30.0, 25.0]


def test_a_short_video_is_shown_whole():
    assert plan.segments(8.5, [0, 2, 4], 8) == [Segment(0, 8.5)]


def test_a_long_video_is_shown_in_equal_pieces_from_keyframes():
    pieces = plan.segments(1200, [50, 150, 250, 350], 8)
    assert pieces == [Segment(50, 2), Segment(150, 2), Segment(250, 2), Segment(350, 2)]


def test_pieces_never_overlap():
    assert plan.segments(100, [0, 1, 50], 8)[0] == Segment(0, 1)


def test_a_video_without_a_readable_keyframe_is_tried_from_its_beginning():
    assert plan.segments(100, [], 8) == [Segment(0, 9)]


def test_a_video_that_does_not_say_how_long_it_is_gives_as_much_as_there_is():
    assert plan.segments(0, [], 8) == [Segment(0, 8)]


@given(st.floats(10, 1e6), st.lists(st.floats(0, 1e6), max_size=12), st.integers(2, 60))
def test_the_pieces_of_a_clip_lie_within_its_length(duration, starts, seconds):
    starts = sorted({start for start in starts if start < duration})
    pieces = plan.segments(duration, starts, seconds)
    assert sum(piece.length for piece in pieces) <= seconds + plan.WHOLE_CLIP_SLACK + 1e-6


@pytest.mark.parametrize(("seconds", "count"), [(2, 3), (8, 11), (60, 12), (0.5, 1)])
def test_a_clip_has_about_four_pieces_in_three_seconds_up_to_twelve(seconds, count):
    assert plan.segment_count(seconds) == count
