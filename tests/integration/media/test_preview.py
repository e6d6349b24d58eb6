from __future__ import annotations

import re
from itertools import pairwise

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from tasks.media.preview import PreviewSettings, preview
from tests.integration.media.samples import SECONDS

FINE = PreviewSettings(trickplay_interval=3)
FILES = ["card.jpg", "preview.mp4", "sprite.jpg", "thumbnail.jpg", "trickplay.vtt"]
#: Every container whose pictures tell the time, one keyframe every 2 s or less.
RAMPS = [
    "h264.mp4",
    "h264.mkv",
    "hevc.mp4",
    "vp9.webm",
    "av1.mkv",
    "mpeg4.avi",
    "wmv2.wmv",
    "h264.ts",
    "mpeg2.mpg",
    "flv1.flv",
    "live.mkv",
    "elementary.mpg",
]


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def opened(path):
    """A picture as it is in its file, which is closed again."""
    with Image.open(path) as image:
        image.load()
        return image


def moment(image):
    """When a picture of the ramp is from, seconds."""
    return ImageStat.Stat(image.convert("L")).mean[0] / 255 * SECONDS


def cells(out):
    """The pieces of the sprite that the trickplay file names."""
    sheet = opened(out / "sprite.jpg")
    places = re.findall(r"#xywh=(\d+),(\d+),(\d+),(\d+)", (out / "trickplay.vtt").read_text())
    boxes = [tuple(map(int, place)) for place in places]
    return [sheet.crop((x, y, x + w, y + h)) for x, y, w, h in boxes]


def clip_moments(out):
    with av.open(str(out / "preview.mp4")) as clip:
        return [moment(frame.to_image()) for frame in clip.decode(video=0)]


@pytest.mark.parametrize("name", RAMPS)
def test_each_cell_shows_its_part_of_the_video(tools, samples, tmp_path, name):
    made = preview(tools, samples[name], tmp_path, FINE)
    shown = [moment(cell) for cell in cells(tmp_path)]
    assert names(tmp_path) == FILES
    assert not made.partial
    assert made.cells == len(shown) == 4
    for middle, at in zip([1.5, 4.5, 7.5, 9.5], shown, strict=True):
        assert middle - 2.3 <= at <= middle + 0.7


@pytest.mark.parametrize("name", RAMPS)
def test_the_clip_runs_through_the_whole_video(tools, samples, tmp_path, name):
    made = preview(tools, samples[name], tmp_path, PreviewSettings(clip_seconds=4, trickplay=False))
    moments = clip_moments(tmp_path)
    assert made.clip_seconds == pytest.approx(4, abs=0.6)
    assert len(moments) / 25 == pytest.approx(made.clip_seconds, abs=0.01)
    assert moments[0] < 3
    assert moments[-1] > 7
    assert all(later > earlier - 0.1 for earlier, later in pairwise(moments))


def test_cells_between_keyframes_show_what_follows_them(tools, samples, tmp_path):
    preview(tools, samples["onegop.mp4"], tmp_path, FINE)
    shown = [moment(cell) for cell in cells(tmp_path)]
    assert shown[1:] == pytest.approx([4.5, 7.5, 9.5], abs=0.5)


def test_the_thumbnail_is_from_18_percent_of_the_video(tools, samples, tmp_path):
    preview(tools, samples["onegop.mp4"], tmp_path, FINE)
    assert moment(opened(tmp_path / "thumbnail.jpg")) == pytest.approx(1.8, abs=0.3)


def test_a_rotated_video_is_shown_upright_in_every_output(tools, samples, tmp_path):
    made = preview(tools, samples["rotated.mp4"], tmp_path, FINE)
    samples.ffmpeg("-ss", "1", "-i", str(samples["rotated.mp4"]), "-frames:v", "1", str(tmp_path / "witness.png"))
    witness = opened(tmp_path / "witness.png").convert("RGB")
    assert witness.size == (180, 320)
    with av.open(str(tmp_path / "preview.mp4")) as clip:
        first = next(clip.decode(video=0)).to_image()
    for image in (opened(tmp_path / "thumbnail.jpg"), opened(tmp_path / "sprite.jpg"), first):
        difference = ImageChops.difference(witness.resize(image.size), image.convert("RGB"))
        assert ImageStat.Stat(difference).mean < [40, 40, 40]
    assert made.sizes["preview.mp4"] == (180, 320)


def test_pixels_that_are_not_square_are_made_square(tools, samples, tmp_path):
    made = preview(tools, samples["anamorphic.mp4"], tmp_path, PreviewSettings(thumbnail_quality=1))
    assert opened(tmp_path / "thumbnail.jpg").size == (640, 180)
    assert made.sizes["preview.mp4"] == (640, 180)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("one-frame.mp4", 0.04),
        ("short.mp4", 0.4),
        ("odd.mkv", 2),
        ("transparent.webm", 1),
        ("ten-bit.mkv", 2),
        ("slow.mp4", 2),
    ],
)
def test_an_odd_video_has_a_whole_preview(tools, samples, tmp_path, name, seconds):
    made = preview(tools, samples[name], tmp_path, FINE)
    assert names(tmp_path) == FILES
    assert not made.partial
    assert made.clip_seconds == pytest.approx(seconds, abs=0.1)
    with av.open(str(tmp_path / "preview.mp4")) as clip:
        stream = clip.streams.video[0]
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == made.sizes["preview.mp4"]


def test_the_sizes_told_are_those_of_the_files(tools, samples, tmp_path):
    made = preview(tools, samples["h264.mp4"], tmp_path, PreviewSettings(thumbnail_quality=16, trickplay_interval=3))
    for name in ("thumbnail.jpg", "card.jpg", "sprite.jpg"):
        assert opened(tmp_path / name).size == made.sizes[name]


def test_trickplay_can_be_left_out_and_leaves_no_old_sprite(tools, samples, tmp_path):
    preview(tools, samples["pattern.mp4"], tmp_path, FINE)
    made = preview(tools, samples["pattern.mp4"], tmp_path, PreviewSettings(trickplay=False))
    assert (made.sprite, made.trickplay) == (None, None)
    assert names(tmp_path) == ["card.jpg", "preview.mp4", "thumbnail.jpg"]


def test_the_files_can_be_brought_elsewhere(tools, samples, tmp_path):
    made = []
    preview(tools, samples["pattern.mp4"], tmp_path, FINE, publish=lambda folder: made.extend(names(folder)))
    assert made == FILES
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["cut.mkv", "cut.mp4"])
def test_a_video_that_breaks_off_is_shown_as_far_as_it_goes(tools, runner, samples, tmp_path, name):
    made = preview(tools, samples[name], tmp_path, FINE)
    shown = [moment(cell) for cell in cells(tmp_path)]
    assert made.partial
    assert "2 of 4 sprite cells have no picture" in made.warnings
    assert [("warn", warning) for warning in made.warnings] == runner.events
    assert shown[1] > 2
    assert shown[3] == 0
    assert max(clip_moments(tmp_path)) > 3


def test_a_bare_stream_shows_at_least_its_beginning(tools, samples, tmp_path):
    made = preview(tools, samples["bare.mpg"], tmp_path, FINE)
    assert made.partial
    assert names(tmp_path) == FILES


def test_an_avi_that_breaks_off_is_as_long_as_what_is_left(tools, samples, tmp_path):
    made = preview(tools, samples["cut.avi"], tmp_path, FINE)
    assert not made.partial
    assert max(clip_moments(tmp_path)) < 7


def test_progress_rises_through_every_cell_to_the_end(tools, runner, samples, tmp_path):
    preview(tools, samples["long.mp4"], tmp_path, FINE)
    assert runner.fractions == sorted(runner.fractions)
    assert len([fraction for fraction in runner.fractions if fraction < 0.4]) > 20
    assert [fraction for fraction in runner.fractions if 0.4 < fraction < 0.95], "the clip is under way"
    assert runner.fractions[-1] > 0.95


def test_a_large_picture_is_encoded_a_few_pieces_at_a_time(tools, samples, tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.media.preview.clip.LARGE_PICTURE", 1)
    made = preview(tools, samples["h264.mp4"], tmp_path, PreviewSettings(clip_seconds=4, trickplay=False))
    assert made.clip_seconds == pytest.approx(4, abs=0.6)
    assert len(clip_moments(tmp_path)) / 25 == pytest.approx(4, abs=0.6)
    assert names(tmp_path) == ["card.jpg", "preview.mp4", "thumbnail.jpg"]
