from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, Any]


@dataclass
class System:
    """A server that speaks the API as a test says, and remembers what it was asked."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    #: What each request showed to be let in.
    shown: list[str | None] = field(default_factory=list)

    def on(self, request: str, body: Any, status: int = 200) -> None:
        """Answer `GET /path` so; said several times: one answer after the other, the last one again and again."""
        self.answers.setdefault(request, []).append((status, body))

    def requests(self) -> list[str]:
        return [asked[0] for asked in self.asked]

    def answer(self, request: str) -> Answer:
        queue = self.answers.get(request)
        if not queue:
            return 404, {"error": {"code": "not_found", "message": f"Nothing at {request}."}}
        return queue.pop(0) if len(queue) > 1 else queue[0]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Darkroom = Callable[..., Ran]


def one_sentence(ran: Ran) -> str:
    """What went wrong, after checking that it was said in one line on the error stream, and nothing elsewhere."""
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    return ran.err.strip()


def job(job_id: int = 1, **changes: Any) -> dict[str, Any]:
    """A job as the API shows it."""
    return {
        "id": job_id,
        "queueName": "library-scan",
        "queueLabel": "Library scan",
        "status": "completed",
        "state": changes.get("status", "completed"),
        "targetType": "library_root",
        "targetId": "7",
        "targetLabel": "/media/films",
        "progress": 100,
        "attempts": 1,
        "maxAttempts": 15,
        "trigger": "manual",
        "error": None,
        "result": {},
        "runAt": "2026-01-02T03:04:05Z",
        "createdAt": "2026-01-02T03:04:05Z",
        "startedAt": "2026-01-02T03:04:06Z",
        "finishedAt": "2026-01-02T03:04:07Z",
    } | changes
