"""The keys of other people's servers, which Prefect keeps, encrypted, for flows on any machine."""

from __future__ import annotations

from typing import Any, cast

import httpx
from prefect.blocks.system import Secret

from tasks.errors import PermanentError, TransientError


def secret(block: str) -> str:
    """The value of a Secret block.

    Raises:
        PermanentError: Prefect has no block of this name.
        TransientError: Prefect does not answer.
    """
    try:
        held = cast("Secret[Any]", Secret.load(block))
    except ValueError as error:
        raise PermanentError("Prefect has lost the API key; set it anew, then retry.") from error
    except (httpx.HTTPError, RuntimeError) as error:
        raise TransientError(f"Prefect, which keeps the API key, does not answer: {type(error).__name__}") from error
    # What `get` returns is read as JSON, which makes a number of a key of digits.
    return str(held.value.get_secret_value())
