from __future__ import annotations

from typing import Any

import pytest

from darkroom import __version__
from tests.unit.cli.stub import Darkroom, System, job, one_sentence

DASHBOARD: dict[str, Any] = {
    "asOf": "2026-01-02T03:04:05Z",
    "stats": {
        "running": 2,
        "backlog": 5,
        "ready": 4,
        "delayed": 1,
        "nextDelayedAt": None,
        "failures": 3,
        "cancelled": 1,
        "retainedDone": 9,
    },
    "queues": [
        {
            "queueName": "preview",
            "status": "active",
            "running": 2,
            "queued": 4,
            "delayed": 1,
            "failed": 3,
            "completed": 9,
        }
    ],
    "workers": {"alive": 0, "prefect": True},
}


def test_the_version_is_printed(darkroom: Darkroom) -> None:
    ran = darkroom("--version")
    assert (ran.code, ran.out) == (0, f"darkroom {__version__}\n")


def test_without_words_the_help_is_printed(darkroom: Darkroom) -> None:
    ran = darkroom()
    assert ran.code == 0
    assert "Usage: darkroom" in ran.out
    assert "scan" in ran.out


def test_status_shows_the_four_numbers_and_the_queues(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs", DASHBOARD)
    ran = darkroom("status")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:4] == [
        "Running 2",
        "Backlog 5 (4 ready, 1 delayed)",
        "Failures 3, cancelled 1",
        "Retained done 9",
    ]
    assert "No worker is alive: nothing runs until `darkroom up` starts one." in lines
    assert [line.split() for line in lines if line.startswith("preview")] == [
        ["preview", "active", "2", "4", "1", "3", "9"]
    ]


def test_status_says_when_prefect_is_away(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs", DASHBOARD | {"workers": {"alive": None, "prefect": False}})
    assert "Prefect does not answer: what waits starts when it does.\n" in darkroom("status").out


def test_status_as_json_is_the_answer_itself(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs", DASHBOARD)
    ran = darkroom("status", "--json")
    assert (ran.code, ran.json, ran.err) == (0, DASHBOARD, "")


def test_run_says_what_was_enqueued(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/jobs/queues/preview/run", {"message": "Enqueued 3, skipped 2 that were already waiting."})
    ran = darkroom("run", "preview")
    assert (ran.code, ran.out) == (0, "Enqueued 3, skipped 2 that were already waiting.\n")
    assert system.asked[0][1] == {"all": "false"}


def test_run_all_asks_for_everything(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/jobs/queues/preview/run", {"message": "Enqueued 3, skipped 0."})
    darkroom("run", "preview", "--all")
    assert system.asked[0][1] == {"all": "true"}


def test_run_fingerprint_phash_asks_for_the_backfill(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/jobs/phash-backfill", {"message": "Enqueued 3, skipped 0."})
    ran = darkroom("run", "fingerprint", "--phash")
    assert (ran.code, ran.out) == (0, "Enqueued 3, skipped 0.\n")


@pytest.mark.parametrize("words", [("preview", "--phash"), ("fingerprint", "--phash", "--all")])
def test_run_phash_goes_with_nothing_else(system: System, darkroom: Darkroom, words: tuple[str, ...]) -> None:
    ran = darkroom("run", *words)
    assert ran.code == 2
    assert one_sentence(ran) == "--phash goes with `darkroom run fingerprint`, without --all."
    assert system.requests() == []


def test_jobs_passes_its_filters_on(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs/search", {"jobs": [job(4, status="failed", error="bad\nworse")], "nextBefore": None})
    ran = darkroom("jobs", "--queue", "preview", "--status", "failed", "--limit", "7")
    assert ran.code == 0
    assert system.asked[0][1] == {"queue": "preview", "status": "failed", "limit": "7"}
    assert ran.out.splitlines()[1].split() == ["4", "library-scan", "failed", "1/15", "/media/films", "bad"]


def test_jobs_reads_page_after_page_up_to_the_limit(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs/search", {"jobs": [job(n) for n in range(200, 100, -1)], "nextBefore": 101})
    system.on("GET /api/jobs/search", {"jobs": [job(n) for n in range(100, 50, -1)], "nextBefore": 51})
    ran = darkroom("jobs", "--limit", "150", "--json")
    assert [entry["id"] for entry in ran.json["jobs"]] == list(range(200, 50, -1))
    assert [query.get("before") for _, query, _ in system.asked] == [None, "101"]
    assert [query["limit"] for _, query, _ in system.asked] == ["100", "50"]


def test_no_job_is_said_calmly(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs/search", {"jobs": [], "nextBefore": None})
    ran = darkroom("jobs")
    assert (ran.code, ran.out) == (0, "No such jobs.\n")


def test_a_job_is_shown_with_its_story(system: System, darkroom: Darkroom) -> None:
    system.on("GET /api/jobs/4", job(4, queueName="preview", status="failed", error="moov atom not found"))
    event = {"createdAt": "2026-01-02T03:04:06Z", "level": "error", "context": "preview", "message": "gave up"}
    system.on("GET /api/jobs/4/events", {"events": [event | {"id": 7}]})
    system.on("GET /api/jobs/4/events", {"events": []})
    ran = darkroom("job", "4")
    assert ran.code == 0
    assert "moov atom not found" in ran.out
    assert ran.out.splitlines()[-1].endswith("error preview: gave up")
    assert system.asked[-1][1] == {"after": "7"}


@pytest.mark.parametrize(
    ("words", "request_", "body"),
    [
        (("cancel", "5"), "POST /api/jobs/5/cancel", None),
        (("cancel", "--queue", "preview"), "POST /api/jobs/queues/preview/cancel", None),
        (("cancel", "--all"), "POST /api/jobs/cancel-all", None),
        (("retry", "5"), "POST /api/jobs/5/retry", None),
        (("retry", "--queue", "preview"), "POST /api/jobs/retry-failed", {"queueName": "preview"}),
        (("retry", "--all"), "POST /api/jobs/retry-failed", {}),
        (("clear", "5", "6"), "POST /api/jobs/acknowledge-failed", {"jobIds": [5, 6]}),
        (("clear", "--queue", "preview"), "POST /api/jobs/acknowledge-failed", {"queueName": "preview"}),
        (("clear", "--all"), "POST /api/jobs/acknowledge-failed", {}),
    ],
)
def test_cancel_retry_and_clear_ask_for_exactly_what_is_named(
    system: System, darkroom: Darkroom, words: tuple[str, ...], request_: str, body: object
) -> None:
    system.on(request_, {"message": "Done.", "cleared": 2})
    ran = darkroom(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("Done.\n")
    assert [(asked, sent) for asked, _, sent in system.asked] == [(request_, body)]


def test_one_job_that_refuses_does_not_spare_the_others(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/jobs/5/cancel", {"error": {"code": "conflict", "message": "Job 5 has ended."}}, 409)
    system.on("POST /api/jobs/6/cancel", {"message": "Cancelled the job."})
    ran = darkroom("cancel", "5", "6")
    assert (ran.code, ran.out, ran.err) == (1, "Job 6: Cancelled the job.\n", "Job 5: Job 5 has ended.\n")


def test_clearing_what_is_no_failure_fails(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/jobs/acknowledge-failed", {"cleared": 0, "message": "Cleared 0 jobs."})
    ran = darkroom("clear", "5")
    assert ran.code == 1
    assert one_sentence(ran) == "None of these jobs is on the list of failures."


@pytest.mark.parametrize("words", [("cancel",), ("retry", "5", "--all"), ("clear", "--queue", "preview", "--all")])
def test_which_jobs_must_be_said_in_one_way(system: System, darkroom: Darkroom, words: tuple[str, ...]) -> None:
    ran = darkroom(*words)
    assert ran.code == 2
    assert one_sentence(ran) == "Say which jobs: their numbers, or --queue QUEUE, or --all."
    assert system.asked == []


def test_tidy_runs_the_upkeep(system: System, darkroom: Darkroom) -> None:
    system.on("POST /api/jobs/queues/library-maintenance/run", {"message": "Enqueued 1, skipped 0."})
    assert darkroom("tidy").out == "Enqueued 1, skipped 0.\n"


def test_tidy_says_how_many_files_are_missing_and_forgets_them_when_the_number_is_confirmed(
    system: System, darkroom: Darkroom
) -> None:
    system.on("POST /api/libraries/missing/forget", {"message": "Would forget 3 videos."})
    assert darkroom("tidy", "--missing-days", "30").out == "Would forget 3 videos.\n"
    darkroom("tidy", "--missing-days", "30", "--confirm", "3")
    assert [asked[2] for asked in system.asked] == [{"days": 30, "confirm": None}, {"days": 30, "confirm": 3}]
    assert darkroom("tidy", "--confirm", "3").code == 2
