from __future__ import annotations

import subprocess

import pytest

from tasks.media.runner import executable
from tasks.media.subtitles import extract_subtitles
from tests.integration.media.samples import ASS, SRT


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def by_ffmpeg(path, index):
    argv = [executable(), "-v", "error", "-i", path, "-map", f"0:{index}", "-f", "webvtt", "-"]
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout


def test_every_text_track_becomes_webvtt_two_of_one_language_too(tools, samples, tmp_path):
    made = extract_subtitles(tools, samples["subtitled.mkv"], tmp_path)
    folder = tmp_path / "subtitles"
    assert [(track.source_key, track.language, track.label, track.vtt) for track in made.tracks] == [
        ("2", "eng", None, "embedded-eng-2.vtt"),
        ("3", "eng", "Director", "embedded-eng-3.vtt"),
        ("4", "und", None, "embedded-und-4.vtt"),
    ]
    assert names(folder) == ["embedded-eng-2.vtt", "embedded-eng-3.vtt", "embedded-und-4.ass", "embedded-und-4.vtt"]
    for track in made.tracks:
        assert (folder / track.vtt).read_bytes() == by_ffmpeg(samples["subtitled.mkv"], track.source_key)
    assert "{\\b1}Styled" in (folder / "embedded-und-4.ass").read_text()
    assert made.warnings == ()


def test_all_tracks_come_from_one_run_of_ffmpeg(tools, samples, tmp_path, monkeypatch):
    runs = []
    run = tools.ffmpeg
    monkeypatch.setattr(tools, "ffmpeg", lambda *args: (runs.append(args), run(*args))[1])
    extract_subtitles(tools, samples["subtitled.mkv"], tmp_path)
    assert len(runs) == 1


def test_timed_text_of_an_mp4_becomes_webvtt(tools, samples, tmp_path):
    made = extract_subtitles(tools, samples["subtitled.mp4"], tmp_path)
    assert [track.source_format for track in made.tracks] == ["mov_text"]
    assert "00:01.000 --> 00:02.000\nFirst" in (tmp_path / "subtitles" / made.tracks[0].vtt).read_text()


def test_a_track_of_pictures_is_skipped_with_a_warning(tools, runner, samples, tmp_path):
    made = extract_subtitles(tools, samples["pictures.mkv"], tmp_path)
    assert [track.source_format for track in made.tracks] == ["subrip"]
    assert made.warnings == ("Subtitle stream 1 (hdmv_pgs_subtitle) holds no text and was skipped",)
    assert runner.events == [("warn", made.warnings[0])]


def test_a_track_that_cannot_be_written_does_not_cost_the_others(tools, samples, tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.media.subtitles.LARGEST_TRACK", 200)
    made = extract_subtitles(tools, samples["subtitled.mkv"], tmp_path)
    assert [track.source_key for track in made.tracks] == ["2", "3"]
    assert names(tmp_path / "subtitles") == ["embedded-eng-2.vtt", "embedded-eng-3.vtt"]
    assert len(made.warnings) == 1
    assert made.warnings[0].startswith("Subtitle stream 4 (ass) cannot be read: ")


def test_a_track_of_an_unknown_kind_does_not_cost_the_others(tools, samples, tmp_path):
    odd = tmp_path / "odd.mkv"
    odd.write_bytes(samples["subtitled.mkv"].read_bytes().replace(b"S_TEXT/UTF8", b"S_TEXT/XXXX", 1))
    made = extract_subtitles(tools, odd, tmp_path)
    assert [track.source_key for track in made.tracks] == ["3", "4"]
    assert made.warnings == ("Subtitle stream 2 (unknown) holds no text and was skipped",)


def test_a_video_without_subtitles_has_none(tools, samples, tmp_path):
    made = extract_subtitles(tools, samples["h264.mp4"], tmp_path)
    assert (made.tracks, made.warnings) == ((), ())
    assert names(tmp_path / "subtitles") == []


def test_tracks_that_are_no_more_are_removed_and_uploaded_ones_stay(tools, samples, tmp_path):
    extract_subtitles(tools, samples["subtitled.mkv"], tmp_path)
    (tmp_path / "subtitles" / "uploaded-en.vtt").write_text("WEBVTT\n")
    extract_subtitles(tools, samples["h264.mp4"], tmp_path)
    assert names(tmp_path / "subtitles") == ["uploaded-en.vtt"]


@pytest.fixture
def video(samples, tmp_path):
    path = tmp_path / "films" / "film.mp4"
    path.parent.mkdir()
    path.symlink_to(samples["h264.mp4"])
    return path


def beside(video, name, data):
    file = video.with_name(name)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


def test_files_beside_the_video_become_webvtt(tools, video, tmp_path):
    vtt = "WEBVTT\n\nNOTE kept\n\n00:01.000 --> 00:02.000 line:10%\nHallo\n"
    files = [
        beside(video, "film.en.srt", SRT.format("Déjà vu").encode("cp1252")),
        beside(video, "film.de.vtt", "\ufeff" + vtt),
        beside(video, "film.fr.forced.ass", ASS.encode("utf-16")),
    ]
    made = extract_subtitles(tools, video, tmp_path / "out", files)
    folder = tmp_path / "out" / "subtitles"
    texts = [(folder / track.vtt).read_text(encoding="utf-8") for track in made.tracks]
    assert [(track.language, track.label, track.source_key) for track in made.tracks] == [
        ("en", None, "film.en.srt"),
        ("de", None, "film.de.vtt"),
        ("fr", "forced", "film.fr.forced.ass"),
    ]
    assert "00:00:01.000 --> 00:00:02.000\nDéjà vu" in texts[0]
    assert texts[1] == vtt.rstrip("\n")
    assert "Styled" in texts[2]
    assert "{\\b1}Styled" in (folder / made.tracks[2].original).read_text(encoding="utf-8")


def test_two_files_of_one_language_are_both_kept(tools, video, tmp_path):
    files = [beside(video, "film.en.srt", SRT.format("one")), beside(video, "film.en.sdh.srt", SRT.format("two"))]
    made = extract_subtitles(tools, video, tmp_path / "out", files)
    assert len({track.vtt for track in made.tracks}) == 2


def test_an_empty_file_is_nothing_and_a_bad_one_a_warning(tools, video, tmp_path):
    files = [
        beside(video, "film.en.srt", ""),
        beside(video, "film.de.srt", b"\x00\x01\x02" * 1000),
        beside(video, "film.fr.srt", b"a" * (16 << 20) + b"b"),
        video.with_name("film.it.srt"),
        beside(video, "film.es.srt", SRT.format("Hola")),
    ]
    made = extract_subtitles(tools, video, tmp_path / "out", files)
    assert [track.language for track in made.tracks] == ["es"]
    assert [warning.split(":")[0] for warning in made.warnings] == [
        "film.de.srt cannot be read",
        "film.fr.srt cannot be read",
        "film.it.srt cannot be read",
    ]
    assert made.warnings[1].endswith("larger than 16 MiB")
    assert made.warnings[2].endswith("The file is gone")


def test_progress_rises_to_the_end(tools, runner, video, tmp_path):
    extract_subtitles(tools, video, tmp_path / "out", [beside(video, "film.en.srt", SRT.format("one"))])
    assert runner.fractions == sorted(runner.fractions)
    assert runner.fractions[-1] == 1
