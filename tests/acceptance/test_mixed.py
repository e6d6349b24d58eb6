"""Three hundred files of every kind, a third of them bad, scanned in one go."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.acceptance.system import a_darkroom
from tests.mixed_library import ARCHIVES, PAGES, make

#: Which queues work on which kind.
QUEUES = {
    "films": ("media-probe", "fingerprint", "preview", "extract-subtitles"),
    # one decode makes the hashes too: without a thumbnail there is none to fingerprint
    "pictures": ("image-thumbnail",),
    "sounds": ("audio-probe", "audio-fingerprint", "audio-waveform"),
    "comics": ("gallery-scan",),
}


def test_exactly_the_bad_files_fail_in_every_queue_and_all_others_have_all_results():
    with a_darkroom() as darkroom:
        up = darkroom.run("up", "--detach")
        assert up.returncode == 0, up.stderr
        library = make(darkroom.home / "library")
        assert sum(library.good.values()) + sum(map(len, library.bad.values())) == 300
        report = darkroom.scanned(library.root)

        failed = defaultdict(set)
        for failure in report["failures"]:
            failed[failure["queue"]].add(Path(failure["target"]).name)
            assert failure["error"], failure
        assert failed == {queue: library.bad[kind] for kind, queues in QUEUES.items() for queue in queues}

        pages, tracks = ARCHIVES[0] * PAGES, library.good["sounds"]
        whole = {
            "SELECT count(*) FROM videos WHERE duration > 0 AND preview_path IS NOT NULL AND oshash IS NOT NULL"
            " AND subtitles_revision = revision": library.good["films"],
            "SELECT count(*) FROM images WHERE thumbnail_path IS NOT NULL AND phash IS NOT NULL AND width > 0": (
                library.good["pictures"] + pages
            ),
            "SELECT count(*) FROM audio_tracks WHERE duration > 0 AND waveform_path IS NOT NULL": tracks,
            "SELECT count(*) FROM galleries WHERE kind = 'archive' AND image_count = 3": ARCHIVES[0],
            "SELECT count(*) FROM job_runs WHERE status NOT IN ('completed', 'failed')": 0,
        }
        assert {statement: darkroom.rows(statement)[0][0] for statement in whole} == whole

        again = darkroom.scanned(library.root)
        assert (again["enqueued"], again["failures"]) == (0, [])
