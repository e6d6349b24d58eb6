"""Which addresses somebody else's link may lead to, decided after names are resolved and held until connected."""

from __future__ import annotations

import socket
import ssl
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx
from anyio import getaddrinfo

#: A host and its port, as a person has configured it.
Origin = tuple[str, int]

PORTS = {"http": 80, "https": 443}
#: IPv4 behind IPv6: the last 32 bits are the address that is meant (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(ValueError):
    """A link leads into a private network; the message names it."""


def origin(url: str) -> Origin:
    """The host and the port of an address that is http or https."""
    parts = httpx.URL(url)
    return parts.raw_host.decode("ascii").lower(), parts.port or PORTS[parts.scheme]


def is_web_address(url: str) -> bool:
    """Whether this is an http or https address that names a host and carries no password."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return False
    return parts.scheme in PORTS and bool(parts.host) and not parts.userinfo and (parts.port or 1) < 1 << 16


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's, and no other in disguise."""
    ip = _unwrapped(ip_address(address))
    return ip.is_global and not ip.is_multicast


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


async def permitted(host: str, port: int, trusted: frozenset[Origin]) -> list[str]:
    """The IP addresses of a host, all of which may be connected to: public ones, and those of `trusted` origins.

    Raises:
        ForbiddenAddressError: one of them is not public, and nobody configured this host and port.
        OSError: the name cannot be resolved.
    """
    found = await getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if (host, port) not in trusted and not all(map(is_public, addresses)):
        raise ForbiddenAddressError(f"{host} is in a private network, to which no link from elsewhere may lead")
    return addresses


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connects to the very addresses that were checked, so that a name cannot mean another one a moment later."""

    def __init__(self, trusted: frozenset[Origin], context: ssl.SSLContext) -> None:
        self._trusted = trusted
        self._inner = httpx.AsyncHTTPTransport(verify=context)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Try the host's addresses one after another; the certificate is checked against its name."""
        host, port = origin(str(request.url))
        failure: httpx.TransportError = httpx.ConnectError(f"{host} has no address")
        for address in await permitted(host, port, self._trusted):
            try:
                return await self._inner.handle_async_request(_pinned(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _pinned(request: httpx.Request, host: str, address: str) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
