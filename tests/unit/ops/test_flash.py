from __future__ import annotations

import base64

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ops_api.flash import LONGEST, NAME, Said, heard, say


def request_with(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{NAME}={cookie}".encode())]})


def cookie_after(said: Said) -> str:
    response = Response()
    say(response, said)
    return response.headers["set-cookie"]


@pytest.mark.parametrize("said", [Said("Enqueued 3, skipped 2."), Said('"; Path=/; <b>ü\n', bad=True)])
def test_what_is_said_is_heard(said):
    assert heard(request_with(cookie_after(said).split(";")[0].split("=", 1)[1])) == said


def test_the_cookie_stays_small_and_ours():
    header = cookie_after(Said("x" * 5000))
    assert len(header) < 2 * LONGEST
    assert "HttpOnly" in header
    assert "samesite=strict" in header.lower()


@pytest.mark.parametrize(
    "cookie", ["", "%%%", "bm90IGpzb24=", base64.urlsafe_b64encode(b'{"message": 1}').decode(), "W10="]
)
def test_a_cookie_that_is_not_ours_says_nothing(cookie):
    assert heard(request_with(cookie)) is None
