from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from ops_api.security import hostname, is_foreign


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:7600", "localhost"),
        ("127.0.0.1:7600", "127.0.0.1"),
        ("[::1]:7600", "::1"),
        ("evil.example", "evil.example"),
        ("localhost@evil.example", "evil.example"),
        ("", None),
        ("[::1", None),
    ],
)
def test_the_name_is_read_from_a_host_header(host, name):
    assert hostname(host) == name


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"origin": "http://[::1"},
    ],
)
def test_another_pages_request_is_foreign(headers):
    assert is_foreign(Headers({"host": "localhost:7600", **headers}))


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "same-origin", "origin": "http://localhost:7600"}, {"sec-fetch-site": "none"}],
)
def test_our_own_page_and_programs_are_not_foreign(headers):
    assert not is_foreign(Headers({"host": "localhost:7600", **headers}))
