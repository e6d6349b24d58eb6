"""THE table of queues: what each is called, how much of it runs at once, how it tries again.

Plain data that imports nothing of ours, so that the page, the API, the command line, the check of `prefect.yaml`, the
docs and the tests can all read it. Adding a queue is one row here, one kernel in `tasks/`, one flow of three lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Section = Literal[
    "Library scans",
    "Library maintenance",
    "Video media pipeline",
    "Metadata import",
    "Gallery image pipeline",
    "Audio pipeline",
    "Collections",
]

#: The sections of the page, in its fixed order.
SECTIONS: tuple[Section, ...] = (
    "Library scans",
    "Library maintenance",
    "Video media pipeline",
    "Metadata import",
    "Gallery image pipeline",
    "Audio pipeline",
    "Collections",
)

#: How urgent a job is by who wanted it; larger is more urgent.
PRIORITY_PERSON_ONE = 10
PRIORITY_PERSON_MANY = 5
PRIORITY_MACHINE = 1


@dataclass(frozen=True)
class Retry:
    """How a queue tries again after a transient failure: exponential, with jitter, up to a longest delay (seconds)."""

    attempts: int
    first_delay: float
    longest_delay: float


MEDIA_RETRY = Retry(attempts=15, first_delay=2, longest_delay=6 * 3600)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One queue. `slots` is its base concurrency, multiplied by the worker concurrency of the settings."""

    name: str
    label: str
    description: str
    section: Section
    slots: int = 1
    #: Jobs per claim and per Prefect task run: 1 where a job takes a second or more, a batch where milliseconds.
    grain: int = 1
    retry: Retry = MEDIA_RETRY
    #: The longest that one job may take, seconds.
    time_limit: float = 3600
    #: Whether a job keeps a processor busy: of those a machine does as many at once as it has processors.
    heavy: bool = False
    #: What Run enqueues, in the page's words: "214 <lacks>".
    lacks: str
    #: Other queues that its Run fills too, with the folders that they scan.
    also_runs: tuple[str, ...] = ()
    #: Whether its flow exists; the others of the contract keep their place here until theirs is written.
    ready: bool = False


QUEUES: tuple[Queue, ...] = (
    Queue(
        name="library-scan",
        label="Library scan",
        description="Finds videos in the watched folders and enqueues what they lack",
        section="Library scans",
        time_limit=12 * 3600,
        lacks="folders to scan",
        also_runs=("gallery-scan", "audio-scan"),
        ready=True,
    ),
    Queue(
        name="gallery-scan",
        label="Gallery scan",
        description="Finds picture galleries, in folders and in archives",
        section="Library scans",
        time_limit=12 * 3600,
        lacks="folders to scan or archives to read",
        ready=True,
    ),
    Queue(
        name="audio-scan",
        label="Audio scan",
        description="Finds audiobooks and music",
        section="Library scans",
        time_limit=12 * 3600,
        lacks="folders to scan",
        ready=True,
    ),
    Queue(
        name="library-maintenance",
        label="Library maintenance",
        description="Moves generated files to where the settings want them and removes what nothing owns",
        section="Library maintenance",
        time_limit=12 * 3600,
        lacks="libraries to tidy",
        ready=True,
    ),
    Queue(
        name="media-probe",
        label="Media probe",
        description="Reads duration, size, codecs and bit rate of videos",
        section="Video media pipeline",
        grain=25,
        time_limit=60,
        lacks="videos without technical data",
        ready=True,
    ),
    Queue(
        name="fingerprint",
        label="Fingerprint",
        description="Hashes videos, so that they are known again under another name",
        section="Video media pipeline",
        time_limit=6 * 3600,
        heavy=True,
        lacks="videos without hashes",
        ready=True,
    ),
    Queue(
        name="preview",
        label="Preview",
        description="Makes thumbnails, a short clip and the scrubbing sprite",
        section="Video media pipeline",
        time_limit=3 * 3600,
        heavy=True,
        lacks="videos without a preview",
        ready=True,
    ),
    Queue(
        name="extract-subtitles",
        label="Extract subtitles",
        description="Turns subtitle tracks and subtitle files into WebVTT",
        section="Video media pipeline",
        time_limit=3600,
        lacks="videos whose subtitles were not read",
        ready=True,
    ),
    Queue(
        name="hls-transcode",
        label="HLS transcode",
        description="Makes the adaptive set of a video that somebody asked to watch",
        section="Video media pipeline",
        time_limit=12 * 3600,
        heavy=True,
        lacks="adaptive sets that were asked for",
        ready=True,
    ),
    Queue(
        name="identify",
        label="Identify",
        description="Looks videos up by their hashes and keeps what is proposed",
        section="Metadata import",
        grain=25,
        time_limit=300,
        lacks="videos with hashes that were not looked up",
        ready=True,
    ),
    Queue(
        name="metadata-import",
        label="Metadata import",
        description="Applies accepted identify results to the library",
        section="Metadata import",
        time_limit=300,
        lacks="accepted results to apply",
        ready=True,
    ),
    Queue(
        name="image-thumbnail",
        label="Image thumbnail",
        description="Makes thumbnails of pictures, and short clips of those that move",
        section="Gallery image pipeline",
        grain=25,
        time_limit=600,
        lacks="pictures without a thumbnail",
        ready=True,
    ),
    Queue(
        name="image-fingerprint",
        label="Image fingerprint",
        description="Hashes pictures, so that they are known again in another place, format or size",
        section="Gallery image pipeline",
        grain=25,
        time_limit=600,
        lacks="pictures without hashes",
        ready=True,
    ),
    Queue(
        name="audio-probe",
        label="Audio probe",
        description="Reads duration, codec, tags and chapters of audio files",
        section="Audio pipeline",
        grain=25,
        time_limit=60,
        lacks="audio files without technical data",
        ready=True,
    ),
    Queue(
        name="audio-fingerprint",
        label="Audio fingerprint",
        description="Hashes audio files and the first two minutes of their sound",
        section="Audio pipeline",
        lacks="audio files without hashes",
        ready=True,
    ),
    Queue(
        name="audio-waveform",
        label="Audio waveform",
        description="Draws the waveform that the player shows",
        section="Audio pipeline",
        time_limit=6 * 3600,
        heavy=True,
        lacks="audio files without a waveform",
        ready=True,
    ),
    Queue(
        name="collection-refresh",
        label="Collection refresh",
        description="Evaluates the rules of dynamic collections again",
        section="Collections",
        time_limit=600,
        lacks="collections with rules",
        ready=True,
    ),
)

BY_NAME: dict[str, Queue] = {queue.name: queue for queue in QUEUES}
