"""Numbers, times and paths as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from json import dumps

from db import paths

#: How much of the end of a path stays whole when its middle is cut.
TAIL = 28


def number(value: int) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,}"


def counted(value: int, noun: str) -> str:
    """A number with its noun: "1 job", "1,200 jobs"."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def size(count: float) -> str:
    """Bytes as people read them: "512 B", "3.4 MB", "120 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 100 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def rate(bars: Sequence[int]) -> str:
    """How fast jobs end, from two minutes a number: "38 a minute", "12 an hour", "none in the last hour"."""
    lately, hour = sum(bars[-5:]), sum(bars)
    if lately >= 10:
        return f"{lately // 10:,} a minute"
    return f"{hour:,} an hour" if hour else "none in the last hour"


def sparkline(bars: Sequence[int]) -> str:
    """An SVG path through the numbers, one unit wide each and 20 high."""
    most = max(bars, default=0) or 1
    heights = (20 - 20 * value / most for value in bars)
    steps = (f"L{x} {height:.1f}L{x + 1} {height:.1f}" for x, height in enumerate(heights))
    return f"M0 20{''.join(steps)}L{len(bars)} 20Z"


def remaining(progress: int, since: datetime, now: datetime) -> str:
    """How long a job may still take, said only once its progress has been true for a while; empty before."""
    passed = (now - since).total_seconds()
    if progress < 10 or progress >= 100 or passed < 10:
        return ""
    return f"about {span(timedelta(seconds=passed * (100 - progress) / progress))} left"


def duration(seconds: float) -> str:
    """A length of time in its two largest units: "0.4 s", "12 s", "3 min 05 s", "2 h 10 min", "3 d 4 h"."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def runtime(seconds: float) -> str:
    """The length of something that is played, as players show it: "0:07", "12:40", "1:32:05"."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def span(length: timedelta) -> str:
    """How far away a moment is, roughly: "40 s", "3 min", "2 h", "5 d"."""
    seconds = round(abs(length.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def relative(moment: datetime, now: datetime) -> str:
    """A moment as seen from another: "just now", "3 min ago", "in 40 s"."""
    length = moment - now
    if abs(length) < timedelta(seconds=5):
        return "just now"
    return f"in {span(length)}" if length > timedelta() else f"{span(length)} ago"


def exact(moment: datetime) -> str:
    """A moment with its date and zone: "2026-03-01 14:05:09 UTC"."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def clock(moment: datetime) -> str:
    """A moment of a story: "14:05:09.120"."""
    return moment.astimezone().strftime("%H:%M:%S.%f")[:-3]


def elapsed(since: datetime, until: datetime) -> str:
    """The length of time between two moments."""
    return duration((until - since).total_seconds())


def shown(label: str) -> str:
    """A path, or another name of a target, spelled for people."""
    return paths.display(label)


def cut(text: str) -> tuple[str, str]:
    """A long path in two parts, of which the first may be cut: so its middle goes and its end stays."""
    if len(text) <= TAIL:
        return "", text
    slash = text.rfind("/", 0, -1)
    at = slash if len(text) - slash <= TAIL else len(text) - TAIL
    return text[:at], text[at:]


def first_line(text: str | None) -> str:
    """The first line that says something."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "")


def json(value: object) -> str:
    """Data for people: indented, its characters as they are."""
    return dumps(value, indent=2, ensure_ascii=False, default=str)
