from __future__ import annotations

import anyio
import pytest

from tasks.clients import addresses
from tasks.clients.addresses import ForbiddenAddressError, is_public, is_web_address, origin, permitted


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:0001::",
        "ff02::1",
    ],
)
def test_private_addresses_are_known_in_every_disguise(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "::1"])
def test_a_name_for_this_machine_is_refused_however_it_is_spelled(host):
    with pytest.raises(ForbiddenAddressError, match="private network"):
        anyio.run(permitted, host, 80, frozenset())


def test_a_configured_server_may_be_in_a_private_network_but_only_at_its_own_port():
    trusted = frozenset({("127.0.0.1", 9998)})
    assert anyio.run(permitted, "127.0.0.1", 9998, trusted) == ["127.0.0.1"]
    with pytest.raises(ForbiddenAddressError):
        anyio.run(permitted, "127.0.0.1", 5432, trusted)


def test_a_host_that_is_public_and_private_at_once_is_refused(monkeypatch):
    async def both(host, port, **_):
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(addresses, "getaddrinfo", both)
    with pytest.raises(ForbiddenAddressError):
        anyio.run(permitted, "rebinding.example", 80, frozenset())


def test_an_origin_is_its_host_and_its_port():
    assert origin("https://StashDB.org/graphql") == ("stashdb.org", 443)
    assert origin("http://[::1]:9998/graphql") == ("::1", 9998)


@pytest.mark.parametrize(
    "url", ["", "ftp://a/b", "http://", "//a/b", "http://a:b@c/", "http://a:99999/", "http://\ud800/"]
)
def test_what_is_no_web_address_is_known(url):
    assert not is_web_address(url)
