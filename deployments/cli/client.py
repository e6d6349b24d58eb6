"""The running system's HTTP API, one method for each question. Every answer that is no good becomes one sentence."""

from __future__ import annotations

from typing import Any, Literal, Self
from urllib.parse import quote

import httpx

from deployments.cli.errors import CommandError, RefusedError, UnreachableError, WrongUsageError

Json = dict[str, Any]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

#: Seconds. Enqueuing all of a large library is one request.
TIMEOUT = httpx.Timeout(120, connect=5)
#: Jobs per request when many are listed.
PAGE = 100


class Client:
    """A connection to one running system. Use as a context manager."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {token}"} if token else None
        # No proxy of the environment: the system is on this machine, or named by an address of its own.
        self._http = httpx.Client(
            base_url=url, timeout=TIMEOUT, trust_env=False, verify=url.startswith("https:"), headers=headers
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def dashboard(self) -> Json:
        """The numbers, the queues, the schedule."""
        return self._ask("GET", "/api/jobs")

    def health(self) -> Json:
        """Everything that the health page says."""
        return self._ask("GET", "/api/health")

    def job(self, job_id: int) -> Json:
        """One job."""
        return self._ask("GET", f"/api/jobs/{job_id}")

    def events(self, job_id: int) -> list[Json]:
        """The whole story of one job."""
        told: list[Json] = []
        while page := self._ask("GET", f"/api/jobs/{job_id}/events", after=told[-1]["id"] if told else None)["events"]:
            told += page
        return told

    def chain(self, job_ids: list[int]) -> Json:
        """What became of some jobs and of every job that they led to."""
        first, *others = job_ids
        return self._ask("GET", f"/api/jobs/{first}/chain", also=others)

    def delayed(self, origin: int) -> list[Json]:
        """The jobs that one job led to and that wait for a later time: the newest page of them."""
        page = self._ask("GET", "/api/jobs/search", origin=origin, status="delayed", limit=PAGE)
        return list(page["jobs"])

    def search(self, *, limit: int = PAGE, queue: str | None = None, status: str | None = None) -> list[Json]:
        """Up to `limit` jobs, newest first, page by page."""
        found: list[Json] = []
        before: int | None = None
        while len(found) < limit:
            size = min(PAGE, limit - len(found))
            page = self._ask("GET", "/api/jobs/search", limit=size, before=before, queue=queue, status=status)
            found += page["jobs"]
            before = page["nextBefore"]
            if before is None:
                break
        return found[:limit]

    def run(self, queue: str, *, everything: bool) -> Json:
        """Enqueue what the queue lacks, or everything once more."""
        return self._ask("POST", f"/api/jobs/queues/{queue}/run", all=str(everything).lower())

    def backfill_phash(self) -> Json:
        """Enqueue the perceptual hash of every video that lacks it."""
        return self._ask("POST", "/api/jobs/phash-backfill")

    def forget_missing(self, days: int, confirm: int | None) -> Json:
        """Say how many files have been missing for so long, or forget them where that number is confirmed."""
        return self._ask("POST", "/api/libraries/missing/forget", body={"days": days, "confirm": confirm})

    def cancel_queue(self, queue: str) -> Json:
        """Cancel all that waits or runs in a queue."""
        return self._ask("POST", f"/api/jobs/queues/{queue}/cancel")

    def cancel_all(self) -> Json:
        """Cancel what runs, in every queue."""
        return self._ask("POST", "/api/jobs/cancel-all")

    def cancel(self, job_id: int) -> Json:
        """Cancel one job."""
        return self._ask("POST", f"/api/jobs/{job_id}/cancel")

    def retry(self, job_id: int) -> Json:
        """Put one ended job back."""
        return self._ask("POST", f"/api/jobs/{job_id}/retry")

    def retry_failed(self, queue: str | None) -> Json:
        """Put the failed jobs of a queue, or of all, back."""
        return self._ask("POST", "/api/jobs/retry-failed", body={"queueName": queue} if queue else {})

    def clear(self, *, queue: str | None, job_ids: list[int]) -> Json:
        """Take failures off the list."""
        body = {"queueName": queue} if queue else {"jobIds": job_ids} if job_ids else {}
        return self._ask("POST", "/api/jobs/acknowledge-failed", body=body)

    def roots(self) -> list[Json]:
        """The watched folders."""
        return list(self._ask("GET", "/api/libraries")["libraries"])

    def add_root(self, path: str, label: str | None = None) -> Json:
        """Watch a folder."""
        return self._ask("POST", "/api/libraries", body={"path": path} | ({"label": label} if label else {}))

    def remove_root(self, root_id: int) -> None:
        """Watch a folder no longer."""
        self._ask("DELETE", f"/api/libraries/{root_id}")

    def scan(self, root_id: int) -> Json:
        """Scan a watched folder, for each kind of media."""
        return self._ask("POST", f"/api/libraries/{root_id}/scan")

    def tokens(self) -> list[Json]:
        """The tokens that are good."""
        return list(self._ask("GET", "/api/admin/tokens")["tokens"])

    def add_token(self, name: str, scope: str) -> Json:
        """Make a token."""
        return self._ask("POST", "/api/admin/tokens", body={"name": name, "scope": scope})

    def revoke_token(self, token_id: int) -> None:
        """Make a token good for nothing."""
        self._ask("DELETE", f"/api/admin/tokens/{token_id}")

    def people(self) -> list[Json]:
        """Who may sign in."""
        return list(self._ask("GET", "/api/admin/people")["people"])

    def add_person(self, login: str, scope: str) -> Json:
        """Let somebody sign in, with a password that the system makes."""
        return self._ask("POST", "/api/admin/people", body={"login": login, "scope": scope})

    def change_person(self, login: str, scope: str) -> None:
        """Say what somebody may."""
        self._ask("PATCH", f"/api/admin/people/{quote(login, safe='')}", body={"scope": scope})

    def change_password(self, login: str) -> Json:
        """Give somebody another password, which the system makes."""
        return self._ask("PUT", f"/api/admin/people/{quote(login, safe='')}/password", body={})

    def remove_person(self, login: str) -> None:
        """Let somebody sign in no longer."""
        self._ask("DELETE", f"/api/admin/people/{quote(login, safe='')}")

    def _ask(self, method: Method, path: str, *, body: Json | None = None, **params: object) -> Json:
        wanted = {
            name: [str(each) for each in value] if isinstance(value, list) else str(value)
            for name, value in params.items()
            if value is not None
        }
        try:
            response = self._http.request(method, path, params=wanted, json=body)
        except httpx.ReadTimeout as error:
            raise UnreachableError(f"Darkroom at {self.url} did not answer in time; try again.") from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise UnreachableError(
                f"Darkroom does not answer at {self.url} ({reason}); `darkroom up` starts it."
            ) from error
        return self._answer(response)

    def _answer(self, response: httpx.Response) -> Json:
        try:
            answer = response.json() if response.content else {}
        except ValueError:
            answer = None
        if response.is_error:
            raise _refusal(response.status_code, answer, self.url)
        if not isinstance(answer, dict):
            raise UnreachableError(f"What answers at {self.url} is not Darkroom.")
        return answer


def _refusal(status: int, answer: object, url: str) -> CommandError:
    """What the system said against the request: its own sentence where it gave one."""
    try:
        sentence = str(answer["error"]["message"])  # type: ignore[index]
    except (KeyError, TypeError):
        return UnreachableError(f"What answers at {url} is not Darkroom, or not this version: it answered {status}.")
    if status == httpx.codes.UNAUTHORIZED:
        return RefusedError(f"Darkroom at {url} wants a token that is good: set DARKROOM_TOKEN to one.")
    if status in (400, 422):
        return WrongUsageError(sentence)
    return RefusedError(sentence) if status < 500 else UnreachableError(sentence)
