"""Asking other people's servers: every answer is bounded in bytes and in time, and given up at once on a cancel."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import CancelledError as GivenUpError
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import anyio
import httpx
from anyio.from_thread import start_blocking_portal

from darkroom import __version__
from tasks.clients.addresses import ForbiddenAddressError, Origin, PinnedTransport, is_web_address, origin
from tasks.control import Control
from tasks.errors import PermanentError, TransientError

#: What is unpacked on the way may be a thousand times what was sent: nothing packed is asked for, nor taken.
HEADERS = {"User-Agent": f"darkroom/{__version__}", "Accept-Encoding": "identity"}
#: Seconds to connect within. All else is bounded as a whole: a large question takes its time before the first byte.
PATIENCE = httpx.Timeout(None, connect=10)
#: How often something may be somewhere else.
REDIRECTS = 3
MAGNET = "magnet:"
#: Of an address's query: names, and what each is given, once or several times.
Params = Mapping[str, str | int | Sequence[str | int]]


class _WithoutQueries(logging.Filter):
    """Keeps keys, which many take in the query of an address, out of what httpx logs of each request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


logging.getLogger("httpx").addFilter(_WithoutQueries())


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True)
class Bounds:
    """The most that an answer may have (bytes), and the longest that all of it may take (seconds)."""

    size: int
    seconds: float


class Web:
    """One slot's way to other servers. It keeps a thread for what waits, because a wait there can be given up."""

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self._portal = self._open.enter_context(start_blocking_portal())
        self._context = httpx.create_ssl_context()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def post(self, url: str, body: object, headers: dict[str, str], bounds: Bounds, control: Control) -> Answer:
        """Send JSON to an address that a person has configured. Raises as `ask` does."""
        return self.ask("POST", url, bounds, control, headers=headers, json=body)

    def ask(
        self,
        method: str,
        url: str,
        bounds: Bounds,
        control: Control,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        json: object = None,
        content: bytes | None = None,
    ) -> Answer:
        """Ask at an address that a person has configured. Redirects are not followed.

        Raises:
            TransientError: the server is away, breaks off or is too slow.
            PermanentError: the answer is too large, or cannot be read.
            CancelledError: the work was asked to stop.
        """

        async def exchange() -> Answer:
            async with httpx.AsyncClient(verify=self._context, headers=HEADERS, timeout=PATIENCE) as client:
                request = client.build_request(method, url, headers=headers, params=params, json=json, content=content)
                return await _exchange(client, request, bounds)

        return self._wait(exchange, bounds, control)

    def get(self, url: str, trusted: frozenset[Origin], bounds: Bounds, control: Control) -> bytes:
        """Fetch what a link of somebody else leads to, as `fetch` does; what is not there is a `PermanentError`."""
        answer = self.fetch(url, trusted, bounds, control)
        if answer.status != httpx.codes.OK:
            raise PermanentError(f"{httpx.URL(url).host} answers {answer.status}")
        return answer.body

    def fetch(
        self,
        url: str,
        trusted: frozenset[Origin],
        bounds: Bounds,
        control: Control,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What a link of somebody else leads to: at public addresses and at `trusted` origins only.

        Redirects are followed, but for one to a magnet link, which is the answer. `headers` go to the link's own host
        and port until it leads elsewhere. The environment's proxies are not used, for they would resolve the name
        themselves. Raises as `ask` does.
        """

        async def follow() -> Answer:
            transport = PinnedTransport(trusted, self._context)
            client = httpx.AsyncClient(transport=transport, headers=HEADERS, timeout=PATIENCE, trust_env=False)
            async with client:
                return await _follow(client, url, headers or {}, bounds)

        return self._wait(follow, bounds, control)

    def _wait(self, ask: Callable[[], Awaitable[Answer]], bounds: Bounds, control: Control) -> Answer:
        async def bounded() -> Answer:
            with anyio.fail_after(bounds.seconds):
                return await ask()

        control.check()
        asked = self._portal.start_task_soon(bounded)

        def give_up() -> None:
            asked.cancel()

        try:
            with control.on_cancel(give_up):
                return asked.result()
        except GivenUpError:
            control.check()
            raise
        except TimeoutError as error:
            raise TransientError(f"There was no whole answer within {bounds.seconds:g} s") from error
        except (httpx.TransportError, OSError) as error:
            raise TransientError(str(error) or type(error).__name__) from error
        except (httpx.InvalidURL, ForbiddenAddressError, UnicodeError) as error:
            raise PermanentError(str(error)) from error


async def _follow(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], bounds: Bounds) -> Answer:
    """GET, and again where it is said to be; https never leads back to http."""
    for _ in range(1 + REDIRECTS):
        if not is_web_address(url):
            raise PermanentError("It must be at an http or https address without a password")
        answer = await _exchange(client, client.build_request("GET", url, headers=headers), bounds)
        location = answer.headers.get("location", "")
        if not 300 <= answer.status < 400 or not location or location.startswith(MAGNET):
            return answer
        here, there = httpx.URL(url), httpx.URL(url).join(location)
        if here.scheme == "https" and there.scheme != "https":
            raise PermanentError(f"{here.host} leads from https to {there.scheme}, which is not followed")
        url = str(there)
        headers = headers if is_web_address(url) and origin(str(here)) == origin(url) else {}
    raise PermanentError(f"It was sent on more than {REDIRECTS} times")


async def _exchange(client: httpx.AsyncClient, request: httpx.Request, bounds: Bounds) -> Answer:
    response = await client.send(request, stream=True)
    try:
        packing = response.headers.get("content-encoding", "identity").lower()
        if packing != "identity":
            raise PermanentError(f"{request.url.host} packs its answer ({packing}) although it was asked not to")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > bounds.size:
                raise PermanentError(f"The answer of {request.url.host} is larger than {bounds.size >> 20} MiB")
        return Answer(response.status_code, response.headers, bytes(body))
    finally:
        await response.aclose()
