"""What the tags of an audio file say, whatever kind of tags they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mutagen import MutagenError
from mutagen.aiff import AIFF
from mutagen.asf import ASF
from mutagen.dsdiff import DSDIFF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.id3 import ID3, ID3NoHeaderError
from mutagen.monkeysaudio import MonkeysAudio
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE
from mutagen.wavpack import WavPack

from tasks.media.child.memory import bounded

#: By libav's name of the container, in ogg of the codec: what reads its tags. libav's own words do for the others.
READERS: dict[str, Callable[[str], Any]] = {
    "mp3": ID3,
    "aac": ID3,
    "tta": ID3,
    "mov": MP4,
    "flac": FLAC,
    "ogg/vorbis": OggVorbis,
    "ogg/opus": OggOpus,
    "ogg/flac": OggFLAC,
    "ogg/speex": OggSpeex,
    "asf": ASF,
    "wav": WAVE,
    "aiff": AIFF,
    "ape": MonkeysAudio,
    "wv": WavPack,
    "dsf": DSF,
    "iff": DSDIFF,
}

#: By field, what the kinds of tags call it, in lower case: ID3, MP4, then Vorbis, APE, ASF and libav. The first counts.
NAMES: dict[str, tuple[str, ...]] = {
    "title": ("tit2", "©nam", "title"),
    "artists": ("tpe1", "©art", "artist", "author"),
    "album": ("talb", "©alb", "album", "wm/albumtitle"),
    "album_artists": ("tpe2", "aart", "albumartist", "album artist", "album_artist", "wm/albumartist"),
    "composers": ("tcom", "©wrt", "composer", "wm/composer"),
    "narrators": ("©nrt", "narrator", "narratedby", "narrated by"),
    "genres": ("tcon", "©gen", "genre", "wm/genre"),
    "track": ("trck", "trkn", "tracknumber", "track", "wm/tracknumber"),
    "tracks": ("tracktotal", "totaltracks"),
    "disc": ("tpos", "disk", "discnumber", "disc", "wm/partofset"),
    "discs": ("disctotal", "totaldiscs"),
    "date": ("tdrc", "tdrl", "©day", "date", "wm/year", "year"),
    "comment": ("comm", "©cmt", "comment"),
    "description": ("ldes", "desc", "description", "synopsis"),
    "language": ("tlan", "language", "wm/language"),
    "publisher": ("tpub", "©pub", "publisher", "organization", "wm/publisher", "label"),
    "series": ("mvnm", "©mvn", "series", "movementname"),
    "series_part": ("mvin", "©mvi", "series-part", "series_part", "seriespart", "movement"),
    "asin": ("asin", "audible_asin", "cdek"),
    "isbn": ("isbn",),
}
WANTED = frozenset(name for names in NAMES.values() for name in names)

#: Values of one field, characters of one value, bytes that reading the tags may take (they hold the covers too).
VALUES, LONGEST, MEMORY = 50, 20_000, 256 << 20
#: What no text has: control characters, except the ends of lines and tabs.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Texts = dict[str, list[str]]


def read(path: str, container: str, codec: str | None, stated: Mapping[str, str]) -> tuple[Texts, str | None]:
    """The fields of `NAMES` that the file has, each a list of texts; and in words why its tags could not be read.

    `stated` is what libav says; it counts where mutagen has nothing to say.
    """
    found, trouble = {}, None
    reader = READERS.get(container) or READERS.get(f"{container}/{codec}")
    try:
        with bounded(MEMORY):
            found = _named(_items(reader(path))) if reader else {}
    except ID3NoHeaderError:
        pass
    except MemoryError:
        trouble = "they take too much memory"
    except Exception as error:  # mutagen meets bytes that its authors did not
        trouble = str(error) if isinstance(error, MutagenError) else f"{type(error).__name__}: {error}"
    fallback = _named((name.lower(), value) for name, value in stated.items())
    return {
        field: found.get(field) or fallback[field] for field in NAMES if field in found or field in fallback
    }, trouble


def _items(file: Any) -> Iterator[tuple[str, Any]]:
    """The entries of any kind of tags: their name in lower case, and what mutagen has for it."""
    tags = file if isinstance(file, ID3) else file.tags
    for key, value in tags.items() if tags is not None else ():
        yield name_of(key, value), value


def name_of(key: str, value: Any) -> str:
    """What an entry is called, in lower case."""
    if not hasattr(value, "FrameID"):  # MP4 may have `----:<who>:<name>`
        return key.rsplit(":", 1)[-1].lower()
    described = value.FrameID in ("TXXX", "COMM") and value.desc
    return str(described or value.FrameID).lower()


def _named(entries: Iterable[tuple[str, Any]]) -> Texts:
    known = {name: value for name, value in entries if name in WANTED}
    fields = {field: next((known[name] for name in names if name in known), None) for field, names in NAMES.items()}
    texts = {field: _clean(_texts(value)) for field, value in fields.items() if value is not None}
    return {field: values for field, values in texts.items() if values}


def _texts(value: Any) -> list[str]:
    if hasattr(value, "genres"):  # ID3 has numbers for some
        return list(value.genres)
    if hasattr(value, "text"):
        return [str(text) for text in value.text]
    if isinstance(value, list):
        return [text for each in value[:VALUES] for text in _texts(each)]
    if isinstance(value, tuple):  # MP4: (number, of how many)
        return ["/".join(map(str, value))]
    if isinstance(value, bytes):
        return [value.decode(errors="replace")]
    return str(value).split("\0")


def _clean(texts: list[str]) -> list[str]:
    cleaned = [CONTROLS.sub("", text[:LONGEST]).strip() for text in texts[:VALUES]]
    return list(dict.fromkeys(text for text in cleaned if text))
