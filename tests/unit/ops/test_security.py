from __future__ import annotations

import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from darkroom.settings import Settings
from ops_api.security import Guard, comes_from_elsewhere, hostname, is_foreign, names
from tests.unit.ops.ask import ask


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:7600", "localhost"),
        ("127.0.0.1:7600", "127.0.0.1"),
        ("[::1]:7600", "::1"),
        ("evil.example", "evil.example"),
        ("localhost@evil.example", None),
        ("localhost/path", None),
        ("localhost:7600/static/#", None),
        ("localhost\n", None),
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


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-origin", "referer": "http://localhost:7600/"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"referer": "http://localhost:7600/login"}, False),
        ({"referer": "http://dashboard.example/"}, True),
        ({"referer": "http://localhost:3000/"}, True),
    ],
)
def test_a_link_on_another_page_is_known_by_what_the_browser_says(headers, elsewhere):
    assert comes_from_elsewhere(Headers({"host": "localhost:7600", **headers})) == elsewhere


def test_names_come_from_the_settings_and_the_machine(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "NAS.lan")
    settings = Settings(host="192.168.1.5", allowed_hosts="Films.example, media.example,")
    assert names(settings) == {"films.example", "media.example", "192.168.1.5", "nas.lan", "nas.local"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.168.1.5:7600", 200),
        ("192.168.1.6:7600", 400),
        ("films.example", 200),
        ("FILMS.EXAMPLE:443", 200),
        ("films.example.evil.example", 400),
        ("", 400),
    ],
)
def test_a_server_answers_to_its_names_and_to_the_address_that_was_reached(host, status):
    guard = Guard(PlainTextResponse("in"), hosts={"films.example"})
    assert ask(guard, "http://192.168.1.5:7600", Host=host).status_code == status
