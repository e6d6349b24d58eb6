"""Secrets taken out of what is kept and shown: errors, events, results, logs.

A net under the code that should not put them there. It knows the places where secrets stand (a query of a URL, its
user, a header, a field with a telling name, a token of ours), so that words of a tool that merely speak of a password
stay as they are.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from functools import cache
from typing import Any

HIDDEN = "…"

_NAMES = (
    r"(?:x[_-])?(?:api[_-]?key|auth[_-]?key|rss[_-]?key|pass[_-]?key|access[_-]?token|refresh[_-]?token|"
    r"plex[_-]?token|client[_-]?secret|torrent[_-]?pass|token|password|passwd|secret|signature)"
)
_FIELD = re.compile(rf"(?:{_NAMES}|authorization|cookie|set-cookie)", re.IGNORECASE)
#: From the name of a header or a field to its value. Bounded, as all that stands in front of a secret: no text takes
#: longer than its length.
_TO = r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
_PLACES = tuple(
    re.compile(place, re.IGNORECASE)
    for place in (
        # ?apikey=...&
        r"([?&](?:" + _NAMES + r"|auth|key|sig|pwd)=)[^&\s\"'<>#]+",
        # https://user:password@host
        r"(\b[a-z][a-z0-9+.-]{0,20}://[^/\s:@]{0,200}:)[^/\s@]{1,500}(?=@)",
        # Authorization: Bearer ...
        r"(\bauthorization" + _TO + r"(?:(?:bearer|basic|digest)\s)?)[^\s\"',;}]+",
        # X-Api-Key: ..., "apiKey": "..."
        r"(\b(?:x-[a-z-]{0,30}(?:key|token)|api_?key|(?<=[\"'])" + _NAMES + r"(?=[\"']))" + _TO + r")[^\s\"',;&}]+",
        r"(\b(?:set-)?cookie:\s?)[^\r\n\"']+",
        # what db.access hands out
        r"(\b(?:darkroom|session)_[0-9]{1,19}_)[a-z0-9_-]{20,}",
    )
)


def redacted(value: Any) -> Any:
    """The same text, or the same structure of JSON, with `…` in the place of each secret that is recognised."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {name: HIDDEN if _is_secret(name, each) else redacted(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(each) for each in value]
    return value


def _text(text: str) -> str:
    for place in _PLACES:
        text = place.sub(rf"\1{HIDDEN}", text)
    return text


def _is_secret(name: object, value: object) -> bool:
    return isinstance(value, str) and value != "" and _FIELD.fullmatch(str(name)) is not None


@cache
def redact_logs() -> None:
    """From now on take secrets out of every log record of this process, of its traceback too."""
    make = logging.getLogRecordFactory()

    def make_redacted(*args: Any, **named: Any) -> logging.LogRecord:
        record = make(*args, **named)
        # What cannot be put into words is for the handler to complain of.
        with suppress(Exception):
            _redact(record)
        return record

    logging.setLogRecordFactory(make_redacted)


def _redact(record: logging.LogRecord) -> None:
    if isinstance(record.args, tuple):
        # each for itself: uvicorn's formatter takes the arguments apart
        record.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in record.args)
    if record.exc_info:
        record.exc_text = _text(logging.Formatter().formatException(record.exc_info))
    message = record.getMessage()
    if (safe := _text(message)) != message:
        record.msg, record.args = safe, ()
