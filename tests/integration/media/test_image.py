from __future__ import annotations

import hashlib
import json
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tasks.media.image import ImageHashes, image_hashes, image_thumbnail
from tests.integration.media.drawings import (
    BLUE,
    CORNERS,
    GREEN,
    RED,
    YELLOW,
    animation,
    corners,
    drawing,
    encoded,
    exif,
    near,
    swapped_profile,
    write,
)
from tests.integration.media.packing import PACKERS

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
#: How each format of the library is written, and what it is called afterwards.
STILLS = {
    "jpg": ("JPEG", "jpeg"),
    "png": ("PNG", "png"),
    "webp": ("WEBP", "webp"),
    "gif": ("GIF", "gif"),
    "avif": ("AVIF", "avif"),
    "heic": ("HEIF", "heif"),
    "bmp": ("BMP", "bmp"),
    "tiff": ("TIFF", "tiff"),
}
MOVING = {"gif": "GIF", "webp": "WEBP", "avif": "AVIF", "png": "PNG"}
VIDEOS = ["h264.mp4", "h264.mkv", "vp9.webm", "mpeg4.avi", "wmv2.wmv", "flv1.flv"]


@pytest.fixture
def tools(warm_tools, runner):
    warm_tools.control = runner
    return warm_tools


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def thumbnail(tools, tmp_path, out):
    """The result for some bytes, and the thumbnail as another program opens it."""

    def make(data, name="picture.jpg", **options):
        made = image_thumbnail(tools, write(tmp_path / name, data), out, **options)
        shown = Image.open(out / made.thumbnail)
        shown.load()
        assert (shown.format, shown.mode) == ("JPEG", "RGB")
        return made, shown

    return make


def streams(path):
    if not shutil.which("ffprobe"):
        pytest.skip("ffprobe is the independent witness")
    argv = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    return json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("extension", STILLS)
def test_each_format_becomes_a_thumbnail_within_640_pixels(thumbnail, out, extension):
    kind, name = STILLS[extension]
    made, shown = thumbnail(encoded(drawing(), kind), f"picture.{extension}")
    assert (made.width, made.height, made.format, made.is_animated, made.truncated) == (960, 640, name, False, False)
    assert shown.size == (640, 427)
    assert near(corners(shown), CORNERS)
    assert names(out) == ["thumb.jpg"]


def test_a_small_picture_is_not_enlarged(thumbnail):
    made, shown = thumbnail(encoded(drawing(64, 48), "PNG"))
    assert shown.size == (made.width, made.height) == (64, 48)


def test_a_page_is_as_high_as_a_landscape_is_wide(thumbnail):
    _, shown = thumbnail(encoded(drawing(2000, 3000), "JPEG"))
    assert shown.size == (427, 640)


def test_a_misnamed_picture_is_what_it_is(thumbnail):
    made, shown = thumbnail(encoded(drawing(), "PNG"), "picture.mp4")
    assert made.format == "png"
    assert near(corners(shown), CORNERS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_any_way_gives_an_upright_picture(thumbnail, orientation):
    made, shown = thumbnail(encoded(drawing(), "JPEG", exif=exif(orientation)))
    sizes = ((640, 960), (427, 640)) if orientation >= 5 else ((960, 640), (640, 427))
    assert ((made.width, made.height), shown.size) == sizes
    upright = {
        1: (RED, GREEN, BLUE, YELLOW),
        2: (GREEN, RED, YELLOW, BLUE),
        3: (YELLOW, BLUE, GREEN, RED),
        4: (BLUE, YELLOW, RED, GREEN),
        5: (RED, BLUE, GREEN, YELLOW),
        6: (BLUE, RED, YELLOW, GREEN),
        7: (YELLOW, GREEN, BLUE, RED),
        8: (GREEN, YELLOW, RED, BLUE),
    }
    assert near(corners(shown), upright[orientation])


@pytest.mark.parametrize(("kind", "options"), [
    ("PNG", {"exif": exif(6)}), ("WEBP", {"exif": exif(6)}), ("AVIF", {"exif": exif(6)}), ("HEIF", {"exif": exif(6)}),
    ("TIFF", {"tiffinfo": {0x0112: 6}}), ("TIFF", {"tiffinfo": {0x0112: 6}, "compression": "tiff_lzw"}),
])  # fmt: skip
def test_every_format_is_turned_upright_once(thumbnail, kind, options):
    made, shown = thumbnail(encoded(drawing(), kind, **options))
    assert (made.width, made.height) == (640, 960)
    assert near(corners(shown), (BLUE, RED, YELLOW, GREEN))


@pytest.mark.parametrize(("mode", "kind"), [
    ("CMYK", "JPEG"), ("CMYK", "TIFF"), ("P", "PNG"), ("P", "BMP"), ("RGBA", "PNG"), ("RGBA", "WEBP"),
    ("YCbCr", "TIFF"), ("LAB", "TIFF"),
])  # fmt: skip
def test_colours_are_right_however_they_are_stored(thumbnail, mode, kind):
    _, shown = thumbnail(encoded(drawing().convert(mode), kind))
    assert near(corners(shown), CORNERS, slack=24)


def test_sixteen_bits_are_shown_by_their_upper_eight(thumbnail):
    levels = np.repeat(np.array([0, 0x4000, 0x8000, 0xFFFF], np.uint16), 100)
    _, shown = thumbnail(encoded(Image.fromarray(np.tile(levels, (100, 1))), "PNG"))
    assert near([shown.getpixel((x, 50)) for x in (50, 150, 250, 350)], [(v, v, v) for v in (0, 64, 128, 255)])


def test_floating_point_is_shown_from_black_to_white(thumbnail):
    levels = np.repeat(np.array([0, 0.5, 1], np.float32), 100)
    _, shown = thumbnail(encoded(Image.fromarray(np.tile(levels, (100, 1))), "TIFF"))
    assert near([shown.getpixel((x, 50)) for x in (50, 150, 250)], [(v, v, v) for v in (0, 128, 255)])


def test_what_is_transparent_is_white(thumbnail):
    image = drawing().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    _, shown = thumbnail(encoded(image, "PNG"))
    assert near(corners(shown), [WHITE] * 4, slack=2)


def test_a_colour_profile_is_followed(thumbnail):
    _, shown = thumbnail(encoded(drawing(), "PNG", icc_profile=swapped_profile()))
    assert near(corners(shown), (BLUE, GREEN, RED, (20, 220, 220)), slack=60)
    assert "icc_profile" not in shown.info


def test_a_broken_colour_profile_is_ignored(thumbnail):
    _, shown = thumbnail(encoded(drawing(), "PNG", icc_profile=b"no profile"))
    assert near(corners(shown), CORNERS)


@pytest.mark.parametrize("extension", MOVING)
def test_an_animation_gets_its_first_picture_and_a_short_silent_clip(thumbnail, out, extension):
    made, shown = thumbnail(animation(MOVING[extension]), f"moving.{extension}")
    assert (made.is_animated, made.clip, made.clip_seconds) == (True, "preview.mp4", 1.0)
    assert near(corners(shown), [WHITE] * 4)
    clip = streams(out / "preview.mp4")
    (video,) = clip["streams"]
    assert (video["codec_name"], video["pix_fmt"], video["width"], video["height"]) == ("h264", "yuv420p", 320, 240)
    assert float(clip["format"]["duration"]) == pytest.approx(1.0, abs=0.05)
    assert near(corners(last_picture(out / "preview.mp4")), [BLACK] * 4, slack=24)


def last_picture(path):
    import av

    with av.open(str(path)) as container:
        return list(container.decode(video=0))[-1].to_image()


def test_a_long_animation_is_shown_for_eight_seconds(thumbnail):
    made, _ = thumbnail(animation("GIF", milliseconds=3000))
    assert made.clip_seconds == 8


def test_a_hasty_animation_is_shown_as_browsers_do(thumbnail):
    made, _ = thumbnail(animation("GIF", milliseconds=10))
    assert made.clip_seconds == 1.0


@pytest.mark.parametrize("kind", ["TIFF", "MPO"])
def test_pages_and_views_are_no_animation(thumbnail, kind):
    data = encoded(drawing(), kind, save_all=True, append_images=[drawing()])
    made, _ = thumbnail(data)
    assert (made.is_animated, made.clip) == (False, None)


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_in_a_gallery_gets_a_still_and_a_short_silent_clip(tools, samples, out, name):
    made = image_thumbnail(tools, samples[name], out, hashes=True)
    assert (made.width, made.height, made.is_animated, made.clip) == (320, 180, True, "preview.mp4")
    assert made.clip_seconds == pytest.approx(8, abs=0.1)
    with Image.open(out / "thumb.jpg") as still:
        assert still.size == (320, 180)
        assert near(corners(still), [corners(still)[0]] * 4, slack=2)
        assert 10 < corners(still)[0][0] < 120
    (video,) = streams(out / "preview.mp4")["streams"]
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", 320, 180)
    assert float(video["duration"]) == pytest.approx(8, abs=0.1)
    assert made.hashes.md5 == hashlib.md5(samples[name].read_bytes()).hexdigest()


def test_a_video_is_upright_and_of_its_shape(tools, samples, out):
    rotated = image_thumbnail(tools, samples["rotated.mp4"], out)
    assert (rotated.width, rotated.height) == (180, 320)
    assert streams(out / "preview.mp4")["streams"][0]["height"] == 320
    wide = image_thumbnail(tools, samples["anamorphic.mp4"], out)
    assert (wide.width, wide.height) == (640, 180)
    assert streams(out / "preview.mp4")["streams"][0]["height"] == 90


def test_the_clip_goes_when_the_picture_does_not_move_any_more(thumbnail, out):
    thumbnail(animation("GIF"))
    assert names(out) == ["preview.mp4", "thumb.jpg"]
    thumbnail(encoded(drawing(), "PNG"))
    assert names(out) == ["thumb.jpg"]


#: By goimagehash itself; see docs of the algorithm in `tasks.media.child.phash`.
GOLDEN = {(160, 90): "830b038b072f0fff", (64, 64): "f238f2f2f2f2c204", (33, 71): "b13531b5e9e8ca4a"}


@pytest.mark.parametrize("size", GOLDEN)
def test_the_perceptual_hash_is_that_of_other_programs(tools, tmp_path, size):
    width, height = size
    x, y, c = np.meshgrid(np.arange(width), np.arange(height), np.arange(3), indexing="xy")
    rings = ((x - width // 3) ** 2 + (y - height // 2) ** 2) // (width // 4)
    pixels = (7 * x + 13 * y + 29 * c + x * y // 37 + rings) % 256
    path = write(tmp_path / "golden.png", encoded(Image.fromarray(pixels.astype(np.uint8)), "PNG"))
    assert image_hashes(tools, path).phash == GOLDEN[size]


def test_the_hashes_are_the_same_alone_and_beside_a_thumbnail(tools, tmp_path, out):
    data = encoded(drawing(), "JPEG")
    path = write(tmp_path / "picture.jpg", data)
    alone = image_hashes(tools, path)
    assert alone.md5 == hashlib.md5(data).hexdigest()
    assert image_thumbnail(tools, path, out, hashes=True).hashes == alone
    assert image_thumbnail(tools, path, out).hashes is None


def test_a_picture_has_nearly_the_same_hash_in_any_format_size_and_position(tools, tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (9, 12, 3), np.uint8)
    image = Image.fromarray(noise).resize((1800, 1350), Image.Resampling.BICUBIC)
    turned = encoded(image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(6))
    copies = [encoded(image, "PNG"), encoded(image, "JPEG"), encoded(image.resize((600, 450)), "WEBP"), turned]
    hashes = [int(image_hashes(tools, write(tmp_path / f"{n}", data)).phash, 16) for n, data in enumerate(copies)]
    assert all((hashes[0] ^ other).bit_count() <= 4 for other in hashes)
    other = image_hashes(tools, write(tmp_path / "other", encoded(drawing(), "PNG")))
    assert (hashes[0] ^ int(other.phash, 16)).bit_count() > 16


@pytest.mark.parametrize("extension", PACKERS)
def test_a_page_of_an_archive_is_the_picture_that_was_packed(tools, tmp_path, out, extension):
    data = encoded(drawing(), "JPEG", exif=exif(6))
    archive = PACKERS[extension](
        tmp_path / f"book.{extension}", {"a/1.jpg": data, "a/2.png": encoded(drawing(), "PNG")}
    )
    made = image_thumbnail(tools, archive, out, "a/1.jpg", hashes=True)
    alone = image_hashes(tools, write(tmp_path / "1.jpg", data))
    assert (made.width, made.height, made.format, made.hashes) == (640, 960, "jpeg", alone)
    assert isinstance(alone, ImageHashes)
    with Image.open(out / "thumb.jpg") as shown:
        assert near(corners(shown), (BLUE, RED, YELLOW, GREEN))


def test_progress_is_told_and_never_falls(tools, runner, samples, out):
    image_thumbnail(tools, samples["h264.mp4"], out)
    assert len(runner.fractions) > 10
    assert runner.fractions == sorted(runner.fractions)
