"""The right client for a library server."""

from __future__ import annotations

from collections.abc import Callable

from tasks.clients.addresses import is_web_address
from tasks.clients.shelves.audiobookshelf import Audiobookshelf
from tasks.clients.shelves.plex import Plex
from tasks.clients.shelves.types import Kind, ShelfServer, ShelfSettings
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError

_OPEN: dict[Kind, Callable[[ShelfSettings, Web, Control], ShelfServer]] = {
    "plex": Plex,
    "audiobookshelf": Audiobookshelf,
}


def shelf_server(settings: ShelfSettings, web: Web, control: Control) -> ShelfServer:
    """A client for one server. Nothing is asked before its first method is called.

    Raises:
        PermanentError: the address is none.
    """
    if not is_web_address(settings.url):
        raise PermanentError("Enter the server's address with http:// or https://, and the token in its own field.")
    return _OPEN[settings.kind](settings, web, control)
