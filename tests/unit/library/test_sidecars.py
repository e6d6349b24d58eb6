from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.library import sidecars
from tasks.library.files import is_own
from tasks.library.sidecars import Beside, SubtitleSidecar, assign, language_and_label, subtitle_sidecars
from tasks.media.preview.names import beside


@pytest.mark.parametrize(
    ("name", "language", "label"),
    [
        ("lamp.srt", "und", None),
        ("lamp.en.srt", "en", None),
        ("lamp.GER.ass", "ger", None),
        ("lamp.pt_br.srt", "pt-BR", None),
        ("lamp.zh-hans.vtt", "zh-Hans", None),
        ("lamp.es-419.vtt", "es-419", None),
        ("lamp.en.forced.srt", "en", "forced"),
        ("lamp.forced.en.srt", "en", "forced"),
        ("lamp.English.srt", "und", "English"),
        ("lamp.sdh.srt", "und", "sdh"),
        ("lamp.hi.srt", "hi", None),
        ("lamp.en.hi.srt", "en", "hi"),
    ],
)
def test_a_subtitle_files_name_says_language_and_label(name: str, language: str, label: str | None) -> None:
    assert language_and_label(name, "lamp.mkv") == (language, label)


def test_the_longest_stem_owns_a_sidecar() -> None:
    videos = ["lamp.mkv", "lamp.two.mkv", "other.mp4"]
    others = ["lamp.nfo", "lamp.two.srt", "lamp.two.en.srt", "lamp.fr.srt", "stray.srt", "lamp.a.b.c.d.srt"]
    assert sidecars.assign(videos, others) == {
        "lamp.mkv": Beside(nfo="lamp.nfo", subtitles=["lamp.fr.srt"]),
        "lamp.two.mkv": Beside(subtitles=["lamp.two.srt", "lamp.two.en.srt"]),
    }


def test_the_json_of_a_downloader_goes_before_a_plain_one() -> None:
    for others in (["lamp.json", "lamp.info.json"], ["lamp.info.json", "lamp.json"]):
        assert sidecars.assign(["lamp.mkv"], others)["lamp.mkv"].info == "lamp.info.json"
    assert sidecars.assign(["lamp.mkv"], ["lamp.json"])["lamp.mkv"].info == "lamp.json"


def test_the_subtitle_files_of_a_video_are_listed(tmp_path: Path) -> None:
    for name in ("lamp.mkv", "lamp.en.srt", "lamp.Director.ASS", "lamp.nfo", "lamp2.srt"):
        (tmp_path / name).touch()
    assert subtitle_sidecars(tmp_path / "lamp.mkv") == [
        SubtitleSidecar(tmp_path / "lamp.Director.ASS", "und", "Director"),
        SubtitleSidecar(tmp_path / "lamp.en.srt", "en", None),
    ]


def test_a_subtitle_link_is_followed_inside_the_library_only(tmp_path: Path) -> None:
    films, secret = tmp_path / "films", tmp_path / "secret.srt"
    (films / "subs").mkdir(parents=True)
    for path in (secret, films / "subs" / "real.srt", films / "lamp.mkv"):
        path.touch()
    (films / "lamp.en.srt").symlink_to(films / "subs" / "real.srt")
    (films / "lamp.fr.srt").symlink_to(secret)
    (films / "lamp.de.srt").symlink_to(films / "lamp.de.srt")
    os.mkfifo(films / "lamp.it.srt")
    assert [found.language for found in subtitle_sidecars(films / "lamp.mkv", films)] == ["en"]


def signed(folder: Path, video: str) -> str:
    listed = sorted(path.name for path in folder.iterdir() if path.name != video)
    beside = sidecars.assign([video], listed).get(video, Beside())
    return sidecars.signature(video, beside, lambda name: (folder / name).stat())


def test_the_signature_tells_which_sidecars_changed(tmp_path: Path) -> None:
    assert signed(tmp_path, "lamp.mkv") == ""
    nfo, subtitles = tmp_path / "lamp.nfo", tmp_path / "lamp.en.srt"
    nfo.write_text("a")
    subtitles.write_text("a")
    first = signed(tmp_path, "lamp.mkv")
    subtitles.write_text("longer")
    second = signed(tmp_path, "lamp.mkv")
    assert sidecars.metadata_part(first) == sidecars.metadata_part(second) != ""
    assert sidecars.subtitles_part(first) != sidecars.subtitles_part(second)
    nfo.unlink()
    assert sidecars.metadata_part(signed(tmp_path, "lamp.mkv")) == ""


def test_a_video_renamed_with_its_sidecars_keeps_its_signature(tmp_path: Path) -> None:
    for name in ("lamp.nfo", "lamp.en.srt", "lamp.mkv"):
        (tmp_path / name).write_text("a")
    before = signed(tmp_path, "lamp.mkv")
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.replace("lamp", "harbour")))
    assert signed(tmp_path, "harbour.mkv") == before


def test_what_is_generated_beside_a_video_is_neither_its_sidecar_nor_a_file_of_the_library():
    made = [path.name for path in beside(Path("/films/Alien.1979.1080p.mkv")).values()]
    assert len(made) == 5
    assert not any(map(is_own, made))
    assert assign(["Alien.1979.mkv", "Alien.1979.1080p.mkv"], made) == {}
