"""What pictures and archives of them cost: `python -m benchmarks.pictures`. See `benchmarks.media` for how it counts.

The corpus is made first: a photograph of 12 megapixels, as JPEG, PNG and WebP, and an archive of a hundred.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from benchmarks.media import Bench, Row, machine
from tasks.media.child import archives
from tasks.media.image import image_thumbnail
from tasks.media.tools import MediaTools

SIZE = (4000, 3000)
BOX = (640, 640)
ROUNDS = 5
PAGES = 100


class Album(Bench):
    """The pictures, and what is made of them."""

    def make(self) -> None:
        noise = np.random.default_rng(1)
        coarse = Image.fromarray(noise.integers(0, 256, (300, 400, 3), np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
        grain = noise.normal(0, 4, (*SIZE[::-1], 1))
        photo = Image.fromarray(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8))
        photo.save(self.folder / "photo.jpg", quality=90)
        photo.save(self.folder / "photo.png", compress_level=3)
        photo.save(self.folder / "photo.webp", quality=80, method=2)
        with zipfile.ZipFile(self.folder / "book.cbz", "w") as book:
            for number in range(PAGES):
                book.write(self.folder / "photo.jpg", f"{number}.jpg")

    def ours(self, name: str, *, hashes: bool = False) -> float:
        """One thumbnail."""
        image_thumbnail(self.tools, self.folder / name, self.folder / "out", hashes=hashes)
        return self.cpu(
            lambda: image_thumbnail(self.tools, self.folder / name, self.folder / "out", hashes=hashes), ROUNDS
        )

    def decode(self, name: str, *, draft: bool = True) -> Image.Image:
        """The least that a thumbnail takes: the pixels, at the smallest size in which they can be had."""
        image = Image.open(self.folder / name)
        if draft:
            image.draft(None, BOX)
        image.load()
        return image

    def spawn_ffmpeg(self, name: str) -> None:
        """The obvious way: one run of ffmpeg for each picture."""
        self.ffmpeg("-i", name, "-frames:v", "1", "-vf", "scale=640:-1", "-q:v", "3", "-update", "1", "naive.jpg")

    def apart(self, name: str) -> None:
        """A thumbnail, an MD5 and a perceptual hash, each from its own read of the file."""
        with Image.open(self.folder / name) as image:
            image.thumbnail(BOX)
            image.save(self.folder / "apart.jpg", quality=80)
        hashlib.md5((self.folder / name).read_bytes()).hexdigest()
        imagehash.phash(self.decode(name, draft=False))


def bench_thumbnail(album: Album, name: str) -> Row:
    floor = album.cpu(lambda: album.decode(name), ROUNDS)
    naive = album.cpu(lambda: album.spawn_ffmpeg(name), ROUNDS)
    kind = Path(name).suffix.lstrip(".")
    return Row(f"thumbnail, {kind}", album.ours(name), floor, "decoding it", naive, "one ffmpeg", "<= 1 naive")


def bench_with_hashes(album: Album) -> Row:
    name = "photo.jpg"
    floor = album.cpu(lambda: album.decode(name), ROUNDS)
    naive = album.cpu(lambda: album.apart(name), ROUNDS)
    ours = album.ours(name, hashes=True)
    return Row("thumbnail and hashes", ours, floor, "decoding it", naive, "three reads", "<= 2.5 floor, <= 0.4 naive")


def bench_pages(album: Album) -> Row:
    path = album.folder / "book.cbz"
    names = [f"{number}.jpg" for number in range(PAGES)]

    def at_once() -> None:
        with zipfile.ZipFile(path) as book:
            for name in names:
                book.read(name)

    def whole() -> None:
        for name in names:
            zipfile.ZipFile(BytesIO(path.read_bytes())).read(name)

    row = (_paging(album, path, names), album.cpu(at_once, ROUNDS), "one open for all", album.cpu(whole))
    return Row(f"{PAGES} pages, one by one", *row, "the archive in memory for each", "<= 1.2 floor")


def _paging(album: Album, path: Path, names: list[str]) -> float:
    def pages() -> None:
        archives.forget()
        for name in names:
            archives.opened(path).read(name)

    return album.cpu(pages, ROUNDS)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, MediaTools(nice=False) as tools:
        album = Album(Path(folder), tools)
        album.make()
        print(f"{machine()}\n\n| kernel | CPU s | against the floor | against the naive way | target |")
        print("|---|---|---|---|---|")
        rows: list[Callable[[], Row]] = [
            *(lambda name=f"photo.{kind}": bench_thumbnail(album, name) for kind in ("jpg", "png", "webp")),
            lambda: bench_with_hashes(album),
            lambda: bench_pages(album),
        ]
        for row in rows:
            print(row(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
