"""What file and folder names say: seasons, episodes, years, titles."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

#: What releases write into names about picture, sound and source; never part of a title.
_RELEASE = (
    r"\d{3,4}[pi]|[48]k|uhd|hdr(?:10\+?)?|sdr|web[ ._-]?(?:dl|rip)|blu-?ray|bdrip|brrip|dvdrip|hdtv|remux"
    r"|[xh][ ._]?26[45]|hevc|avc|xvid|divx|av1|e?ac3|aac|dts|truehd|10bit|8bit"
)
_RELEASE_TOKEN = re.compile(rf"(?<![^\W_])(?:{_RELEASE})(?![^\W_])", re.IGNORECASE)
#: The group that made a release stands behind its last token, joined by a hyphen.
_RELEASE_GROUP = re.compile(rf"(?<![^\W_])(?:{_RELEASE})-\w+$", re.IGNORECASE)

_YEAR = r"(?:19|20)\d{2}"
_YEAR_IN_PARENTHESES = re.compile(rf"\(({_YEAR})\)")
_YEAR_IN_BRACKETS = re.compile(rf"[(\[]({_YEAR})[)\]]")
_YEAR_BETWEEN = re.compile(rf"(?<=[\s._-])({_YEAR})(?=[\s._-]|$)")

_EPISODE_PATTERNS = (
    re.compile(r"(?<![^\W_])s(\d{1,3})[\s._-]*x?[\s._-]*e(\d{1,3})(?:[\s._-]*e\d{1,3})*(?!\d)", re.IGNORECASE),
    re.compile(r"(?<![^\W_])(\d{1,2})x(\d{1,3})(?![^\W_])", re.IGNORECASE),
    re.compile(r"season[\s._-]*(\d{1,3})(?!\d).{0,80}?episode[\s._-]*(\d{1,3})(?!\d)", re.IGNORECASE | re.DOTALL),
)
_ABSOLUTE = r"(\d{2,4})(?:v\d)?(?=[\s._\-\])]|$)"
#: A number behind a dash is the episode even where the title has a number too: `24 - 03`.
_ABSOLUTE_PATTERNS = (re.compile(rf"[\s_]-[\s_]+{_ABSOLUTE}"), re.compile(rf"(?:^|[\s._\-\[(]){_ABSOLUTE}"))

_SEASON_PATTERNS = (
    re.compile(r"(?:season|saison|temporada|staffel)[ ._-]*(\d{1,3})", re.IGNORECASE),
    re.compile(r"s[ ._-]?(\d{1,3})", re.IGNORECASE),
    re.compile(r"(\d{1,3})"),
)
_SPECIALS = frozenset({"specials", "special", "extras", "ova"})

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_SEPARATORS = " ._-"


@dataclass(frozen=True)
class EpisodeName:
    """What the name of an episode's file says. The folder, not `season`, decides which season it is in."""

    season: int | None = None
    episode: int | None = None
    absolute: int | None = None
    year: int | None = None
    title: str | None = None


@dataclass(frozen=True)
class MovieName:
    """What the name of a movie's file says. `title` is empty where nothing is left of it."""

    title: str = ""
    year: int | None = None


def readable(name: str) -> str:
    """A name as text that can be stored and shown: one line, undecodable bytes as �."""
    return _UNWRITABLE.sub(" ", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")).strip()


def stem(name: str) -> str:
    """A file name without its extension."""
    head, dot, _ = name.rpartition(".")
    return head if dot and head else name


def season_number(folder: str) -> int | None:
    """The season that a folder's name stands for; 0 for specials, None where it is no season's name."""
    name = folder.strip()
    if name.lower() in _SPECIALS:
        return 0
    matches = (pattern.fullmatch(name) for pattern in _SEASON_PATTERNS)
    return next((int(match[1]) for match in matches if match), None)


def episode(name: str) -> EpisodeName:
    """Read the name of an episode's file."""
    words = stem(readable(name))
    matches = (pattern.search(words) for pattern in _EPISODE_PATTERNS)
    if match := next((match for match in matches if match), None):
        return _numbered(match)
    year, rest = _take_year(words, _YEAR_IN_PARENTHESES)
    return _absolute(_RELEASE_TOKEN.sub(" ", _RELEASE_GROUP.sub(" ", rest)), year)


def movie(name: str) -> MovieName:
    """Read the name of a movie's file."""
    year, rest = _take_year(stem(readable(name)), _YEAR_IN_BRACKETS)
    return MovieName(_title(_RELEASE_GROUP.sub(" ", rest)), year)


def plain_title(name: str) -> str:
    """A title from any file name: its words, entities decoded."""
    words = stem(readable(name))
    return _spaced(_decoded(re.sub(r"[._-]+", " ", words))) or words


def _numbered(match: re.Match[str]) -> EpisodeName:
    head, tail = match.string[: match.start()], match.string[match.end() :]
    year, _ = _take_year(head, _YEAR_IN_PARENTHESES)
    if year is None and (marked := _YEAR_IN_PARENTHESES.search(tail)):
        year, tail = int(marked[1]), tail.replace(marked[0], " ", 1)
    return EpisodeName(int(match[1]), int(match[2]), None, year, _title(_RELEASE_GROUP.sub(" ", tail)) or None)


def _absolute(rest: str, year: int | None) -> EpisodeName:
    numbers = (match for pattern in _ABSOLUTE_PATTERNS for match in pattern.finditer(rest))
    for match in numbers:
        if not 1900 <= int(match[1]) <= 2099:
            return EpisodeName(None, None, int(match[1]), year, _title(rest[match.end() :]) or None)
    return EpisodeName(year=year)


def _take_year(words: str, marked: re.Pattern[str]) -> tuple[int | None, str]:
    """The year and the words without it: one in brackets first, else the last bare one (`Blade Runner 2049 2017`)."""
    match = marked.search(words) or next(reversed([*_YEAR_BETWEEN.finditer(words)]), None)
    if match is None:
        return None, words
    return int(match[1]), f"{words[: match.start()]} {words[match.end() :]}"


def _title(words: str) -> str:
    words = _decoded(_RELEASE_TOKEN.sub(" ", words))
    words = re.sub(r"\(\s*\)|\[\s*\]", " ", words)
    return _spaced(re.sub(r"[._]+", " ", words)).lstrip(_SEPARATORS + ")]").rstrip(_SEPARATORS)


def _decoded(words: str) -> str:
    return _ENTITY.sub(lambda match: readable(html.unescape(match[0])) or " ", words)


def _spaced(words: str) -> str:
    return " ".join(words.split())
