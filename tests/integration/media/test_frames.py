"""The pictures as the media child finds them, without the child around it."""

from __future__ import annotations

import pytest

from tasks.media import formats
from tasks.media.child.container import opened
from tasks.media.child.frames import Frames
from tests.integration.media.test_preview import moment

TIMES = [1.5, 4.5, 7.5, 9.5]


def moments(path):
    with opened(formats.url(path)) as video:
        return [frame and moment(frame.to_image()) for frame in Frames(video).at(TIMES)]


def test_a_way_that_is_too_long_ends_with_the_same_picture_again(samples, monkeypatch):
    monkeypatch.setattr("tasks.media.child.frames.DETOUR", 50)
    assert moments(samples["onegop.mp4"]) == [0, 0, 0, 0]


def test_what_lies_behind_the_end_has_no_picture(samples):
    assert moments(samples["cut.mp4"])[2:] == [None, None]


@pytest.mark.parametrize("name", ["h264.mp4", "h264.ts", "flv1.flv"])
def test_a_file_that_cannot_seek_is_read_once_through(samples, monkeypatch, name):
    monkeypatch.setattr(Frames, "_seekable", lambda self: False)
    for at, shown in zip(TIMES, moments(samples[name]), strict=True):
        assert at - 2.3 <= shown <= at + 0.7
