"""The right client for a program."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tasks.clients.addresses import is_web_address
from tasks.clients.downloads.nzbget import NZBGet
from tasks.clients.downloads.qbittorrent import QBittorrent
from tasks.clients.downloads.sabnzbd import SABnzbd
from tasks.clients.downloads.transmission import Transmission
from tasks.clients.downloads.types import ClientSettings, DownloadClient, Kind
from tasks.errors import PermanentError

_OPEN: dict[Kind, Callable[[ClientSettings], AbstractContextManager[DownloadClient]]] = {
    "qbittorrent": QBittorrent.opened,
    "transmission": Transmission.opened,
    "nzbget": NZBGet.opened,
    "sabnzbd": SABnzbd.opened,
}


def opened(settings: ClientSettings) -> AbstractContextManager[DownloadClient]:
    """A client for as long as it is asked. Nothing is asked before its first method is called.

    Raises:
        PermanentError: the address is none.
    """
    if not is_web_address(settings.url):
        raise PermanentError("Enter the client's address with http:// or https://, and the password in its own field.")
    return _OPEN[settings.kind](settings)
