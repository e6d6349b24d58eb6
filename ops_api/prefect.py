"""Prefect, by its HTTP API. Its Python package would cost this process 85 MB and seconds to import."""

from __future__ import annotations

import os

import httpx

from darkroom.settings import settings

POOL = "darkroom"
#: Seconds. A busy server answers late, and that is no error.
PATIENCE = 40.0


def api_url() -> str:
    """Where Prefect's API is: where its own variable says, else on this machine."""
    return os.environ.get("PREFECT_API_URL") or f"http://127.0.0.1:{settings().prefect_port}/api"


class Prefect:
    """The three things that this program asks of Prefect. Every method raises `httpx.HTTPError` where it fails."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE, transport=transport)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def start(self, queue_name: str) -> str:
        """Start the deployment of a queue on what the ledger already holds; returns the flow run's id."""
        deployment = self._http.get(f"/deployments/name/{queue_name}/{queue_name}").raise_for_status().json()
        run = self._http.post(
            f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": {"enqueue": False}}
        )
        return str(run.raise_for_status().json()["id"])

    def workers_online(self) -> int:
        """How many workers of the pool have lately given a sign of life."""
        answer = self._http.post(f"/work_pools/{POOL}/workers/filter", json={})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return 0
        return sum(worker.get("status") == "ONLINE" for worker in answer.raise_for_status().json())
