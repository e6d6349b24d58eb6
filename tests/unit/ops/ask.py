from __future__ import annotations

import anyio
import httpx
from starlette.types import ASGIApp


def ask(app: ASGIApp, url: str, **headers: str) -> httpx.Response:
    """What the application answers; the URL is the address that it was reached at."""

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            return await client.get(url, headers=headers)

    return anyio.run(get)
