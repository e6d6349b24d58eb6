from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.library.files import VIDEO_EXTENSIONS
from tasks.library.walk import FoundFile, Unreadable, Walk
from tasks.library.wanted import VIDEOS


def plant(root: Path, *names: str | bytes) -> None:
    for name in names:
        path = root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def walked(root: Path, **options: object) -> list[str]:
    return [file.path[len(str(root)) + 1 :] for file in Walk(root, VIDEOS, **options)]  # type: ignore[arg-type]


def test_videos_are_found_folder_by_folder_in_order(tmp_path: Path) -> None:
    plant(tmp_path, "b.mkv", "a.MP4", "z/2.avi", "z/1.ts", "c/d/e/deep.webm", "notes.txt", "cover.jpg")
    assert walked(tmp_path) == ["a.MP4", "b.mkv", "c/d/e/deep.webm", "z/1.ts", "z/2.avi"]


def test_a_video_comes_with_its_facts(tmp_path: Path) -> None:
    plant(tmp_path, "s/lamp.mkv", "s/lamp.nfo", "s/lamp.info.json", "s/lamp.en.srt")
    video = tmp_path / "s" / "lamp.mkv"
    video.write_bytes(b"12345")
    os.utime(video, ns=(1, 1_600_000_000_123_456_789))
    [found] = Walk(tmp_path, VIDEOS)
    assert found == FoundFile(
        "video", str(video), 1, 5, 1_600_000_000_123_456_789, found.sidecars, "lamp.nfo", "lamp.info.json"
    )
    assert found.sidecars.count(":") == 1


@pytest.mark.parametrize("extension", [*sorted(VIDEO_EXTENSIONS), ".MKV"])
def test_every_kind_of_video_is_found(tmp_path: Path, extension: str) -> None:
    plant(tmp_path, f"a{extension}")
    assert walked(tmp_path) == [f"a{extension}"]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.mkv",
        ".hidden/a.mkv",
        "lost+found/a.mkv",
        "#recycle/a.mkv",
        "a-preview.mkv",
        "a.thumb.mp4",
        "a_sprite.mp4",
        "A-SAMPLE.MKV",
        "a-card.mp4",
        "a-Trickplay.MP4",
        "mkv",
        ".mkv",
        "a.mkv.part",
    ],
)
def test_what_is_hidden_or_generated_is_passed_over(tmp_path: Path, name: str) -> None:
    plant(tmp_path, name)
    assert walked(tmp_path) == []


def test_a_generated_word_counts_at_the_end_of_a_name_only(tmp_path: Path) -> None:
    plant(tmp_path, "sample-lamp.mkv", "my preview show.mkv", "thumb.mkv")
    assert walked(tmp_path) == ["my preview show.mkv", "sample-lamp.mkv", "thumb.mkv"]


def test_a_flat_folder_is_not_entered_further(tmp_path: Path) -> None:
    plant(tmp_path, "a.mkv", "sub/b.mkv")
    assert walked(tmp_path, recursive=False) == ["a.mkv"]


def test_a_folder_of_our_own_is_left_out(tmp_path: Path) -> None:
    plant(tmp_path, "a.mkv", "cache/videos/1/preview.mp4")
    (tmp_path / "link").symlink_to(tmp_path / "cache")
    elsewhere = tmp_path.parent / "cache"
    assert walked(tmp_path, leave_out=[tmp_path / "link", elsewhere, tmp_path]) == ["a.mkv"]


@pytest.mark.parametrize(
    "name",
    [
        b"two\nlines.mkv",
        b"-rf.mkv",
        b"quo'te\"s;$(x)`.mkv",
        b"caf\xe9.mkv",
        b"tab\tand\x7f.mkv",
        "\u202emirrored.mkv".encode(),
        b"n" * 251 + b".mkv",
        b"a\\b.mkv",
        b"%s {0}.mkv",
    ],
)
def test_a_hostile_name_comes_through_unharmed(tmp_path: Path, name: bytes) -> None:
    plant(tmp_path, name, b"folder-" + name + b"/" + name if len(name) < 200 else name)
    found = {os.fsencode(file.path) for file in Walk(tmp_path, VIDEOS)}
    assert os.fsencode(tmp_path) + b"/" + name in found
    assert all(Path(os.fsdecode(path)).exists() for path in found)


def test_only_regular_files_are_found(tmp_path: Path) -> None:
    plant(tmp_path, "a.mkv")
    os.mkfifo(tmp_path / "fifo.mkv")
    (tmp_path / "folder.mkv").mkdir()
    assert walked(tmp_path) == ["a.mkv"]


def test_links_are_followed_to_files_inside_only(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    plant(root, "real/a.mkv")
    plant(outside, "b.mkv")
    (root / "good.mkv").symlink_to("real/a.mkv")
    (root / "out.mkv").symlink_to(outside / "b.mkv")
    (root / "loop.mkv").symlink_to(root / "loop.mkv")
    (root / "dangling.mkv").symlink_to(root / "nothing.mkv")
    (root / "again").symlink_to(root, target_is_directory=True)
    (root / "tofolder.mkv").symlink_to(root / "real")
    reported: list[Unreadable] = []
    assert walked(root, unreadable=reported.append) == ["good.mkv", "real/a.mkv"]
    assert reported == []


def test_a_link_to_a_neighbour_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    plant(tmp_path, "root/a.mkv", "rootless/b.mkv")
    (tmp_path / "root" / "out.mkv").symlink_to(tmp_path / "rootless" / "b.mkv")
    assert walked(tmp_path / "root") == ["a.mkv"]


def test_a_root_that_is_a_link_is_walked(tmp_path: Path) -> None:
    plant(tmp_path, "real/a.mkv")
    (tmp_path / "root").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "b.mkv").symlink_to(tmp_path / "real" / "a.mkv")
    assert walked(tmp_path / "root") == ["a.mkv", "b.mkv"]


def test_a_root_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(Walk(tmp_path / "nothing", VIDEOS))


def test_hundreds_of_folders_deep_is_not_too_deep(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=folder)
        folder, above = os.open("d", os.O_RDONLY, dir_fd=folder), folder
        os.close(above)
    os.close(folder)
    assert walked(tmp_path) == []


def test_an_odd_time_stays_within_64_bits(tmp_path: Path) -> None:
    plant(tmp_path, "a.mkv")
    try:
        os.utime(tmp_path / "a.mkv", (0, 2**34 + 1))
    except OverflowError:
        pytest.skip("this file system has no such time")
    [found] = Walk(tmp_path, VIDEOS)
    assert abs(found.mtime_ns) < 2**63


CHILD = """
import os, sys
from pathlib import Path
from tasks.library.files import VIDEO_EXTENSIONS
from tasks.library.walk import Walk
from tasks.library.wanted import VIDEOS
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for file in Walk(Path(sys.argv[1]), VIDEOS, unreadable=lambda what: print("unreadable", what.path, what.reason)):
    print("found", file.path)
"""


def test_an_unreadable_folder_is_reported_and_the_walk_goes_on(tmp_path: Path) -> None:
    plant(tmp_path, "a/1.mkv", "b/2.mkv", "c/3.mkv")
    # root reads everything: the walk runs in a child that is nobody, who must get this far
    for folder in [tmp_path, *tmp_path.parents][:4]:
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):
            folder.chmod(0o755)
    (tmp_path / "b").chmod(0)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    (tmp_path / "b").chmod(0o755)
    assert child.stdout.splitlines() == [
        f"found {tmp_path}/a/1.mkv",
        f"unreadable {tmp_path}/b Permission denied",
        f"found {tmp_path}/c/3.mkv",
    ]
