from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tasks.media.hls.ladder import Streams, ladder, may_be_copied
from tasks.media.probe import Probe

FILM = Probe(
    duration=5400,
    width=1920,
    height=1080,
    sample_aspect=1,
    rotation=0,
    frame_rate=23.976,
    bit_rate=6_000_000,
    codec="h264",
    container="matroska",
    video_stream=0,
    audio_codec="ac3",
    subtitles=(),
    chapters=(),
)
PLAIN = Streams(pixel_format="yuv420p", interlaced=False, transfer=1, audio=(), undecodable=())


def sizes(width, height, **facts):
    return [tuple(rung.size) for rung in ladder(replace(FILM, width=width, height=height, **facts))]


@pytest.mark.parametrize(
    ("native", "renditions"),
    [
        ((3840, 2160), [(1920, 1080), (1280, 720), (854, 480), (640, 360)]),
        ((1920, 1080), [(1920, 1080), (1280, 720), (854, 480), (640, 360)]),
        ((1920, 800), [(1920, 800), (1280, 534), (854, 356), (640, 266)]),
        ((1080, 1920), [(1080, 1920), (720, 1280), (480, 854), (360, 640)]),
        ((1440, 1080), [(1440, 1080), (960, 720), (640, 480), (480, 360)]),
        ((1280, 720), [(1280, 720), (854, 480), (640, 360)]),
        ((660, 370), [(660, 370)]),
        ((641, 361), [(640, 360)]),
        ((320, 180), [(320, 180)]),
        ((161, 91), [(160, 90)]),
        ((1, 1), [(2, 2)]),
    ],
)
def test_renditions_step_down_from_the_size_of_the_video(native, renditions):
    assert sizes(*native) == renditions


def test_pixels_that_are_not_square_count_as_wide_as_they_are_shown():
    assert sizes(720, 576, sample_aspect=64 / 45) == [(1024, 576), (640, 360)]


@given(some.integers(2, 8000), some.integers(2, 8000))
def test_no_rendition_is_larger_than_the_video_and_no_two_share_a_name(width, height):
    rungs = ladder(replace(FILM, width=width, height=height))
    assert all(rung.size.width <= width and rung.size.height <= height for rung in rungs)
    assert all(side % 2 == 0 for rung in rungs for side in rung.size)
    assert len({rung.name for rung in rungs}) == len(rungs) >= 1
    assert [rung.rate for rung in rungs] == sorted((rung.rate for rung in rungs), reverse=True)


def copied(streams=PLAIN, **facts):
    film = replace(FILM, **facts)
    return may_be_copied(film, streams, ladder(film)[0])


def test_an_ordinary_original_is_kept():
    assert copied()


@pytest.mark.parametrize(
    "facts",
    [
        {"codec": "hevc"},
        {"container": "avi"},
        {"rotation": 90},
        {"width": 3840, "height": 2160},
        {"width": 1919},
        {"sample_aspect": 4 / 3},
        {"frame_rate": 120},
        {"frame_rate": None},
        {"bit_rate": 30_000_000},
        {"bit_rate": None},
        {"streams": replace(PLAIN, pixel_format="yuv420p10le")},
        {"streams": replace(PLAIN, pixel_format="yuvj420p")},
        {"streams": replace(PLAIN, interlaced=True)},
    ],
)
def test_an_original_that_players_may_stumble_over_is_not_kept(facts):
    assert not copied(**facts)
