"""Adaptive sets, played by libav's own HLS reader and looked at segment by segment."""

from __future__ import annotations

import io
import re
import shutil

import av
import numpy as np
import pytest

from tasks.errors import CancelledError, TransientError
from tasks.media.hls import adaptive_set, playlist
from tasks.media.tools import MediaTools
from tests.integration.media.processes import ffmpegs
from tests.integration.media.samples import SECONDS


@pytest.fixture(scope="module")
def make(samples, tmp_path_factory):
    """Makes the set of a sample, once; returns what the kernel said and the set's folder."""
    out, made = tmp_path_factory.mktemp("hls"), {}

    def make(name):
        if name not in made:
            with MediaTools(nice=False) as tools:
                made[name] = adaptive_set(tools, samples[name], out / name / "set")
        return made[name], out / name / "set"

    return make


def pictures(folder, stream=0):
    """The decoded pictures of one rendition of a set, by the master playlist."""
    with av.open(str(folder / "master.m3u8")) as player:
        return list(player.decode(video=stream))


def sound(folder, stream=0):
    """The samples of one audio track, mono, and the time of the first, seconds."""
    with av.open(str(folder / "master.m3u8")) as player:
        frames = list(player.decode(audio=stream))
    return np.concatenate([frame.to_ndarray().mean(axis=0) for frame in frames]), frames[0].time, frames[0].rate


def segments(folder):
    """Of each segment of a rendition, played alone: whether it begins with a keyframe, and its pictures' times."""
    header = next(folder.glob("init*.mp4")).read_bytes()
    found = []
    for segment in sorted(folder.glob("*.m4s")):
        with av.open(io.BytesIO(header + segment.read_bytes())) as player:
            packets = [packet for packet in player.demux(video=0) if packet.size]
        found.append((packets[0].is_keyframe, [float(packet.pts * packet.time_base) for packet in packets]))
    return found


def master(folder):
    return (folder / "master.m3u8").read_text()


def names(made):
    return [(one.name, one.width, one.height, one.copied) for one in made.renditions]


@pytest.mark.parametrize(
    ("name", "copied"), [("wide.mp4", True), ("wide.mkv", True), ("wide.avi", False), ("open-gops.mp4", False)]
)
def test_every_rendition_is_cut_at_the_same_times_and_plays_from_each(make, name, copied):
    made, folder = make(name)
    assert names(made) == [("480p", 854, 480, copied), ("360p", 640, 360, False)]
    (large, small) = (segments(folder / rendition) for rendition in ("480p", "360p"))
    assert [begins for begins, _ in large + small] == [True] * len(large + small)
    assert len(large) == len(small) == 2
    for (_, ours), (_, theirs) in zip(large, small, strict=True):
        assert min(ours) == pytest.approx(min(theirs), abs=0.002)
        assert max(ours) == pytest.approx(max(theirs), abs=0.002)
    assert 6 <= min(large[1][1]) < 6 + 32 / 25
    assert max(large[0][1]) < min(large[1][1])


def test_the_original_is_the_largest_rendition_as_it_was(make, samples):
    _, folder = make("wide.mp4")
    with av.open(str(samples["wide.mp4"])) as original:
        ours = [frame.to_ndarray() for frame in original.decode(video=0)]
    played = pictures(folder)
    assert len(played) == len(ours) == 200
    assert all(np.array_equal(frame.to_ndarray(), one) for frame, one in zip(played, ours, strict=True))


def test_the_master_playlist_says_what_a_player_must_know(make):
    _, folder = make("wide.mp4")
    head, audio, renditions = re.split(r"(#EXT-X-MEDIA.*\n)", master(folder))
    assert head.split() == ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    assert audio == (
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,'
        'CHANNELS="2",URI="audio-1/index.m3u8"\n'
    )
    # The original is of the Baseline profile.
    assert re.sub("BANDWIDTH=[0-9]+", "BANDWIDTH=n", renditions).splitlines() == [
        "#EXT-X-STREAM-INF:BANDWIDTH=n,AVERAGE-BANDWIDTH=n,RESOLUTION=854x480,FRAME-RATE=25.000,"
        'CODECS="avc1.42c01e,mp4a.40.2",AUDIO="audio"',
        "480p/index.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=n,AVERAGE-BANDWIDTH=n,RESOLUTION=640x360,FRAME-RATE=25.000,"
        'CODECS="avc1.64001e,mp4a.40.2",AUDIO="audio"',
        "360p/index.m3u8",
    ]


def test_the_bit_rates_are_those_of_the_segments(make):
    made, folder = make("wide.mp4")

    def rates(name):
        """Of the whole, and of the first segment, which is the only one of full length."""
        files = sorted((folder / name).glob("*.m4s"))
        seconds = [float(one) for one in re.findall(r"EXTINF:([0-9.]+)", (folder / name / "index.m3u8").read_text())]
        bits = [8 * file.stat().st_size for file in files]
        return sum(bits) / sum(seconds), bits[0] / seconds[0]

    said = [tuple(map(int, pair)) for pair in re.findall(r"BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)", master(folder))]
    audio = rates("audio-1")
    for (peak, average), rendition in zip(said, made.renditions, strict=True):
        whole, first = rates(rendition.name)
        assert average == pytest.approx(whole + audio[0], abs=3)
        assert peak == pytest.approx(max(whole, first) + max(audio), abs=3)
        assert rendition.bit_rate == pytest.approx(max(whole, first), abs=3)


def test_what_is_said_of_a_set_is_what_lies_in_its_folder(make):
    made, folder = make("wide.mp4")
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert made.bytes == sum(file.stat().st_size for file in files)
    assert made.segments == len([file for file in files if file.suffix == ".m4s"])
    assert made.seconds == pytest.approx(8, abs=0.05)
    assert sorted(entry.name for entry in folder.iterdir()) == ["360p", "480p", "audio-1", "master.m3u8"]
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    ("name", "size", "seconds"),
    [
        ("mpeg4.avi", (320, 180), SECONDS),
        ("hevc.mp4", (320, 180), SECONDS),
        ("vp9.webm", (320, 180), SECONDS),
        ("h264.ts", (320, 180), SECONDS),
        ("long-gop.mp4", (320, 180), SECONDS + 4),
        ("ten-bit.mkv", (320, 180), 2),
        ("rotated.mp4", (180, 320), 2),
        ("anamorphic.mp4", (640, 180), 2),
        ("odd.mkv", (162, 90), 2),
        ("transparent.webm", (320, 180), 1),
        ("one-frame.mp4", (320, 180), 0.04),
    ],
)
def test_whatever_players_may_not_know_is_encoded_for_them(make, name, size, seconds):
    made, folder = make(name)
    played = pictures(folder)
    assert names(made) == [(f"{min(size)}p", *size, False)]
    assert {(frame.width, frame.height, frame.format.name) for frame in played} == {(*size, "yuv420p")}
    assert played[-1].time + 0.04 == pytest.approx(seconds, abs=0.1)
    assert not made.partial


def test_pictures_keep_their_times(make):
    _, folder = make("hevc.mp4")
    for frame in pictures(folder)[::20]:
        shown = frame.to_ndarray(format="gray").mean() / 255 * SECONDS
        assert shown == pytest.approx(frame.time, abs=0.3)


def test_a_rotated_video_is_upright(make, samples):
    _, folder = make("rotated.mp4")
    samples.ffmpeg("-i", str(samples["rotated.mp4"]), "-frames:v", "1", str(folder / "upright.png"))
    with av.open(str(folder / "upright.png")) as witness:
        upright = next(witness.decode(video=0)).to_ndarray(format="gray").astype(int)
    assert np.abs(pictures(folder)[0].to_ndarray(format="gray").astype(int) - upright).mean() < 12


def test_a_video_without_sound_has_a_set_without_sound(make):
    made, folder = make("wide.mkv")
    assert made.audio_tracks == 0
    assert "AUDIO" not in master(folder)
    assert "mp4a" not in master(folder)
    with av.open(str(folder / "master.m3u8")) as player:
        assert {stream.type for stream in player.streams} == {"video"}


def test_each_audio_track_can_be_chosen_by_its_language(make):
    made, folder = make("two-tongues.mkv")
    first, second = (line for line in master(folder).splitlines() if line.startswith("#EXT-X-MEDIA"))
    assert made.audio_tracks == 2
    assert 'NAME="1. eng",LANGUAGE="eng",DEFAULT=NO' in first
    assert 'NAME="2. Kommentar",LANGUAGE="ger",DEFAULT=YES' in second
    for stream, hertz in enumerate((300, 3000)):
        samples, _, rate = sound(folder, stream)
        spectrum = np.abs(np.fft.rfft(samples))
        assert spectrum.argmax() * rate / len(samples) == pytest.approx(hertz, abs=5)


def test_sound_that_begins_late_stays_late(make):
    _, folder = make("late-sound.mkv")
    samples, start, rate = sound(folder)
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    assert start + loud[0] / rate == pytest.approx(1, abs=0.05)


def test_sound_and_pictures_begin_together(make):
    _, folder = make("wide.mp4")
    _, start, _ = sound(folder)
    assert pictures(folder)[0].time == 0
    assert start == pytest.approx(0, abs=0.03)


def test_interlaced_pictures_are_made_whole(make, samples):
    def combing(frame):
        """How much neighbouring rows differ in a picture of upright stripes."""
        rows = frame.to_ndarray(format="gray").astype(int)
        return np.abs(rows[:-1] - rows[1:]).mean()

    _, folder = make("interlaced.mpg")
    with av.open(str(samples["interlaced.mpg"])) as original:
        before = np.mean([combing(frame) for frame in original.decode(video=0)])
    played = pictures(folder)
    assert not any(frame.interlaced_frame for frame in played)
    assert np.mean([combing(frame) for frame in played]) < before / 3


def test_high_dynamic_range_becomes_the_range_of_an_ordinary_screen(make):
    _, folder = make("hdr.mkv")
    frame = pictures(folder)[0]
    bt709 = 1
    assert (frame.color_trc, frame.colorspace, frame.color_primaries) == (bt709, bt709, bt709)
    # 128 of 255 in PQ is near the white of such a screen; unmapped it would stay the grey that it looks like.
    assert frame.to_ndarray(format="gray").mean() > 145


def test_more_than_60_pictures_a_second_are_thinned_out(make):
    made, folder = make("fast.mp4")
    assert not made.renditions[0].copied
    assert len(pictures(folder)) == pytest.approx(120, abs=2)
    assert "FRAME-RATE=60.000" in master(folder)


@pytest.mark.parametrize("name", ["cut.mkv", "cut.mp4"])
def test_a_video_that_breaks_off_gets_a_set_of_what_there_is_and_it_says_so(tools, samples, runner, tmp_path, name):
    made = adaptive_set(tools, samples[name], tmp_path / "set")
    assert made.partial
    assert not made.renditions[0].copied
    assert made.warnings[0] == f"The video breaks off: {made.seconds:.1f} of 10.0 s can be played"
    assert ("warn", made.warnings[0]) in runner.events
    assert pictures(tmp_path / "set")[-1].time == pytest.approx(5, abs=0.3)


def test_a_cancelled_set_leaves_no_process_and_no_file(tools, samples, runner, tmp_path):
    seen = []

    def cancel_at_work(fraction):
        if fraction > 0.05 and not seen:
            seen.extend(ffmpegs())
            runner.cancel()

    runner.on_progress = cancel_at_work
    with pytest.raises(CancelledError):
        adaptive_set(tools, samples["long.mp4"], tmp_path / "hls" / "set")
    assert len(seen) == 1
    assert ffmpegs() == []
    assert list((tmp_path / "hls").iterdir()) == []


def test_progress_rises_to_the_end(tools, samples, runner, tmp_path):
    adaptive_set(tools, samples["wide.mp4"], tmp_path / "set")
    assert runner.fractions == sorted(runner.fractions)
    assert runner.fractions[-1] > 0.9


def test_an_original_that_is_cut_elsewhere_is_encoded_after_all(tools, samples, tmp_path, monkeypatch):
    lined_up = iter([False, True])
    monkeypatch.setattr(playlist, "line_up", lambda tracks: next(lined_up))
    made = adaptive_set(tools, samples["pattern.mp4"], tmp_path / "set")
    assert [one.copied for one in made.renditions] == [False]
    assert [entry.name for entry in tmp_path.iterdir()] == ["set"]
    assert len(pictures(tmp_path / "set")) == 50


def test_a_set_that_the_disk_has_no_room_for_waits_for_room(tools, samples, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100_000))
    with pytest.raises(TransientError, match=r"^This may take 0.0 GiB and the cache folder's disk has 0.0 GiB left"):
        adaptive_set(tools, samples["pattern.mp4"], tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["00000.m4s", "init.mp4", "index.m3u8"])
@pytest.mark.parametrize("kept", [0, 0.7])
def test_what_a_full_disk_cut_short_is_no_set(make, tmp_path, name, kept):
    _, folder = make("pattern.mp4")
    copy = shutil.copytree(folder / "180p", tmp_path / "180p")
    assert playlist.read(copy).seconds == (2.0,)
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: int(kept * len(data))])
    with pytest.raises(TransientError, match="Not everything was written"):
        playlist.read(copy)


def test_a_folder_may_have_the_signs_of_a_pattern_in_its_name(tools, samples, tmp_path):
    out = tmp_path / "100% %v %05d" / "set"
    made = adaptive_set(tools, samples["pattern.mp4"], out)
    assert made.bytes == sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    assert [entry.name for entry in tmp_path.iterdir()] == [out.parent.name]
