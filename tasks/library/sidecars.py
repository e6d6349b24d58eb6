"""The files beside a video that belong to it: `<stem>.nfo`, `<stem>.info.json`, `<stem>.<language>.srt`."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.library import files, names

SUBTITLE_EXTENSIONS = frozenset({".vtt", ".srt", ".ass", ".ssa"})
EXTENSIONS = SUBTITLE_EXTENSIONS | {".nfo", ".json"}

#: Between stem and extension of a subtitle file: at most so many parts, such as `en.forced.Director`.
_PARTS = 3
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_](?:[a-z]{2}|[a-z]{4}|\d{3}))?", re.IGNORECASE)
#: These look like languages and are not.
_FLAGS = frozenset({"cc", "sdh", "hi"})


@dataclass(frozen=True)
class SubtitleSidecar:
    """One subtitle file of a video. `language` is `und` where the name does not say."""

    path: Path
    language: str
    label: str | None


@dataclass
class Beside:
    """The names of the files that belong to one video."""

    nfo: str | None = None
    info: str | None = None
    subtitles: list[str] = field(default_factory=list)


def assign(videos: Iterable[str], others: Iterable[str]) -> dict[str, Beside]:
    """Which of the `others` in a folder belong to which of its `videos`, by stem; the longest stem wins."""
    stems: dict[str, list[str]] = {}
    for video in videos:
        stems.setdefault(names.stem(video), []).append(video)
    found: dict[str, Beside] = {}
    for other in filter(files.is_own, others):
        for video in stems.get(_owner(other, stems), ()):
            _add(found.setdefault(video, Beside()), other)
    return found


def signature(video: str, beside: Beside, stat: Callable[[str], os.stat_result | None]) -> str:
    """The state of a video's sidecars as text: alike when none of them changed, empty when there is none.

    Two parts, `<metadata>:<subtitles>`, see `metadata_part` and `subtitles_part`. Names count only behind the stem, so
    that a video renamed together with its sidecars keeps its signature.
    """
    start = len(names.stem(video))
    metadata = _digest((name[start:], stat(name)) for name in (beside.nfo, beside.info) if name)
    subtitles = _digest((name[start:], stat(name)) for name in beside.subtitles)
    return f"{metadata}:{subtitles}" if metadata or subtitles else ""


def metadata_part(of: str) -> str:
    """The part of a signature that changes with the NFO and JSON files."""
    return of.partition(":")[0]


def subtitles_part(of: str) -> str:
    """The part of a signature that changes with the subtitle files."""
    return of.partition(":")[2]


def subtitle_sidecars(video_path: Path, root: Path | None = None) -> list[SubtitleSidecar]:
    """The subtitle files of a video, by name. Links are followed inside `root` (by default the video's folder) only.

    Raises:
        OSError: the folder cannot be read.
    """
    folder = video_path.parent
    inside = os.path.realpath(root or folder)
    with os.scandir(folder) as entries:
        listed = [entry.name for entry in entries]
    videos = [name for name in listed if files.is_video(name) or name == video_path.name]
    others = sorted(name for name in listed if files.extension(name) in SUBTITLE_EXTENSIONS)
    beside = assign(videos, others).get(video_path.name, Beside())
    return [
        SubtitleSidecar(folder / name, *language_and_label(name, video_path.name))
        for name in beside.subtitles
        if _is_regular(str(folder / name), inside)
    ]


def language_and_label(name: str, video: str) -> tuple[str, str | None]:
    """The language (`und` where it is not said) and the label that a subtitle file's name says."""
    parts = [part for part in names.stem(name)[len(names.stem(video)) :].split(".") if part]
    language = next((part for part in parts if _is_language(part, parts)), None)
    if language is not None:
        parts.remove(language)
    return _canonical(language), names.readable(" ".join(parts)) or None


def _owner(name: str, stems: dict[str, list[str]]) -> str:
    own = names.stem(name)
    if files.extension(name) not in SUBTITLE_EXTENSIONS:
        return own.removesuffix(".info") if own.removesuffix(".info") in stems else own
    for _ in range(_PARTS + 1):
        if own in stems:
            return own
        own = own.rpartition(".")[0]
    return ""


def _add(beside: Beside, name: str) -> None:
    match files.extension(name):
        case ".nfo":
            beside.nfo = beside.nfo or name
        case ".json":
            # `<stem>.info.json` is what yt-dlp writes; a plain `<stem>.json` only stands in for it
            if beside.info is None or names.stem(name).endswith(".info"):
                beside.info = name
        case _:
            beside.subtitles.append(name)


def _digest(members: Iterable[tuple[str, os.stat_result | None]]) -> str:
    known = [(suffix, facts.st_size, facts.st_mtime_ns) for suffix, facts in members if facts]
    if not known:
        return ""
    return hashlib.blake2b(repr(sorted(known)).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def _is_regular(path: str, root: str) -> bool:
    try:
        return files.regular_file(path, root) is not None
    except OSError:
        return False


def _is_language(part: str, parts: Sequence[str]) -> bool:
    """`hi` is Hindi where nothing else could be the language, and "hearing impaired" beside one that is."""
    if part.lower() == "hi":
        return not any(_is_language(other, ()) for other in parts if other.lower() != "hi")
    return part.lower() not in _FLAGS and _LANGUAGE.fullmatch(part) is not None


def _canonical(language: str | None) -> str:
    if language is None:
        return "und"
    base, _, region = language.replace("_", "-").partition("-")
    if not region:
        return base.lower()
    return f"{base.lower()}-{region.title() if len(region) == 4 else region.upper()}"
