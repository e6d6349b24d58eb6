from __future__ import annotations

import time
from pathlib import Path

import av
import pytest

from deployments import sample_library
from deployments.sample_library import CLIPS, CUT_OFF, EMPTY, SampleError, make
from deployments.sample_media import PARTS, QUAY


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("home") / "sample-library")


def files(library: Path) -> dict[str, tuple[int, int]]:
    """Every file with what a scan looks at: size and time."""
    found = (path for path in library.rglob("*") if path.is_file())
    return {str(path.relative_to(library)): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_a_good_file_opens_and_is_what_it_says(library: Path, clip: sample_library.Clip) -> None:
    with av.open(str(library / clip.name)) as media:
        video = media.streams.video[0]
        assert f"{video.width}x{video.height}" == clip.size
        assert media.duration is not None
        assert media.duration / 1_000_000 == pytest.approx(clip.seconds, abs=0.1)
        assert bool(media.streams.audio) == bool(clip.audio)
        frames = [frame for _, frame in zip(range(3), media.decode(video), strict=False)]
        assert len(frames) == 3


def test_the_common_codecs_are_all_there(library: Path) -> None:
    seen = set()
    for clip in CLIPS:
        with av.open(str(library / clip.name)) as media:
            seen |= {(Path(clip.name).suffix, stream.codec_context.name) for stream in media.streams.video}
    assert {(".mp4", "h264"), (".mkv", "hevc"), (".webm", "vp9"), (".avi", "mpeg4")} <= {
        (suffix, codec.removeprefix("lib").replace("vpx-", "")) for suffix, codec in seen
    }


def test_one_film_has_two_subtitle_tracks_in_two_languages(library: Path) -> None:
    with av.open(str(library / "Paper Boats (2021).mkv")) as media:
        tracks = [(track.codec_context.codec.canonical_name, track.language) for track in media.streams.subtitles]
    assert tracks == [("subrip", "eng"), ("subrip", "ger")]


@pytest.mark.parametrize("name", [CUT_OFF, EMPTY])
def test_a_bad_file_does_not_open(library: Path, name: str) -> None:
    with pytest.raises(av.error.InvalidDataError):
        av.open(str(library / name))


def test_no_two_files_have_the_same_content(library: Path) -> None:
    contents = [path.read_bytes() for path in library.rglob("*") if path.is_file()]
    assert len(set(contents)) == len(contents) == len(CLIPS) + 4 + len(QUAY) + 1 + len(PARTS) + 1


def test_no_file_is_young_enough_to_be_left_for_the_next_scan(library: Path) -> None:
    assert all(mtime < (time.time() - 3600) * 1e9 for _, mtime in files(library).values())


def test_a_library_that_is_there_is_left_as_it_is(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_library, "_fill", lambda _: pytest.fail("made again"))
    before = files(library)
    assert make(library) == library
    assert files(library) == before


def test_made_again_it_is_the_same_to_the_byte(library: Path, tmp_path: Path) -> None:
    again = make(tmp_path / "again")
    assert files(again) == files(library)
    assert all((again / name).read_bytes() == (library / name).read_bytes() for name in files(library))


def test_an_encoder_that_fails_is_quoted_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = sample_library.Clip("Broken.mkv", ("-c:v", "no-such-encoder"), (), 1)
    monkeypatch.setattr(sample_library, "CLIPS", (broken,))
    with pytest.raises(SampleError, match="no-such-encoder"):
        make(tmp_path / "sample-library")
    assert list(tmp_path.iterdir()) == []
