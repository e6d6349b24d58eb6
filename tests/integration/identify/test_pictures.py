"""Pictures from elsewhere: what is kept of them, and what is refused."""

from __future__ import annotations

import struct
import threading
import zlib
from io import BytesIO

import pytest
from PIL import Image

from db.ledger import Claimed
from flows.job_control import JobControl
from tasks.clients import addresses
from tasks.clients.addresses import origin
from tasks.clients.web import Bounds
from tasks.control import NoControl
from tasks.errors import CancelledError, PermanentError, TransientError
from tasks.identify import pictures
from tasks.identify.pictures import keep_picture
from tasks.media.tools import MediaTools
from tests.stash_box import Reply, png


@pytest.fixture(scope="module")
def tools():
    with MediaTools(nice=False) as tools:
        yield tools


def bomb():
    """A PNG that says it has 3.6 billion pixels."""
    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))


def chunk(name, content):
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def keep(web, tools, box, out, control=None):
    tools.control = control or NoControl()
    return keep_picture(web, tools, f"{box.url}/a.png", out, frozenset({origin(box.endpoint)}))


def test_a_picture_becomes_a_jpeg_of_bounded_size_upright_and_on_white(web, tools, box, tmp_path):
    box.pictures["/a.png"] = png(4000, 2000)
    assert keep(web, tools, box, tmp_path) == "thumbnail-custom.jpg"
    with Image.open(tmp_path / "thumbnail-custom.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (1920, 960))
        assert image.getpixel((0, 0))[1] in range(124, 132)
    assert [file.name for file in tmp_path.iterdir()] == ["thumbnail-custom.jpg"]
    assert "apikey" not in box.asked[0].headers


def test_a_picture_that_was_turned_by_its_camera_stands_upright_and_says_nothing_of_where_it_was(
    web, tools, box, tmp_path
):
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "somebody's camera"
    Image.new("RGB", (40, 20)).save(file, "JPEG", exif=exif)
    box.pictures["/a.png"] = file.getvalue()
    keep(web, tools, box, tmp_path)
    with Image.open(tmp_path / "thumbnail-custom.jpg") as image:
        assert image.size == (20, 40)
        assert dict(image.getexif()) == {}


def test_a_picture_may_be_somewhere_else_on_the_same_server(web, tools, box, tmp_path):
    box.pictures["/a.png"] = Reply(302, headers={"Location": "/b"})
    box.pictures["/b"] = png()
    keep(web, tools, box, tmp_path)
    assert (tmp_path / "thumbnail-custom.jpg").exists()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, bomb()), "60,000 x 60,000 pixels; the most is 179 million"),
        (Reply(200, b"<html>Log in</html>"), "no picture of a known format"),
        (Reply(200, b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "no picture of a known format"),
        (Reply(200, png(640, 360)[:-40]), "truncated"),
        (Reply(200, b""), "no picture of a known format"),
        (Reply(404), "127.0.0.1 answers 404"),
        (Reply(302, headers={"Location": "file:///etc/passwd"}), "must be at an http or https address"),
        (Reply(302, headers={"Location": "ftp://example.org/a.png"}), "must be at an http or https address"),
        (Reply(302, headers={"Location": "/a.png"}), "sent on more than 3 times"),
        (Reply(302, headers={"Location": "http://localhost:5432/"}), "localhost is in a private network"),
        (Reply(302, headers={"Location": "http://169.254.169.254/latest"}), "169.254.169.254 is in a private network"),
        (Reply(302, headers={"Location": "http://[::ffff:127.0.0.1]:5432/"}), "is in a private network"),
        (Reply(200, b"x", {"Content-Encoding": "gzip"}), "packs its answer"),
    ],
)
def test_what_is_no_fit_picture_is_refused_in_words_and_leaves_nothing(web, tools, box, tmp_path, reply, words):
    (tmp_path / "thumbnail-custom.jpg").write_bytes(b"the one before")
    box.pictures["/a.png"] = box.pictures["/again"] = reply
    with pytest.raises(PermanentError) as error:
        keep(web, tools, box, tmp_path)
    assert words in str(error.value)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"the one before"]


def test_a_name_is_connected_to_at_the_very_address_that_was_checked(web, tools, box, tmp_path, monkeypatch):
    """No resolver knows this name, so that only the checked address leads anywhere; the host header keeps the name."""

    async def resolve(host, port, **_):
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(addresses, "getaddrinfo", resolve)
    box.pictures["/a.png"] = png()
    named = box.url.replace("127.0.0.1", "pictures.invalid")
    tools.control = NoControl()
    keep_picture(web, tools, f"{named}/a.png", tmp_path, frozenset({origin(named)}))
    assert (tmp_path / "thumbnail-custom.jpg").exists()
    assert box.asked[0].headers["host"].startswith("pictures.invalid:")


def test_a_picture_without_an_end_is_given_up(web, tools, box, tmp_path, monkeypatch):
    box.pictures["/a.png"] = b" " * (3 << 20)
    monkeypatch.setattr(pictures, "BOUNDS", Bounds(size=1 << 20, seconds=20))
    with pytest.raises(PermanentError, match="larger than 1 MiB"):
        keep(web, tools, box, tmp_path)


def test_a_picture_that_does_not_come_is_not_waited_for(web, tools, box, tmp_path, monkeypatch):
    box.stalls = True
    monkeypatch.setattr(pictures, "BOUNDS", Bounds(size=1 << 20, seconds=0.2))
    with pytest.raises(TransientError, match="no whole answer"):
        keep(web, tools, box, tmp_path)


def test_a_cancel_does_not_wait_for_the_picture(web, tools, box, tmp_path):
    box.stalls = True
    control = JobControl(Claimed(1, "metadata-import", "identify_result", "1", "a", {}, 0, 15, 1, "m", False, None))
    threading.Thread(target=lambda: (box.stalled.wait(60), control.cancel()), daemon=True).start()
    with pytest.raises(CancelledError):
        keep(web, tools, box, tmp_path, control)
