"""The keys of other people's servers. Prefect keeps them, encrypted, as Secret blocks that every flow can load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr

from ops_api.prefect import Prefect

_TYPE = "/block_types/slug/secret"


class SecretsAwayError(RuntimeError):
    """Prefect does not answer, and so no key can be kept or read."""

    def __init__(self) -> None:
        super().__init__("Prefect, which keeps the API keys, does not answer. Nothing was changed; try again soon.")


class Secrets:
    """Keeps, reads and forgets keys. Each method raises `SecretsAwayError` where Prefect does not answer."""

    def __init__(self, prefect: Prefect) -> None:
        self._prefect = prefect

    def keep(self, purpose: str, value: str) -> str:
        """Keep a key in a new block, and return the block's name. `purpose` is of lower-case letters and hyphens."""
        name = f"{purpose}-{uuid4().hex}"
        kind = self._ask("GET", _TYPE)["id"]
        wanted = {"block_schemas": {"block_type_id": {"any_": [kind]}}, "limit": 1}
        (schema,) = self._ask("POST", "/block_schemas/filter", wanted)
        block = {"name": name, "data": {"value": value}, "block_type_id": kind, "block_schema_id": schema["id"]}
        self._ask("POST", "/block_documents/", block)
        return name

    @contextmanager
    def kept(self, purpose: str, key: SecretStr | None) -> Iterator[str | None]:
        """The name of a new block with this key, which is forgotten again where what follows fails."""
        if key is None:
            yield None
            return
        block = self.keep(purpose, key.get_secret_value())
        try:
            yield block
        except BaseException:
            self.forget(block)
            raise

    def read(self, name: str) -> str | None:
        """The key in the block of this name; None where there is no such block."""
        block = self._block(name, secrets=True)
        return None if block is None else str(block["data"]["value"])

    def forget(self, name: str) -> None:
        """Delete the block of this name, if there is one."""
        if (block := self._block(name)) is not None:
            self._ask("DELETE", f"/block_documents/{block['id']}")

    def _block(self, name: str, *, secrets: bool = False) -> dict[str, Any] | None:
        path = f"{_TYPE}/block_documents/name/{name}?include_secrets={str(secrets).lower()}"
        try:
            found: dict[str, Any] = self._prefect.ask("GET", path)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return None
            raise SecretsAwayError from error
        except httpx.HTTPError as error:
            raise SecretsAwayError from error
        return found

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            return self._prefect.ask(method, path, body)
        except httpx.HTTPError as error:
            raise SecretsAwayError from error
