"""One run of ffmpeg that makes all renditions of a video and their segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from tasks.media import runner
from tasks.media.hls.ladder import HIGHEST_RATE, AudioTrack, Rung, Streams
from tasks.media.probe import Probe

#: Seconds of a segment, and from one keyframe to the next, where the encoder may choose.
SEGMENT, GROUP = 6, 2
PLAYLIST = "index.m3u8"
#: Ticks a second in which the times of all usual frame rates, and milliseconds, are whole numbers.
TICKS = 720_000
#: PQ and HLG, by ITU-T H.273, as zscale names them.
HDR = {16: "smpte2084", 18: "arib-std-b67"}

ENCODER = {
    **{"c": "libx264", "preset": "veryfast", "crf": 23, "threads": 1, "sc_threshold": 0, "g": 1000},
    **{"fps_mode": "vfr", "enc_time_base": f"1/{TICKS}"},
}
AUDIO_RATE = 128_000
AUDIO = {"c:a": "aac", "b:a": AUDIO_RATE, "ac": 2}
MUXER = {
    "f": "hls",
    "hls_time": SEGMENT,
    "hls_list_size": 0,
    "hls_playlist_type": "vod",
    "hls_segment_type": "fmp4",
    "hls_flags": "independent_segments",
    "hls_segment_filename": "%v/%05d.m4s",
    "hls_fmp4_init_filename": "init.mp4",
    # Each rendition keeps the times of the original. Shifted to zero, audio and pictures would begin at different ones.
    "avoid_negative_ts": "disabled",
    "max_muxing_queue_size": 4096,
    "map_metadata": -1,
    "map_chapters": -1,
}


@dataclass(frozen=True)
class Plan:
    """What is made of a video: its renditions, of which the first may be the original, and its audio tracks."""

    facts: Probe
    streams: Streams
    rungs: tuple[Rung, ...]
    copied: bool

    @property
    def encoded(self) -> tuple[Rung, ...]:
        """The renditions that are encoded."""
        return self.rungs[1:] if self.copied else self.rungs

    @property
    def largest_bit_rate(self) -> int:
        """Bits a second that all renditions and tracks together take at most."""
        original = self.facts.bit_rate or 0 if self.copied else 0
        return original + sum(rung.rate for rung in self.encoded) + AUDIO_RATE * len(self.audio)

    @property
    def rate(self) -> float | None:
        """Pictures a second, where the file says."""
        return self.facts.frame_rate and min(self.facts.frame_rate, HIGHEST_RATE)

    @property
    def audio(self) -> dict[str, AudioTrack]:
        """The audio tracks, by the names of their folders."""
        return {f"audio-{number}": track for number, track in enumerate(self.streams.audio, 1)}


def outputs(path: Path, plan: Plan) -> Any:
    """The output of ffmpeg-python that makes a folder for each rendition and each audio track, where ffmpeg is run.

    (In a name with folders above, the muxer would take their `%` for its own.) All segments begin at keyframes at the
    same times. Where the original is one of the renditions, its keyframes are everybody's; otherwise there is one every
    two seconds.
    """
    source = runner.source(path)
    video = source[str(plan.facts.video_stream)]
    streams = [video] if plan.copied else []
    streams += _pictures(video, plan)
    streams += [_sound(source[str(track.index)]) for track in plan.streams.audio]
    names = [f"v:{number},name:{rung.name}" for number, rung in enumerate(plan.rungs)]
    names += [f"a:{number},name:{name}" for number, name in enumerate(plan.audio)]
    how = {**MUXER, "var_stream_map": " ".join(names), **_codecs(plan), **(AUDIO if plan.audio else {})}
    return ffmpeg.output(*streams, f"%v/{PLAYLIST}", **how)


def _pictures(video: Any, plan: Plan) -> Sequence[Any]:
    """The pictures of each encoded rendition, scaled down from those of the largest of them."""
    if not plan.encoded:
        return ()
    top, *others = plan.encoded
    # Pictures that are not interlaced pass through.
    whole = video.filter("bwdif", mode="send_frame", deint="interlaced")
    if (plan.facts.frame_rate or 0) > HIGHEST_RATE + 0.5:
        whole = whole.filter("fps", plan.rate)
    whole = _for_ordinary_screens(_scaled(whole, top), plan.streams.transfer).filter("format", "yuv420p")
    if not others:
        return (whole,)
    copies = whole.filter_multi_output("split", len(plan.encoded))
    return copies[0], *(_scaled(copies[n], rung) for n, rung in enumerate(others, 1))


def _scaled(stream: Any, rung: Rung) -> Any:
    return stream.filter("scale", *rung.size).filter("setsar", 1)


def _for_ordinary_screens(stream: Any, transfer: int) -> Any:
    """The colours of a high dynamic range video as BT.709, in linear light (the way of zimg and ffmpeg's `tonemap`)."""
    if transfer not in HDR:
        return stream
    stored = {"tin": HDR[transfer], "min": "bt2020nc", "pin": "bt2020", "rin": "tv"}
    linear = stream.filter("zscale", t="linear", npl=100, **stored).filter("format", "gbrpf32le")
    mapped = linear.filter("zscale", p="bt709").filter("tonemap", tonemap="hable", desat=0)
    return mapped.filter("zscale", t="bt709", m="bt709", r="tv")


def _sound(stream: Any) -> Any:
    """A track that begins with the file and has no gaps: silence fills them, so that it stays with the pictures."""
    return stream.filter("aresample", 48000, **{"async": 1, "first_pts": 0})


def _codecs(plan: Plan) -> dict[str, Any]:
    """The options of each rendition's own stream."""
    options: dict[str, Any] = {"c:v:0": "copy"} if plan.copied else {}
    keyframes = "source" if plan.copied else f"expr:gte(t,n_forced*{GROUP})"
    first = len(plan.rungs) - len(plan.encoded)
    for number, rung in enumerate(plan.encoded, first):
        own = {**ENCODER, "maxrate": rung.rate, "bufsize": 2 * rung.rate, "force_key_frames": keyframes}
        options |= {f"{name}:v:{number}": value for name, value in own.items()}
    return options
