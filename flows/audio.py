"""The audio pipeline: what a track is and what its tags say, what it is known by, what it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from darkroom.settings import settings
from db import paths
from db.audio import Cover, Library, decide_covers, forget_covers, load_libraries, save_probes
from db.ledger import Claimed, FollowUp
from flows.media import Made, Media, MediaWork, Row
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.control import Control
from tasks.library.names import plain_title
from tasks.media.audio.cover import library_cover, publish
from tasks.media.audio.fingerprint import audio_fingerprint as fingerprint_file
from tasks.media.audio.probe import AudioProbe
from tasks.media.audio.probe import audio_probe as probe_file
from tasks.media.audio.waveform import audio_waveform as draw_file
from tasks.media.tools import MediaTools

PROBE, FINGERPRINT, WAVEFORM = "audio-probe", "audio-fingerprint", "audio-waveform"


@flow(name=PROBE, task_runner=SLOTS, persist_result=False)
def audio_probe(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Read duration, codec, tags, chapters and cover of audio files."""
    return work_off(BY_NAME[PROBE], ProbeWork(), enqueue=enqueue, everything=everything)


@flow(name=FINGERPRINT, task_runner=SLOTS, persist_result=False)
def audio_fingerprint(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Hash audio files, so that they, and their sound, are known again."""
    return work_off(BY_NAME[FINGERPRINT], MediaWork(FINGERPRINT, _fingerprint), enqueue=enqueue, everything=everything)


@flow(name=WAVEFORM, task_runner=SLOTS, persist_result=False)
def audio_waveform(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Draw the waveform that the player shows."""
    return work_off(BY_NAME[WAVEFORM], MediaWork(WAVEFORM, _waveform), enqueue=enqueue, everything=everything)


@dataclass(frozen=True)
class Track(Media):
    """An audio track, and the library that it is in."""

    library: Library | None = None


class ProbeWork(MediaWork):
    """Its results are words, chapters and the covers of libraries too.

    A picture in the folder becomes the library's cover by the job of any of its tracks: the first one makes it, and
    `db.audio` decides whether it counts.
    """

    def __init__(self) -> None:
        super().__init__(PROBE, _probe)
        #: By library and signature, the cover that a job of this run has made.
        self._made: dict[tuple[int, str], Path] = {}

    def load(self, conn: Connection, jobs: Sequence[Claimed]) -> Mapping[int, Track]:
        """The tracks of these jobs, with their libraries."""
        tracks = super().load(conn, jobs)
        ids = {track.file.more["audio_library_id"] for track in tracks.values()} - {None}
        libraries = load_libraries(conn, sorted(ids))
        return {
            job: Track(**vars(track), library=libraries.get(track.file.more["audio_library_id"]))
            for job, track in tracks.items()
        }

    def run(self, tools: MediaTools, job: Claimed, target: Media, control: Control) -> Made:
        """Run the kernel, and make the library's cover where that is due."""
        made = super().run(tools, job, target, control)
        library = target.library if isinstance(target, Track) else None
        cover = self._library_cover(tools, target, library) if library else None
        return Made(made.columns, made.summary, tuple({**row, "library": cover} for row in made.rows))

    def save_more(
        self, conn: Connection, done: Sequence[Done[Media, Made]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Write what the tags say, and give libraries the covers that are decided on."""
        rows = [row for each in done for row in each.result.rows]
        save_probes(conn, rows)
        said = [row["library"] for row in rows if row["library"]]
        made = {cover["library_id"]: cover["file"] for cover in said if cover["made"]}
        forget_covers(conn, [cover.library_id for cover in decide_covers(conn, said) if not _published(cover, made)])
        return ()

    def _library_cover(self, tools: MediaTools, track: Media, library: Library) -> Row | None:
        """What this job has to say of its library's cover; nothing where another job of this run says it."""
        said: Row = {"library_id": library.id, "signature": library.cover_signature, "made": False, "file": None}
        if library.cover_source is None or library.cover_signature is None or not library.cover_is_due:
            return said
        key = (library.id, library.cover_signature)
        if key in self._made and self._made[key].exists():
            return None
        file = library_cover(tools, paths.to_path(library.cover_source), _folder(track)[1])
        if file:
            self._made[key] = file
        return {**said, "made": file is not None, "file": file}


def _published(cover: Cover, made: Mapping[int, Path]) -> bool:
    """Put the cover that was decided on in its place; False when it should be somewhere and is not."""
    of_track = settings().cache / cover.of_track if cover.of_track else None
    file = made.get(cover.library_id) if cover.made else of_track
    return publish(file, settings().cache / f"audio-libraries/{cover.library_id}") or file is None


def _folder(track: Media) -> tuple[str, Path]:
    """Where a track's generated files go: relative to the cache, as the database keeps it, and whole."""
    name = f"audio-tracks/{track.file.id}"
    return name, settings().cache / name


def _probe(tools: MediaTools, track: Media) -> Made:
    name, out = _folder(track)
    facts = probe_file(tools, track.path, out)
    tags = facts.tags
    columns = {
        **{fact: getattr(facts, fact) for fact in ("duration", "bit_rate", "sample_rate", "channels", "codec")},
        "container": facts.container,
        "artist": _joined(tags.artists),
        "album_artist": _joined(tags.album_artists),
        "album": tags.album,
        "narrator": _joined(tags.narrators),
        "track_number": tags.track,
        "disc_number": tags.disc,
        "year": tags.year,
        "description": tags.description or tags.comment,
        "asin": tags.asin,
        "isbn": tags.isbn,
        "cover_path": facts.cover and f"{name}/{facts.cover}",
    }
    row = {
        "id": track.file.id,
        "title": tags.title or "",
        "plain_title": plain_title(track.path.name),
        "chapters": [asdict(chapter) for chapter in facts.chapters],
        "tags": tags.genres,
        "performers": (*(tags.artists or tags.album_artists), *tags.narrators),
    }
    return Made(columns, _summary(facts), (row,))


def _summary(facts: AudioProbe) -> Row:
    """What people may want to read: no chapter of thousands, no field that says nothing."""
    tags = {field: value for field, value in asdict(facts.tags).items() if value}
    return {**asdict(facts), "chapters": len(facts.chapters), "tags": tags}


def _joined(names: Sequence[str]) -> str | None:
    return ", ".join(names) or None


def _fingerprint(tools: MediaTools, track: Media) -> Made:
    made = fingerprint_file(tools, track.path)
    columns = {"oshash": made.oshash, "checksum_md5": made.md5, "chromaprint": made.chromaprint}
    return Made(columns, columns)


def _waveform(tools: MediaTools, track: Media) -> Made:
    name, out = _folder(track)
    made = draw_file(tools, track.path, out)
    return Made({"waveform_path": f"{name}/{made.file}"}, asdict(made))
