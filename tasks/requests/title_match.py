"""Whether a release is the book that somebody asked for: 0 to 60 points, 45 for its title and 15 for its authors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

from tasks.requests.authors import authors_of, is_named, starts_with
from tasks.requests.words import Text, dice, read

TITLE, AUTHOR = 45.0, 15.0
#: So many of the title's words must be in a release.
COVERAGE = 0.8
#: Words of a title that may be missing, by language.
STOP_WORDS: dict[str, str] = {
    "en": "the a an of on in at by for",
    "de": "der die das den dem des ein eine einer und von vom im in am an auf für zu zum zur",
    "fr": "le la les l un une des de du d et en au aux à par pour sur",
    "es": "el la los las un una unos unas de del y en a al por para",
    "it": "il lo la i gli le l un uno una di del della dei e in a al da per",
}  #: Languages by their names, where these do not begin as their codes do.
LANGUAGES = {"german": "de", "deutsch": "de", "spanish": "es", "español": "es"}
#: How letters are written where they are wanting.
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa"})

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
#: A subtitle follows a colon and a space; `Re:Zero` is one title.
_SUBTITLE = re.compile(r"(?<=\S):(?:\s.*)?$", re.DOTALL)
#: A title begins here: after a colon, or after a dash that is not inside of a word.
_DIVIDED = re.compile(r"(?::\s*|\s[-–—]\s*|[-–—]\s+)$")
#: A title ends here.
_ENDED = re.compile(r"\s*$|\s+by\s|\s+[-–—]\s|\s*[\[({]|\s+:|,|:\s+(?:a novel\b|[^:\[({]*\bbook\s+\w+)", re.IGNORECASE)
#: A number in a series stands before a title: `02 `, `(03) `, `#1-`.
_NUMBERED = re.compile(r"(?<!\w)\d{1,2}\W{0,3}$")
#: What is said of a recording, in plain words; no title goes on with it.
_EDITION = re.compile(
    r"(?:(?:un)?abridged|(?:un)?gekurzte?|audio ?books?|horbuch|horspiel|mp3|m4b|m4a|aac|flac|retail|read by|narrated"
    r"|full cast|dramati[sz]ed|librivox|bbc|naxos|(?:19|20)\d\d|\d+ ?kb(?:ps)?|\d+k)\b"
)
#: A title's own punctuation, which releases leave out or not.
_CLOSING = "!?\"'”…"
#: More is no number of a volume, where nobody says that it is one.
MOST_VOLUMES = 30
#: The number of a volume: `, Book 2`, ` (#2)`, ` - 02 - `.
_VOLUME = re.compile(
    r"[\s,:(\[{–—-]*(?:(?:books?|vol(?:ume)?|part|no|#)[\s.#]*(?P<said>\d+(?:\.\d+)?)|(?P<bare>\d{1,3})\s*(?:[-–—:,(\[{]|$))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Book:
    """What somebody asked for."""

    title: str
    author: str
    #: How long it is to listen to.
    minutes: float | None = None
    #: Of which the stop words are taken, by its code or English name.
    language: str = "en"
    #: Its number in its series, where that is known.
    series_part: str | None = None


@cache
def stop_words(language: str) -> frozenset[str]:
    """The words of a language that a title may do without, in plain words; English where it is not known."""
    code = LANGUAGES.get(language.lower(), language.lower()[:2])
    return frozenset(read(STOP_WORDS.get(code, STOP_WORDS["en"])).words)


def match(book: Book, title: str, *, require_author: bool = True) -> float:
    """How well a release's title fits a book, 0 to 60; 0 for another book's or, if required, another author's.

    Umlauts may be left as they are, be without their dots, or be spelt out.
    """
    spelt_out = replace(book, title=_spelt_out(book.title), author=_spelt_out(book.author))
    return max(_match(each, title, require_author) for each in dict.fromkeys((book, spelt_out)))


def _match(book: Book, title: str, require_author: bool) -> float:
    release, authors = read(title), authors_of(book.author)
    found = [author for author in authors if is_named(author, release)]
    if not _covers(book, title) or (require_author and authors and not found) or _is_other_volume(book, release):
        return 0.0
    return _title_points(book, release, authors) + _author_points(authors, found, release)


def required_part(title: str) -> str:
    """A title without what stands in brackets and without its subtitle, unless nothing is left."""
    bare = _SUBTITLE.sub("", _BRACKETS.sub(" ", title).strip())
    return bare if read(bare).words else title


def _covers(book: Book, release: str) -> bool:
    """Whether a release has enough of the title's words, whichever way camel case is read."""
    present = {*read(release).words, *read(release, camel=False).words}
    part, stop = required_part(book.title), stop_words(book.language)
    for camel in (True, False):
        wanted = {word for word in read(part, camel=camel).words if word not in stop}
        if len(wanted & present) >= COVERAGE * len(wanted):
            return True
    return False


def _is_other_volume(book: Book, release: Text) -> bool:
    """Whether behind the title, wherever it stands, is a number that is not the book's in its series."""
    words = read(required_part(book.title)).words
    ends = [start + len(words) for start in release.find(words)]
    return bool(ends) and all(_other_number(_spaced(release.after(end - 1)), book.series_part) for end in ends)


def _other_number(after: str, part: str | None) -> bool:
    volume = _VOLUME.match(after)
    if volume is None:
        return False
    if part is None:  # a number alone makes it the second of its name; `Book 2` may say where this one stands
        return volume["bare"] is not None and 1 < int(volume["bare"]) <= MOST_VOLUMES
    try:
        return float(volume["said"] or volume["bare"]) != float(part)
    except ValueError:
        return False


def _title_points(book: Book, release: Text, authors: Sequence[str]) -> float:
    stop = stop_words(book.language)
    full, part = read(book.title), read(required_part(book.title))
    places = [(start, start + len(words)) for words in (full.words, part.words) for start in release.find(words)]
    if any(_begins(release, start, authors, stop) and _ends(release, end, authors) for start, end in places):
        return TITLE
    return TITLE * max(dice(full.plain, release.plain), dice(part.plain, release.plain))


def _author_points(authors: Sequence[str], found: Sequence[str], release: Text) -> float:
    if found:
        return AUTHOR * len(found) / len(authors)
    return AUTHOR * max((dice(author, release.plain) for author in authors), default=0.0)


def _begins(release: Text, start: int, authors: Sequence[str], stop: Collection[str]) -> bool:
    """Whether what stands before a title lets it be the title, not the end of a longer one."""
    before = release.before(start)
    ahead = [word for word in release.words[:start] if word not in stop and not word.isdecimal()]
    if not ahead or _DIVIDED.search(_spaced(before)):
        return True
    if _NUMBERED.search(before) and any(is_named(author, read(before)) for author in authors):
        return True
    return any(starts_with(author, ahead[-len(author.split()) :]) for author in authors)


def _ends(release: Text, end: int, authors: Sequence[str]) -> bool:
    """Whether what stands behind a title lets it be the title, not the beginning of a longer one."""
    after, behind = _spaced(release.after(end - 1)).lstrip(_CLOSING), release.words[end:]
    if _ENDED.match(after) or _EDITION.match(" ".join(behind)):
        return True
    return any(starts_with(author, behind) for author in authors)


def _spelt_out(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_SPELT_OUT)


def _spaced(text: str) -> str:
    """A text with spaces where some write dots and underscores in their place."""
    return text.replace("_", " ").replace(".", " ")
