"""What others say, brought into one form or left out: no value is believed that it could not have."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from tasks.clients.addresses import is_web_address

#: Of a title (characters), and of an address; Prowlarr's carry the indexer's own, encrypted, in theirs.
LONGEST_LINE, LONGEST_ADDRESS = 500, 8000
#: Bytes, and people: beyond is no number but an error.
LARGEST_SIZE, MOST_PEERS = 1 << 50, 10_000_000
LARGEST_CATEGORY = 999_999
#: Of one release.
MOST_FLAGS, MOST_CATEGORIES = 20, 50

#: Control characters, invisible ones (some turn the direction of writing), halves of characters, ends of lines.
UNWANTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_WHOLE = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,9})?")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def line(value: object, longest: int = LONGEST_LINE) -> str | None:
    """A text on one line, its entities decoded; None where there is none."""
    if not isinstance(value, str):
        return None
    letters = html.unescape(value[: 4 * longest])
    words = "".join(" " if unicodedata.category(letter) in UNWANTED else letter for letter in letters)
    return " ".join(words.split())[:longest].strip() or None


def whole(value: object, largest: int) -> int | None:
    """A whole number from 0 on; `true` is none."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= largest else None


def size(value: object) -> int | None:
    """Bytes; nothing has none."""
    return whole(value, LARGEST_SIZE) or None


def people(value: object) -> int | None:
    """Seeders, leechers or peers."""
    return whole(value, MOST_PEERS)


def factor(value: object) -> float | None:
    """What a transfer counts as on a tracker: 0 is free, 1 is ordinary."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6 else None


def moment(value: object) -> datetime | None:
    """A date as mails have it (RFC 5322) or as ISO 8601 has it; without a zone it is UTC."""
    if not isinstance(value, str) or len(value) > 100:
        return None
    for reader in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = reader(value.strip())
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        return found if found.year > 1970 else None
    return None


def address(value: object) -> str | None:
    """An http or https address, in its normal form."""
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS or not is_web_address(value.strip()):
        return None
    return str(httpx.URL(value.strip()))


def info_hash(value: object) -> str | None:
    """A torrent's hash in hexadecimal, in small letters."""
    small = value.strip().lower() if isinstance(value, str) else ""
    return small if _HASH.fullmatch(small) and set(small) != {"0"} else None


def flags(values: Iterable[object]) -> tuple[str, ...]:
    """Names of flags, each once whatever the case."""
    names = [name for name in (line(value, 60) for value in values) if name]
    return tuple({name.casefold(): name for name in reversed(names)}.values())[::-1][:MOST_FLAGS]


def categories(values: Iterable[object]) -> tuple[int, ...]:
    """Torznab's numbers, each once, in the order given."""
    numbers = (whole(value, LARGEST_CATEGORY) for value in values)
    return tuple(dict.fromkeys(number for number in numbers if number))[:MOST_CATEGORIES]
