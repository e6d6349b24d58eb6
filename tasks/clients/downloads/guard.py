"""Bounds for libraries that ask by `requests`: no redirects, no endless answers."""

from __future__ import annotations

import time
from typing import Any

from requests import Response

from tasks.errors import PermanentError, TransientError

#: Seconds to connect within, and to wait for the next bytes.
PATIENCE = (10.0, 30.0)
#: Seconds that all of an answer may take, and bytes that it may have.
LONGEST = 60.0
LARGEST = 64 << 20


def guard(response: Response, *_: Any, **__: Any) -> None:
    """A hook of `requests` that reads the answer, as far as it may go, before anybody else does.

    Raises:
        PermanentError: it leads elsewhere, where neither passwords nor questions belong, or is too large.
        TransientError: it takes too long, or the server says that it is not well.
    """
    if response.status_code >= 500:
        response.close()
        raise TransientError(f"It answers {response.status_code}.")
    if response.is_redirect:
        response.close()
        raise PermanentError("This address leads to another one. Enter the address that it leads to.")
    deadline = time.monotonic() + LONGEST
    body = bytearray()
    for chunk in response.iter_content(1 << 16):
        body += chunk
        if len(body) > LARGEST:
            response.close()
            raise PermanentError(f"The answer is larger than {LARGEST >> 20} MiB. Is this the right address?")
        if time.monotonic() > deadline:
            response.close()
            raise TransientError(f"There was no whole answer within {LONGEST:g} s.")
    response._content = bytes(body)
