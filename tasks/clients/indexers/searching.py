"""All the indexers at once: what they know together, and which of them could not be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tasks.clients.indexers import prowlarr, torznab
from tasks.clients.indexers.prowlarr import RemoteIndexer
from tasks.clients.indexers.said import wanted
from tasks.clients.indexers.source import Source
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.requests.release import Release

#: So many are asked at a time.
AT_ONCE = 4
#: A torrent that nobody has cannot be downloaded.
MINIMUM_SEEDERS = 1


@dataclass(frozen=True)
class Trouble:
    """An indexer that could not be asked, and why."""

    indexer: str
    error: TransientError | PermanentError


@dataclass(frozen=True)
class Found:
    """What indexers know. `troubles`: of those that could not be asked, while others could."""

    releases: tuple[Release, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    @property
    def incomplete(self) -> TransientError | None:
        """Why asking again later may find more; None where it would not."""
        passing = [each.error for each in self.troubles if isinstance(each.error, TransientError)]
        words = "; ".join(dict.fromkeys(map(str, passing)))
        return TransientError(words, after=min(each.after for each in passing)) if passing else None


def search(
    web: Web,
    sources: Sequence[Source],
    terms: Sequence[str],
    control: Control,
    *,
    minimum_seeders: int = MINIMUM_SEEDERS,
) -> Found:
    """Ask every source for each of the terms; each release once.

    Torrents that are known to have fewer seeders are left out. A source without categories is not asked.

    Raises:
        TransientError: none of them could be asked, and later some may.
        PermanentError: none of them can be asked, each in a sentence; or there is none to ask.
        CancelledError: the work was asked to stop.
    """
    found = _ask_all(sources, lambda source: _search(web, source, terms, control))
    kept = tuple(each for each in found.releases if each.seeders is None or each.seeders >= minimum_seeders)
    return Found(kept, found.troubles)


def newest(web: Web, sources: Sequence[Source], control: Control) -> Found:
    """The newest releases of every source, as its feed has them. Raises as `search` does."""
    return _ask_all(sources, lambda source: _newest(web, source, control))


def about(web: Web, source: Source, control: Control) -> str:
    """What a source is, in words for the person who has just set it up. Raises as `search` does."""
    if source.kind == "prowlarr":
        version = prowlarr.version(web, source, control)
        return f"Prowlarr {version}, {_count(len(_asked(web, source, control)), 'indexer', 'indexers')}"
    found = torznab.about(web, source, control)
    if found.categories and not any(wanted([number], source.categories) for number in found.categories):
        numbers = ", ".join(map(str, source.categories))
        raise PermanentError(f"{source.name} does not have the categories {numbers}. Choose others, then test again.")
    return f"{found.server or source.name}, {_count(len(found.categories), 'category', 'categories')}"


def _ask_all(sources: Sequence[Source], ask: Callable[[Source], Found]) -> Found:
    """Ask several sources at a time; those that fail are told of, unless all do."""
    asked = [source for source in sources if source.categories]
    if not asked:
        raise PermanentError("There is no indexer to ask. Add one, enable it and choose its categories, then retry.")

    def tried(source: Source) -> Found | Trouble:
        try:
            return ask(source)
        except (TransientError, PermanentError) as error:
            return Trouble(source.name, error)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(tried, asked))
    found = [each for each in answers if isinstance(each, Found)]
    failed = [each for each in answers if isinstance(each, Trouble)]
    if not found:
        raise _together([each.error for each in failed])
    return Found(_once(found), (*failed, *(trouble for each in found for trouble in each.troubles)))


def _search(web: Web, source: Source, terms: Sequence[str], control: Control) -> Found:
    """What one source knows. Once it fails it is not asked further, and what it has said is kept."""
    ask = prowlarr.search if source.kind == "prowlarr" else torznab.search
    releases: list[Release] = []
    for number, each in enumerate(terms):
        try:
            releases += ask(web, source, each, control)
        except (TransientError, PermanentError) as error:
            if not number and not releases:
                raise
            return Found(tuple(releases), (Trouble(source.name, error),))
    silent = _silent(web, source, control, bool(releases)) if source.kind == "prowlarr" else []
    return Found(tuple(releases), tuple(silent))


def _silent(web: Web, source: Source, control: Control, has_releases: bool) -> list[Trouble]:
    """Those of a Prowlarr's indexers that its search has left out without a word; raises if these are all."""
    pauses = prowlarr.resting(web, source, control)
    if has_releases and not pauses:
        return []
    asked = _asked(web, source, control)
    troubles = [Trouble(each.name, _rests(source, each.name, pauses[each.id])) for each in asked if each.id in pauses]
    if len(troubles) == len(asked) and not has_releases:
        raise _together([each.error for each in troubles])
    return troubles


def _newest(web: Web, source: Source, control: Control) -> Found:
    """The newest of a feed, or of each of a Prowlarr's indexers that has one."""
    if source.kind != "prowlarr":
        return Found(tuple(torznab.newest(web, source, control)))
    releases: list[Release] = []
    troubles: list[Trouble] = []
    feeds = [each for each in _asked(web, source, control) if each.rss]
    for remote in feeds:
        try:
            releases += prowlarr.newest(web, source, remote, control)
        except (TransientError, PermanentError) as error:
            troubles.append(Trouble(remote.name, error))
    if troubles and len(troubles) == len(feeds):
        raise _together([each.error for each in troubles])
    return Found(tuple(releases), tuple(troubles))


def _asked(web: Web, source: Source, control: Control) -> list[RemoteIndexer]:
    """The indexers that a Prowlarr asks; raises `PermanentError` where there is none."""
    asked = prowlarr.asked(source, prowlarr.indexers(web, source, control))
    if not asked:
        raise PermanentError(f"{source.name} has no enabled indexer to ask. Enable one there, then retry.")
    return asked


def _rests(source: Source, name: str, pause: float) -> TransientError:
    return TransientError(f"{source.name} leaves {name} alone for a while, because it failed", after=pause)


def _once(found: Sequence[Found]) -> tuple[Release, ...]:
    """Each release of each indexer once: the terms of a search have many in common."""
    releases = [release for each in found for release in each.releases]
    return tuple({(each.indexer_id, each.indexer, each.guid): each for each in reversed(releases)}.values())[::-1]


def _together(errors: Sequence[TransientError | PermanentError]) -> TransientError | PermanentError:
    """Several errors as one; if one of them passes, asking again is worth it, when the first may be back."""
    words = "; ".join(dict.fromkeys(str(error) for error in errors))
    passing = [error.after for error in errors if isinstance(error, TransientError)]
    return TransientError(words, after=min(passing)) if passing else PermanentError(words)


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
