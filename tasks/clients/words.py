"""What another program said, as far as it can be repeated: in one line, short, and without a secret."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from tasks.clients.web import Answer

#: One that is down or too busy is left alone for so long at least (seconds).
PAUSE = 2.0
#: A server that says when to come back is believed up to here (seconds).
LONGEST_PAUSE = 6 * 3600.0
#: Characters of a server's own words that are kept.
WORDS = 500


def repeatable(said: str, secret: str | None = None) -> str:
    """A server's words, short, in one line, and without the secret, should it repeat that."""
    if secret:
        said = said.replace(secret, "…")
    line = " ".join(said.split())
    return line if len(line) <= WORDS else f"{line[:WORDS]}…"


def pause(answer: Answer) -> float:
    """The seconds after which a busy server wants to be asked again, by Retry-After (RFC 9110, 10.2.3)."""
    return max(PAUSE, asked_for(answer))


def asked_for(answer: Answer) -> float:
    """The seconds that a busy server has asked for, 0 where it has not."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return min(LONGEST_PAUSE, float(said[:9]))
    try:
        wanted = parsedate_to_datetime(said)
        now = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, min(LONGEST_PAUSE, (wanted - now).total_seconds()))
    except (ValueError, TypeError):
        return 0.0
