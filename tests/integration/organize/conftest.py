"""Downloads of real audio, and a library to file them in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.clients.web import Web
from tasks.media.media_child import LIFE_WITH_BOOKS
from tasks.media.runner import executable
from tasks.media.tools import MediaTools
from tasks.requests.organize.filing import organize
from tasks.requests.organize.kinds import Book, Options
from tests.integration.media.conftest import Runner

BOOK = Book(
    title="Quiet Harbor",
    author="Jane Doe",
    narrator="Rosa Lind",
    asin="B002V1OF70",
    series="Tides",
    series_part="2",
    year=2020,
)
FOLDER = "Jane Doe/Quiet Harbor [B002V1OF70]"
HOW = {".mp3": ("-c:a", "libmp3lame", "-b:a", "32k"), ".m4b": ("-c:a", "aac", "-f", "mp4"), ".m4a": ("-c:a", "aac")}


def sound(path: Path, seconds: float = 1, tone: int = 300, **tags: str) -> Path:
    """A real audio file of this length."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = [word for name, value in tags.items() for word in ("-metadata", f"{name}={value}")]
    made = ("-f", "lavfi", "-i", f"sine=frequency={tone}:duration={seconds}:sample_rate=22050")
    how = HOW.get(path.suffix, ())
    argv = [executable(), "-nostdin", "-v", "error", "-y", *made, *said, *how, str(path)]
    subprocess.run(argv, check=True)
    return path


@pytest.fixture(scope="session")
def _tools():
    with MediaTools(nice=False, life=LIFE_WITH_BOOKS) as tools:
        yield tools


@pytest.fixture
def tools(_tools):
    _tools.control = Runner()
    return _tools


@pytest.fixture(scope="session")
def web():
    with Web() as web:
        yield web


@pytest.fixture
def download(tmp_path):
    return tmp_path / "downloads" / "Jane Doe - Quiet Harbor"


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def file(tools, web, library, download):
    """Files the download, and says what was done."""

    def file(book=BOOK, path=None, only=(), **options):
        return organize(tools, web, book, path or download, Options(library=library, **options), key="7", only=only)

    return file


def seen(folder: Path) -> dict[str, tuple[int, int, int]]:
    """All that is in a folder, and what would change if anybody touched it."""
    found = sorted(each for each in folder.rglob("*") if not each.is_dir())
    facts = ((each, each.lstat()) for each in found)
    return {str(each.relative_to(folder)): (one.st_ino, one.st_size, one.st_mtime_ns) for each, one in facts}
