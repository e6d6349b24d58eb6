"""THE table of queues: what each is called, how much of it runs at once, how it tries again.

Plain data that imports nothing of ours, so that the page, the API, the command line, the check of `prefect.yaml`, the
docs and the tests can all read it. Adding a queue is one row here, one kernel in `tasks/`, one flow of three lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Section = Literal[
    "Library scans",
    "Library maintenance",
    "Video media pipeline",
    "Metadata import",
    "Gallery image pipeline",
    "Audio pipeline",
    "Collections",
    "Requests",
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
    "Requests",
)

#: How urgent a job is by who wanted it; larger is more urgent.
PRIORITY_PERSON_ONE = 10
PRIORITY_PERSON_MANY = 5
PRIORITY_MACHINE = 1
#: What a person puts first gets at least this much, so that it comes before all that is merely urgent.
PRIORITY_FIRST = 20

#: What a queue's priority may be, in words.
PRIORITIES: dict[int, str] = {PRIORITY_PERSON_ONE: "high", PRIORITY_PERSON_MANY: "medium", PRIORITY_MACHINE: "low"}

#: The most slots that a queue can have: what its own settings allow, and the largest multiplier of a base of one.
MOST_SLOTS = 16


@dataclass(frozen=True)
class Retry:
    """How a queue tries again after a transient failure: exponential, up to a longest delay (seconds).

    `jitter`: the part of a delay by which it is longer or shorter at random.
    """

    attempts: int
    first_delay: float
    longest_delay: float
    jitter: float = 0.25


MEDIA_RETRY = Retry(attempts=15, first_delay=2, longest_delay=6 * 3600)
#: 2 s, then 4 s; then 8 s where a queue is given more attempts.
REQUEST_RETRY = Retry(attempts=3, first_delay=2, longest_delay=8, jitter=0)


@dataclass(frozen=True, kw_only=True)
class Argument:
    """What a job of a queue may be told in its payload, and a person may change before it runs again.

    `flag` is true or false, `number` is within the bounds of the setting that it stands for, `some` are ids of what
    there is to choose from.
    """

    name: str
    label: str
    kind: Literal["flag", "number", "some"]
    help: str = ""
    unit: str = ""
    #: The setting of the library that it takes the place of, for this one job.
    setting: str = ""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One queue. `slots` is its base concurrency, multiplied by the worker concurrency of the settings if `scales`;
    a person may give it another number and another priority, see `db.ledger.queue_settings`."""

    name: str
    label: str
    description: str
    section: Section
    slots: int = 1
    #: Not where what limits it is another program: an indexer, a library server.
    scales: bool = True
    #: How urgent its jobs are at least, unless a person says otherwise; larger is more urgent.
    priority: int = PRIORITY_MACHINE
    #: Jobs per claim: 1 where a job takes a second or more and has a task run of its own, a batch where milliseconds.
    grain: int = 1
    retry: Retry = MEDIA_RETRY
    #: The longest that one job may take, seconds.
    time_limit: float = 3600
    #: Whether a job keeps a processor busy: of those a machine does as many at once as it has processors.
    heavy: bool = False
    #: What Run enqueues, in the page's words: "214 <lacks>".
    lacks: str
    #: What its jobs may be told; none where there is nothing to tell.
    arguments: tuple[Argument, ...] = ()
    #: Other queues that its Run fills too, with the folders that they scan.
    also_runs: tuple[str, ...] = ()

    def slots_at(self, multiplier: int) -> int:
        """How much of it runs at once under this worker concurrency."""
        return self.slots * multiplier if self.scales else self.slots


def _request_queue(**row: Any) -> Queue:
    """A queue of requests: its slots are what other programs bear, whatever the settings say."""
    return Queue(section="Requests", scales=False, retry=REQUEST_RETRY, **row)


_PREVIEW_ARGUMENTS = (
    Argument(
        name="trickplay",
        label="Scrubbing sprite",
        kind="flag",
        setting="generate_trickplay",
    ),
    Argument(
        name="trickplayInterval",
        label="A picture every",
        kind="number",
        unit="seconds",
        setting="trickplay_interval_seconds",
    ),
    Argument(
        name="clipSeconds",
        label="Length of the clip",
        kind="number",
        unit="seconds",
        setting="preview_clip_duration_seconds",
    ),
    Argument(
        name="thumbnailQuality",
        label="Size of the thumbnail",
        kind="number",
        help="1 is native size.",
        setting="thumbnail_quality",
    ),
    Argument(
        name="trickplayQuality",
        label="Size of the sprite",
        kind="number",
        help="1 is the largest.",
        setting="trickplay_quality",
    ),
)

QUEUES: tuple[Queue, ...] = (
    Queue(
        name="library-scan",
        label="Library scan",
        description="Finds videos in the watched folders and enqueues what they lack",
        section="Library scans",
        time_limit=12 * 3600,
        lacks="folders to scan",
        also_runs=("gallery-scan", "audio-scan"),
    ),
    Queue(
        name="gallery-scan",
        label="Gallery scan",
        description="Finds picture galleries, in folders and in archives",
        section="Library scans",
        time_limit=12 * 3600,
        lacks="folders to scan or archives to read",
    ),
    Queue(
        name="audio-scan",
        label="Audio scan",
        description="Finds audiobooks and music",
        section="Library scans",
        time_limit=12 * 3600,
        lacks="folders to scan",
    ),
    Queue(
        name="library-maintenance",
        label="Library maintenance",
        description="Moves generated files to where the settings want them and removes what nothing owns",
        section="Library maintenance",
        time_limit=12 * 3600,
        lacks="libraries to tidy",
    ),
    Queue(
        name="media-probe",
        label="Media probe",
        description="Reads duration, size, codecs and bit rate of videos",
        section="Video media pipeline",
        grain=25,
        time_limit=60,
        lacks="videos without technical data",
    ),
    Queue(
        name="fingerprint",
        label="Fingerprint",
        description="Hashes videos, so that they are known again under another name",
        section="Video media pipeline",
        time_limit=6 * 3600,
        heavy=True,
        lacks="videos without hashes",
        arguments=(
            Argument(name="phash", label="The perceptual hash too", kind="flag", help="Whatever the settings say."),
            Argument(name="everything", label="Anew", kind="flag", help="Also the hashes that are there already."),
        ),
    ),
    Queue(
        name="preview",
        label="Preview",
        description="Makes thumbnails, a short clip and the scrubbing sprite",
        section="Video media pipeline",
        time_limit=3 * 3600,
        heavy=True,
        lacks="videos without a preview",
        arguments=_PREVIEW_ARGUMENTS,
    ),
    Queue(
        name="extract-subtitles",
        label="Extract subtitles",
        description="Turns subtitle tracks and subtitle files into WebVTT",
        section="Video media pipeline",
        time_limit=3600,
        lacks="videos whose subtitles were not read",
    ),
    Queue(
        name="hls-transcode",
        label="HLS transcode",
        description="Makes the adaptive set of a video that somebody asked to watch",
        section="Video media pipeline",
        time_limit=12 * 3600,
        heavy=True,
        lacks="adaptive sets that were asked for",
    ),
    Queue(
        name="identify",
        label="Identify",
        description="Looks videos up by their hashes and keeps what is proposed",
        section="Metadata import",
        grain=25,
        time_limit=300,
        lacks="videos with hashes that were not looked up",
        arguments=(
            Argument(name="stashBoxes", label="Ask only", kind="some", help="None ticked: all that are enabled."),
        ),
    ),
    Queue(
        name="metadata-import",
        label="Metadata import",
        description="Applies accepted identify results to the library",
        section="Metadata import",
        time_limit=300,
        lacks="accepted results to apply",
    ),
    Queue(
        name="image-thumbnail",
        label="Image thumbnail",
        description="Makes thumbnails of pictures, and short clips of those that move",
        section="Gallery image pipeline",
        grain=25,
        time_limit=600,
        lacks="pictures without a thumbnail",
    ),
    Queue(
        name="image-fingerprint",
        label="Image fingerprint",
        description="Hashes pictures, so that they are known again in another place, format or size",
        section="Gallery image pipeline",
        grain=25,
        time_limit=600,
        lacks="pictures without hashes",
    ),
    Queue(
        name="audio-probe",
        label="Audio probe",
        description="Reads duration, codec, tags and chapters of audio files",
        section="Audio pipeline",
        grain=25,
        time_limit=60,
        lacks="audio files without technical data",
    ),
    Queue(
        name="audio-fingerprint",
        label="Audio fingerprint",
        description="Hashes audio files and the first two minutes of their sound",
        section="Audio pipeline",
        lacks="audio files without hashes",
    ),
    Queue(
        name="audio-waveform",
        label="Audio waveform",
        description="Draws the waveform that the player shows",
        section="Audio pipeline",
        time_limit=6 * 3600,
        heavy=True,
        lacks="audio files without a waveform",
    ),
    Queue(
        name="collection-refresh",
        label="Collection refresh",
        description="Evaluates the rules of dynamic collections again",
        section="Collections",
        time_limit=600,
        lacks="collections with rules",
    ),
    _request_queue(
        name="search_indexers",
        label="Search indexers",
        description="Looks for releases of a requested book and chooses the best",
        slots=3,
        priority=PRIORITY_PERSON_ONE,
        time_limit=600,
        lacks="requests that wait for a search",
    ),
    _request_queue(
        name="download_torrent",
        label="Download torrent",
        description="Hands a release to a download client, the next best one where it cannot be had",
        slots=3,
        priority=PRIORITY_PERSON_ONE,
        time_limit=600,
        lacks="chosen releases that no client has",
    ),
    _request_queue(
        name="monitor_download",
        label="Monitor download",
        description="Watches downloads until they are complete",
        slots=5,
        priority=PRIORITY_PERSON_MANY,
        grain=100,
        time_limit=60,
        lacks="downloads that nobody watches",
    ),
    _request_queue(
        name="organize_files",
        label="Organize files",
        description="Files finished downloads into the library",
        slots=2,
        priority=PRIORITY_PERSON_ONE,
        time_limit=6 * 3600,
        lacks="finished downloads to put into the library",
    ),
    _request_queue(
        name="scan_plex",
        label="Scan Plex",
        description="Reads all of Plex or Audiobookshelf and finds requested books in it",
        slots=1,
        priority=PRIORITY_PERSON_MANY,
        time_limit=3600,
        lacks="library servers to read",
    ),
    _request_queue(
        name="plex_recently_added_check",
        label="Recently added check",
        description="Looks for requested books in what Plex or Audiobookshelf added last",
        slots=1,
        priority=PRIORITY_PERSON_MANY,
        time_limit=300,
        lacks="library servers to look at",
    ),
    _request_queue(
        name="match_plex",
        label="Match Plex",
        description="Looks for one book in what the last scan found; scans do that by themselves",
        slots=3,
        priority=PRIORITY_PERSON_MANY,
        time_limit=60,
        lacks="requests whose book is not listed yet",
    ),
    _request_queue(
        name="retry_missing_torrents",
        label="Retry missing torrents",
        description="Searches again for books of which no release was good enough",
        slots=1,
        priority=PRIORITY_MACHINE,
        time_limit=600,
        lacks="sweeps to make",
    ),
    _request_queue(
        name="retry_failed_imports",
        label="Retry failed imports",
        description="Tries again to put downloads into the library",
        slots=1,
        priority=PRIORITY_MACHINE,
        time_limit=600,
        lacks="sweeps to make",
    ),
    _request_queue(
        name="monitor_rss_feeds",
        label="Monitor RSS feeds",
        description="Looks for missing books in what the indexers published last",
        slots=1,
        priority=PRIORITY_MACHINE,
        time_limit=600,
        lacks="sweeps to make",
    ),
    _request_queue(
        name="cleanup_seeded_torrents",
        label="Clean up seeded torrents",
        description="Removes torrents that were seeded for long enough, or whose request was withdrawn",
        slots=1,
        priority=PRIORITY_MACHINE,
        time_limit=1800,
        lacks="sweeps to make",
    ),
    _request_queue(
        name="send_notification",
        label="Send notification",
        description="Tells people what became of requests",
        slots=3,
        priority=PRIORITY_PERSON_MANY,
        time_limit=120,
        lacks="news to tell",
    ),
)

BY_NAME: dict[str, Queue] = {queue.name: queue for queue in QUEUES}
