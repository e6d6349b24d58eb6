"""The video media pipeline: what a file is, what it is known by, what it looks like, what is said in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection

from darkroom.settings import settings
from db import paths
from db.generated import FILES
from db.ledger import Claimed, FollowUp
from db.results import save_results, save_subtitles
from flows.beside import PreviewPlace
from flows.database import engine
from flows.media import Made, Media, MediaWork, Row
from flows.queues import BY_NAME
from flows.runs import SLOTS, work_off
from flows.work import Done
from tasks.library.sidecars import subtitle_sidecars
from tasks.media.fingerprint import OF_BYTES, PHASH
from tasks.media.fingerprint import fingerprint as fingerprint_file
from tasks.media.preview import PreviewSettings
from tasks.media.preview import preview as preview_file
from tasks.media.probe import probe as probe_file
from tasks.media.subtitles import FOLDER as SUBTITLES
from tasks.media.subtitles import extract_subtitles as extract_subtitles_of
from tasks.media.tools import MediaTools


@flow(name="media-probe", task_runner=SLOTS, persist_result=False)
def media_probe(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Read duration, size, codecs and bit rate of videos."""
    return work_off(BY_NAME["media-probe"], MediaWork("media-probe", _probe), enqueue=enqueue, everything=everything)


@flow(name="fingerprint", task_runner=SLOTS, persist_result=False)
def fingerprint(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Hash videos, so that they are known again under another name."""
    return work_off(BY_NAME["fingerprint"], FingerprintWork(), enqueue=enqueue, everything=everything)


@flow(name="preview", task_runner=SLOTS, persist_result=False)
def preview(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Make thumbnails, a short clip and the scrubbing sprite."""
    return work_off(BY_NAME["preview"], MediaWork("preview", _preview), enqueue=enqueue, everything=everything)


@flow(name="extract-subtitles", task_runner=SLOTS, persist_result=False)
def extract_subtitles(enqueue: bool = True, everything: bool = False) -> State[Any]:
    """Turn subtitle tracks and subtitle files into WebVTT."""
    return work_off(BY_NAME["extract-subtitles"], SubtitlesWork(), enqueue=enqueue, everything=everything)


def _folder(video: Media) -> tuple[str, Path]:
    """Where a video's generated files go: relative to the cache, as the database keeps it, and whole."""
    name = f"videos/{video.file.id}"
    return name, settings().cache / name


def _probe(tools: MediaTools, video: Media) -> Made:
    facts = asdict(probe_file(tools, video.path))
    columns = ("duration", "width", "height", "frame_rate", "bit_rate", "codec", "container", "audio_codec")
    return Made({name: facts[name] for name in columns}, facts)


class FingerprintWork(MediaWork):
    """Makes what is missing of two results: the hashes of a file's bytes, and the one of what it shows."""

    def __init__(self) -> None:
        super().__init__("fingerprint", _fingerprint)

    def make(self, tools: MediaTools, job: Claimed, target: Media) -> Made:
        """Hash the file as far as this job asks for, which `load` cannot say: it is in the job's payload."""
        return _fingerprint(tools, target, hashes_wanted(target, job.payload))

    def save_rows(self, conn: Connection, rows: Sequence[Row]) -> set[int]:
        """Write each result where it was made; a file that has changed takes none."""
        kept = {row["id"] for row in rows}
        for name, column in (("fingerprint", "oshash"), ("phash", "phash")):
            made = [row for row in rows if column in row]
            kept -= {row["id"] for row in made} - save_results(conn, name, made)
        return kept


#: The columns of the hashes, by their names in `tasks.media.fingerprint`.
HASHES = {"oshash": "oshash", "md5": "checksum_md5", "phash": "phash"}


def hashes_wanted(video: Media, payload: Mapping[str, Any]) -> set[str]:
    """Which hashes a fingerprint job is to make: those that are not of the file's present content.

    The perceptual one only where the settings, or `phash` in the payload, ask for it; `everything` makes those anew
    that are there.
    """
    anew, file = bool(payload.get("everything")), video.file
    bytes_lack = anew or file.more["fingerprint_revision"] != file.revision
    phash_lacks = anew or file.more["phash_revision"] != file.revision
    wants_phash = video.settings.generate_phash or bool(payload.get("phash"))
    return set(OF_BYTES if bytes_lack else ()) | ({PHASH} if wants_phash and phash_lacks else set())


def _fingerprint(tools: MediaTools, video: Media, wanted: Collection[str] = OF_BYTES) -> Made:
    made = asdict(fingerprint_file(tools, video.path, wanted)) if wanted else {}
    columns = {HASHES[name]: value for name, value in made.items() if name in wanted}
    return Made(columns, columns)


def _preview(tools: MediaTools, video: Media) -> Made:
    chosen = video.settings
    wanted = PreviewSettings(
        clip_seconds=chosen.preview_clip_duration_seconds,
        trickplay=chosen.generate_trickplay,
        trickplay_interval=chosen.trickplay_interval_seconds,
        thumbnail_quality=chosen.thumbnail_quality,
        trickplay_quality=chosen.trickplay_quality,
    )
    name, out = _folder(video)
    place = PreviewPlace(engine(), tools.control, video, name, out)
    made = preview_file(tools, video.path, out, wanted, publish=place.take)
    return Made({column: place.stored.get(file) for column, file in FILES.items()}, asdict(made))


class SubtitlesWork(MediaWork):
    """Its results are rows of their own."""

    def __init__(self) -> None:
        super().__init__("extract-subtitles", _subtitles)

    def save_more(
        self, conn: Connection, done: Sequence[Done[Media, Made]]
    ) -> Iterable[tuple[Claimed, Sequence[FollowUp]]]:
        """Replace the tracks of these videos."""
        tracks = [track for each in done for track in each.result.rows]
        save_subtitles(conn, [each.target.file.id for each in done], tracks)
        return ()


def _subtitles(tools: MediaTools, video: Media) -> Made:
    name, out = _folder(video)
    sidecars = [sidecar.path for sidecar in subtitle_sidecars(video.path)]
    made = extract_subtitles_of(tools, video.path, out, sidecars)
    folder = f"{name}/{SUBTITLES}"
    tracks: list[Row] = [
        {
            "video_id": video.file.id,
            "source": track.source,
            "source_key": paths.to_text(track.source_key),
            "language": track.language,
            "label": track.label,
            "source_format": track.source_format,
            "storage_path": f"{folder}/{track.vtt}",
            "original_path": track.original and f"{folder}/{track.original}",
            "is_default": track.is_default,
        }
        for track in made.tracks
    ]
    return Made({"sidecar_signature": video.file.more["sidecar_signature"]}, asdict(made), tuple(tracks))
