"""All parts of a book in one m4b, with a chapter for each part or each of its chapters.

What is AAC already, all of one kind, is copied; other sound is encoded, part by part, so that no number of parts is too
many. Each part's packets are measured before they are joined, so that chapters begin where they should
(ffmpeg.org/ffmpeg-formats.html: `concat`, and "Metadata").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from tasks.errors import PermanentError
from tasks.media import formats, runner
from tasks.media.audio.probe import AudioProbe, look
from tasks.media.limits import GIB, Limits
from tasks.media.tools import MediaTools, part
from tasks.requests.organize.copying import check_room
from tasks.requests.organize.found import Part
from tasks.requests.organize.kinds import Book

#: What an m4b may hold without being encoded anew, and of what it is then made.
COPIED, CONTAINER = "aac", "mov"
#: Bits a second of each channel that sound is encoded with, at least and at most.
LEAST, MOST = 32_000, 96_000
RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000)
#: Seconds by which the whole may differ from the sum of its parts, for each part: what players leave out of them.
SLACK = 0.1
EXACT: dict[str, Any] = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact", "flags:a": "+bitexact"}


@dataclass(frozen=True)
class Piece:
    """A part as it is joined: its name in the working folder, how long it is (seconds), and what is said in it."""

    name: str
    seconds: float
    probe: AudioProbe


def merge(tools: MediaTools, parts: Sequence[Part], book: Book, folder: Path, out: Path) -> None:
    """Join the parts to the file `out`, working in `folder`.

    Raises:
        PermanentError: a part cannot be read, or the whole is not what it should be; the parts are better left alone.
        TransientError: the disk is full or fails.
        CancelledError: somebody wants it to stop.
    """
    check_room(folder, 2 * sum(each.size for each in parts))
    probes = [look(tools, each.path) for each in parts]
    pairs = in_order(parts, probes)
    pieces = _pieces(tools, pairs, folder)
    (folder / "list.txt").write_text(_listing(pieces))
    (folder / "chapters.txt").write_text(_chapters(pieces, book))
    total = sum(piece.seconds for piece in pieces)
    progress = part(tools.control.progress, 0.8, 0.9)
    options: dict[str, Any] = {"format_whitelist": f"concat,{formats.AUDIO_CONTAINERS}", "protocol_whitelist": "file"}
    joined = ffmpeg.input("list.txt", f="concat", safe=1, **options).audio
    output = ffmpeg.output(
        *(joined, runner.spelled(out)),
        **{"c": "copy", "f": "mp4", "movflags": "+faststart", "map_chapters": 1, "fflags": "+bitexact"},
    ).global_args("-f", "ffmetadata", "-i", "chapters.txt")
    tools.ffmpeg(output, _limits(total), _share(progress, total), folder)
    _check(look(tools, out), pieces)


def in_order(parts: Sequence[Part], probes: Sequence[AudioProbe]) -> list[tuple[Part, AudioProbe]]:
    """By the numbers in their tags where those leave no doubt, else by their names, as they are."""
    pairs = list(zip(parts, probes, strict=True))
    numbers = [(probe.tags.disc or 1, probe.tags.track or 0) for probe in probes]
    places = sorted(numbers)
    whole = all(_follows(before, after) for before, after in zip([(places[0][0], 0), *places], places, strict=False))
    return [pair for _, pair in sorted(zip(numbers, pairs, strict=True), key=lambda each: each[0])] if whole else pairs


def _follows(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether this track is the next one: on the same disc, or the first of the next disc or numbered on from there."""
    if after[0] == before[0]:
        return after[1] == before[1] + 1
    return after[0] == before[0] + 1 and after[1] in (1, before[1] + 1)


def _pieces(tools: MediaTools, pairs: Sequence[tuple[Part, AudioProbe]], folder: Path) -> list[Piece]:
    """The parts as they can be joined: themselves, or encoded alike."""
    joints = [_joint(tools, each.path) for each, _ in pairs]
    first = joints[0]["shape"]
    if first[:2] == [CONTAINER, COPIED] and all(each["shape"] == first for each in joints):
        names = [f"{number:05}{each.extension}" for number, (each, _) in enumerate(pairs)]
        for name, (each, _) in zip(names, pairs, strict=True):
            (folder / name).symlink_to(each.path)
        return [
            Piece(name, joint["seconds"], probe) for name, joint, (_, probe) in zip(names, joints, pairs, strict=True)
        ]
    how = _encoding([probe for _, probe in pairs])
    total = sum(probe.duration for _, probe in pairs)
    pieces, done = [], 0.0
    for number, (each, probe) in enumerate(pairs):
        name = f"{number:05}.m4a"
        progress = part(tools.control.progress, 0.8 * done / total, 0.8 * (done + probe.duration) / total)
        source = ffmpeg.input(runner.spelled(formats.url(each.path)), threads=1, **formats.AUDIO_OPTIONS)
        output = ffmpeg.output(source["a:0"], runner.spelled(folder / name), **how, **EXACT, f="mp4", threads=1)
        tools.ffmpeg(output, _limits(probe.duration), _share(progress, probe.duration))
        pieces.append(Piece(name, _joint(tools, folder / name)["seconds"], probe))
        done += probe.duration
    return pieces


def _joint(tools: MediaTools, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = tools.ask("joint", path, Limits(wall=300, silence=60, cpu=120))
    return found


def _encoding(probes: Sequence[AudioProbe]) -> dict[str, Any]:
    """One kind of sound for all: as many channels as any of them has, up to two, and no more bits than they had."""
    channels = min(2, max(probe.channels for probe in probes))
    most = max(probe.sample_rate for probe in probes)
    rate = next((each for each in RATES if each <= most), RATES[-1])
    bits = max(min(probe.bit_rate, MOST * channels) for probe in probes)
    return {"c:a": COPIED, "ar": rate, "ac": channels, "b:a": max(LEAST * channels, bits)}


def _share(progress: Callable[[float], None], seconds: float) -> Callable[[runner.Step], None]:
    return lambda step: progress(step.seconds / seconds)


def _limits(seconds: float) -> Limits:
    return Limits(wall=600 + 2 * seconds, silence=120, cpu=300 + seconds, memory=4 * GIB, file_size=64 * GIB)


def _listing(pieces: Sequence[Piece]) -> str:
    lines = [line for piece in pieces for line in (f"file {piece.name}", f"duration {piece.seconds:.6f}")]
    return "\n".join(["ffconcat version 1.0", *lines, ""])


def _chapters(pieces: Sequence[Piece], book: Book) -> str:
    """Marks in milliseconds: the chapters of a part that has several, else the part as one."""
    blocks, at = [";FFMETADATA1"], 0.0
    for piece, title in zip(pieces, _titles([piece.probe for piece in pieces], book), strict=True):
        own = piece.probe.chapters if len(piece.probe.chapters) > 1 else ()
        marks = [(mark.start, mark.end, mark.title or title) for mark in own] or [(0.0, piece.seconds, title)]
        blocks += [_block(at + start, at + min(end, piece.seconds), words) for start, end, words in marks]
        at += piece.seconds
    return "\n".join([*blocks, ""])


def _titles(probes: Sequence[AudioProbe], book: Book) -> list[str]:
    """What the parts are called: as their tags say, unless those say the same of all, or the title of the book."""
    said = [probe.tags.title for probe in probes]
    if len(set(said)) < len(said) or None in said:
        said = [None] * len(said)
    whole = {book.title.casefold()}
    return [
        title if title and title.casefold() not in whole else f"Chapter {number}"
        for number, title in enumerate(said, 1)
    ]


def _block(start: float, end: float, title: str) -> str:
    escaped = "".join(f"\\{sign}" if sign in "=;#\\" else sign for sign in " ".join(title.split()))
    return f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={round(start * 1000)}\nEND={round(end * 1000)}\ntitle={escaped}"


def _check(whole: AudioProbe, pieces: Sequence[Piece]) -> None:
    wanted = sum(piece.seconds for piece in pieces)
    marks = sum(len(piece.probe.chapters) if len(piece.probe.chapters) > 1 else 1 for piece in pieces)
    if abs(whole.duration - wanted) > 1 + SLACK * len(pieces) or len(whole.chapters) != marks:
        raise PermanentError(
            f"Joined, the parts are {whole.duration:.0f} s with {len(whole.chapters)} chapters long, "
            f"not {wanted:.0f} s with {marks}"
        )
