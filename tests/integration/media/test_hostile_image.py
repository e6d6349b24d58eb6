from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tasks.errors import CancelledError, PermanentError, TransientError
from tasks.media import image as kernels
from tasks.media.archive import list_archive
from tasks.media.image import image_hashes, image_thumbnail
from tests.integration.media.drawings import (
    CORNERS,
    animation,
    black,
    chunk,
    drawing,
    encoded,
    jpeg_that_claims,
    near,
    png_of,
    tiresome_png,
    write,
)
from tests.integration.media.packing import lie_of_size, zip_of
from tests.integration.media.samples import BAD

MIB = 1 << 20
UNKNOWN = "This is no picture of a known format"
WHOLE = encoded(drawing(), "JPEG", quality=95)

#: What no kernel accepts, with some of the words that say why.
REFUSED = {
    "empty.jpg": (b"", "The file is empty"),
    "one-byte.png": (b"\x89", UNKNOWN),
    "random.jpg": (bytes((n * n * 31 + n // 7) % 256 for n in range(50_000)), UNKNOWN),
    "text.png": (b"These are words.\n" * 500, UNKNOWN),
    "header-only.jpg": (WHOLE[:400], "Truncated File Read"),
    "no-pixels.png": (png_of(100, 100), "image file is truncated"),
    "cut.webp": (encoded(drawing(), "WEBP")[:500], "could not create decoder object"),
    "cut.heic": (encoded(drawing(), "HEIF")[:500], "Unexpected end of file"),
    "huge.png": (png_of(60_000, 60_000), "60,000 x 60,000 pixels; the most is 179 million"),
    "huge.jpg": (jpeg_that_claims(65_500, 65_500), "65,500 x 65,500 pixels; the most is 1,000 million"),
    "endless.gif": (b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\2\x4c\1\0;", "65,535 x 65,535 pixels"),
    "script.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n", UNKNOWN),
    "drawing.png": (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', UNKNOWN),
    "other.png": (encoded(drawing(), "PPM"), UNKNOWN),
    "concat.jpg": (b"ffconcat version 1.0\nfile /etc/passwd\n", UNKNOWN),
}


@pytest.fixture
def tools(warm_tools, runner):
    warm_tools.control = runner
    return warm_tools


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def refusal(work, *arguments):
    with pytest.raises(PermanentError) as caught:
        work(*arguments)
    return str(caught.value)


def files(folder):
    return [entry for entry in folder.rglob("*") if entry.is_file()]


def peak(pid):
    """The most memory that the process ever held, bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_picture_fails_for_good_in_the_same_words_everywhere(tools, tmp_path, out, name):
    data, words = REFUSED[name]
    path, child = write(tmp_path / name, data), tools.child.pid
    archive = zip_of(tmp_path / "book.cbz", {"page.png": data})
    alone = refusal(image_thumbnail, tools, path, out)
    assert alone == refusal(image_hashes, tools, path)
    assert words in alone
    assert words in refusal(image_thumbnail, tools, archive, out, "page.png")
    assert files(out) == []
    assert tools.child.pid == child


@pytest.mark.parametrize("name", [name for name in BAD if name not in {"picture.mp4", "cover.mp4"}])
def test_a_bad_video_is_no_picture_either(tools, samples, out, name):
    refusal(image_thumbnail, tools, samples[name], out)
    assert files(out) == []


@pytest.mark.parametrize(("kind", "kept"), [("JPEG", 0.6), ("PNG", 0.6), ("GIF", 0.6), ("BMP", 0.6), ("TIFF", 0.6)])
def test_a_picture_that_breaks_off_is_shown_as_far_as_it_goes(tools, runner, tmp_path, out, kind, kept):
    data = encoded(drawing(), kind)
    made = image_thumbnail(tools, write(tmp_path / "cut", data[: int(len(data) * kept)]), out)
    assert (made.width, made.height, made.truncated) == (960, 640, True)
    assert [(level, message.partition(":")[0]) for level, message in runner.events] == [
        ("warn", "The picture is damaged, and shown as far as it goes")
    ]
    with Image.open(out / "thumb.jpg") as shown:
        seen = [shown.getpixel((x, y)) for y in (5, 420) for x in (5, 630)]
    right = [near([found], [wanted]) for found, wanted in zip(seen, CORNERS, strict=True)]
    assert 0 < sum(right) < 4


def test_an_animation_that_breaks_off_moves_as_far_as_it_goes(tools, tmp_path, out):
    data = animation("GIF")
    made = image_thumbnail(tools, write(tmp_path / "cut.gif", data[: len(data) // 2]), out)
    assert made.is_animated
    assert 0 < made.clip_seconds < 1


def test_a_large_photograph_is_read_small(samples, runner, tmp_path, out, fresh):
    path = tmp_path / "large.jpg"
    Image.new("L", (12_000, 12_000), 200).save(path, quality=50)
    made = image_thumbnail(fresh, path, out)
    assert (made.width, made.height) == (12_000, 12_000)
    assert peak(fresh.child.pid) < 250 * MIB


def test_a_picture_bomb_is_refused_before_it_is_unpacked(tmp_path, out, fresh):
    path = write(tmp_path / "bomb.png", png_of(20_000, 20_000, black(20_000, 20_000)))
    assert path.stat().st_size < 2 * MIB
    assert "20,000 x 20,000 pixels" in refusal(image_thumbnail, fresh, path, out)
    assert peak(fresh.child.pid) < 250 * MIB


@pytest.fixture
def fresh(runner):
    """Tools whose media child has done nothing yet, for looking at its memory."""
    from tasks.media.tools import MediaTools

    with MediaTools(runner, nice=False) as tools:
        yield tools


@pytest.mark.parametrize(("method", "claimed"), [
    (zipfile.ZIP_DEFLATED, 1_000),
    (zipfile.ZIP_DEFLATED, 200 * MIB),
    (zipfile.ZIP_BZIP2, 1_000),
])  # fmt: skip
def test_a_zip_bomb_that_lies_of_its_size_is_unpacked_no_further_than_allowed(fresh, tmp_path, out, method, claimed):
    path = tmp_path / "bomb.cbz"
    with zipfile.ZipFile(path, "w", method) as archive, archive.open("page.png", "w") as page:
        for _ in range(270):
            page.write(bytes(MIB))
    lie_of_size(path, claimed)
    (listed,) = list_archive(fresh, path).pages
    assert listed.size == claimed
    words = refusal(image_thumbnail, fresh, path, out, "page.png")
    assert words.endswith(("Bad CRC-32 for file 'page.png'", "This member is larger than 256 MiB"))
    assert peak(fresh.child.pid) < 600 * MIB


def test_a_page_larger_than_any_picture_is_not_held(fresh, tmp_path, out):
    path = tmp_path / "bomb.cbt"
    import tarfile

    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("page.png")
        info.size = 300 * MIB
        with (tmp_path / "zeros").open("wb+") as zeros:
            zeros.truncate(info.size)
            archive.addfile(info, zeros)
    assert list_archive(fresh, path).left_out == {"larger than 256 MiB": 1}
    assert "larger than 256 MiB" in refusal(image_thumbnail, fresh, path, out, "page.png")
    assert peak(fresh.child.pid) < 700 * MIB


def test_a_text_bomb_in_a_picture_is_not_unpacked(fresh, tmp_path, out):
    picture = encoded(drawing(), "PNG")
    bomb = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(200 * MIB)))
    image_thumbnail(fresh, write(tmp_path / "bomb.png", picture[:33] + bomb + picture[33:]), out)
    assert peak(fresh.child.pid) < 300 * MIB


def test_work_without_end_is_stopped_by_its_cpu_time(fresh, tmp_path, out, monkeypatch):
    monkeypatch.setattr(kernels, "CPU", 0.0)
    words = refusal(image_thumbnail, fresh, write(tmp_path / "slow.png", tiresome_png(4000, 4000, 200)), out)
    assert "used up its CPU time on this file" in words
    assert fresh.child.pid is None
    assert files(out) == []
    monkeypatch.undo()
    assert image_thumbnail(fresh, write(tmp_path / "good.png", encoded(drawing(), "PNG")), out).width == 960


def test_a_cancelled_clip_leaves_nothing(fresh, runner, samples, out):
    runner.on_progress = lambda _: runner.cancel()
    with pytest.raises(CancelledError):
        image_thumbnail(fresh, samples["h264.mp4"], out)
    assert fresh.child.pid is None
    assert files(out) == []


def test_a_picture_that_is_replaced_meanwhile_is_tried_again(tools, runner, tmp_path, out):
    path = write(tmp_path / "picture.gif", animation("GIF"))
    runner.on_progress = lambda _: os.utime(path, (1, 1))
    with pytest.raises(TransientError, match="changed while it was read"):
        image_thumbnail(tools, path, out)


def test_a_full_disk_is_no_fault_of_the_picture(tmp_path, monkeypatch):
    from tasks.media.child.image.rendering import write_jpeg

    with pytest.raises(OSError, match="No space left") as caught:
        write_jpeg("/dev/full", drawing(), 80)
    assert caught.value.errno == 28
