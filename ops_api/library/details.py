"""What the page of one thing says of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import RowMapping

from db.generated import FILES, address
from ops_api import models
from ops_api.words import counted, runtime, size

#: Of a long list, so many are named.
NAMED = 20
#: What a proposal can say, by the column that it would change; the rest has no column of its own.
COLUMNS = {"title": "title", "date": "released", "details": "overview", "studio": "studio"}


@dataclass(frozen=True)
class Track:
    """A subtitle track and where it is served."""

    label: str
    language: str
    source: str
    address: str
    original: str | None


@dataclass(frozen=True)
class Field:
    """One field of a proposal: what it would be, and what it is now."""

    name: str
    proposed: str
    now: str


@dataclass(frozen=True)
class Proposal:
    """What somebody says that a video is."""

    result: models.IdentifyResult
    fields: list[Field]


def files(row: RowMapping) -> dict[str, str | None]:
    """Where the generated files of a video are served, by column; and the `picture` that shows it best."""
    version = int(row["updated_at"].timestamp())
    columns = (*FILES, "custom_thumbnail_path")
    served = {column: address("videos", row["id"], column, row[column], version) for column in columns}
    return served | {"picture": served["custom_thumbnail_path"] or served["thumbnail_path"]}


def facts(row: RowMapping) -> dict[str, str]:
    """What the probe and the hashes say of a video, in words; what is unknown is left out."""
    rate = row["bit_rate"] and f"{size(row['bit_rate'] / 8)} a second"
    codecs = [name for name in (row["codec"], row["audio_codec"]) if name]
    said = {
        "Length": row["duration"] and runtime(row["duration"]),
        "Picture": row["width"] and f"{row['width']} × {row['height']}",
        "Frame rate": row["frame_rate"] and f"{row['frame_rate']:.3f}".rstrip("0").rstrip(".") + " a second",
        "Codecs": " and ".join(codecs),
        "Container": row["container"],
        "Data rate": rate,
        "Size": size(row["file_size"]),
        "MD5": row["checksum_md5"],
        "OpenSubtitles hash": row["oshash"],
        "Perceptual hash": row["phash"],
    }
    return {name: str(value) for name, value in said.items() if value}


def picture_facts(row: RowMapping) -> dict[str, str]:
    """What is known of a picture, in words."""
    said = {
        "Picture": row["width"] and f"{row['width']} × {row['height']}",
        "Format": row["format"],
        "Size": size(row["file_size"]),
        "MD5": row["checksum_md5"],
        "OpenSubtitles hash": row["oshash"],
        "Perceptual hash": row["phash"],
    }
    return {name: str(value) for name, value in said.items() if value}


def sound_facts(row: RowMapping) -> dict[str, str]:
    """What is known of an audio track, in words."""
    of = [
        f"disc {row['disc_number']}" if row["disc_number"] else "",
        f"track {row['track_number']}" if row["track_number"] else "",
    ]
    said = {
        "Length": row["duration"] and runtime(row["duration"]),
        "Artist": row["artist"],
        "Album": row["album"],
        "Album artist": row["album_artist"],
        "Narrator": row["narrator"],
        "Place": ", ".join(filter(None, of)),
        "Year": row["year"],
        "Codec": row["codec"],
        "Container": row["container"],
        "Sound": row["sample_rate"] and f"{row['sample_rate']:,} Hz, {counted(row['channels'] or 0, 'channel')}",
        "Data rate": row["bit_rate"] and f"{size(row['bit_rate'] / 8)} a second",
        "Size": size(row["file_size"]),
        "ASIN": row["asin"],
        "ISBN": row["isbn"],
        "MD5": row["checksum_md5"],
        "OpenSubtitles hash": row["oshash"],
        "AcoustID print": row["chromaprint"] and f"{len(row['chromaprint']):,} characters",
    }
    return {name: str(value) for name, value in said.items() if value}


def track(row: RowMapping, video_id: int) -> Track:
    """One subtitle track in words."""
    return Track(
        row["label"] or ("a file beside the video" if row["source"] == "sidecar" else "in the video"),
        row["language"],
        row["source_format"],
        str(address("videos", video_id, "storage_path", row["storage_path"])),
        address("videos", video_id, "original_path", row["original_path"]),
    )


def proposal(result: models.IdentifyResult, row: RowMapping) -> Proposal:
    """A proposal beside what is known now."""
    now = {name: _in_words(row[column]) for name, column in COLUMNS.items()}
    said = result.proposed.said()
    return Proposal(result, [Field(name, _in_words(value), now.get(name, "")) for name, value in said.items()])


def _in_words(value: object) -> str:
    if not isinstance(value, list):
        return "" if value is None else str(value)
    named, others = value[:NAMED], len(value) - NAMED
    return ", ".join(map(str, named)) + (f" and {counted(others, 'other')}" if others > 0 else "")
