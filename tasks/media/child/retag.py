"""Writing what is known of a book into the tags of an audio file, in the words that players and servers look for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TCOM, TDRC, TIT2, TPE1, TPE2, TXXX, ID3NoHeaderError
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from tasks.media.child import tags
from tasks.media.child.container import RefusalError
from tasks.media.child.length import container_of
from tasks.media.child.memory import bounded
from tasks.media.child.sound import opened

#: By field of `tags.NAMES`: its frame in ID3, and what else is called by a word of one's own.
ID3_FRAMES: dict[str, Any] = {
    "title": TIT2,
    "album": TALB,
    "artists": TPE1,
    "album_artists": TPE2,
    "composers": TCOM,
    "date": TDRC,
}
MP4_ATOMS = {
    "title": "©nam",
    "album": "©alb",
    "artists": "©ART",
    "album_artists": "aART",
    "composers": "©wrt",
    "narrators": "©nrt",
    "date": "©day",
}
OWN_WORDS = {"narrators": "NARRATOR", "series": "SERIES", "series_part": "SERIES-PART", "asin": "ASIN", "isbn": "ISBN"}
#: Their tags are names and texts.
VORBIS = (FLAC, OggFLAC, OggOpus, OggVorbis)
VORBIS_NAMES = {
    "title": "title",
    "album": "album",
    "artists": "artist",
    "album_artists": "albumartist",
    "composers": "composer",
    "date": "date",
}


def retag(
    url: str, path: str, progress: Callable[[float], None], *, wanted: Mapping[str, str], write: bool
) -> dict[str, Any]:
    """The fields whose text in the file is not the one that is `wanted`; with `write`, they have it afterwards.

    Raises `RefusalError` for a file whose kind of tags is not written here, or whose tags cannot be read.
    """
    with opened(url) as sound:
        container, codec = container_of(sound), sound.stream.codec_context.codec.canonical_name
    reader = tags.READERS.get(container) or tags.READERS.get(f"{container}/{codec}")
    if container == "aac" or reader not in (ID3, MP4, *VORBIS):
        raise RefusalError(f"Tags are not written into {container} files")
    found, trouble = tags.read(path, container, codec, {})
    if trouble:
        raise RefusalError(f"Its tags cannot be read: {trouble}")
    changed = {field: text for field, text in wanted.items() if not _says(found.get(field, []), field, text)}
    if write and changed:
        with bounded(tags.MEMORY):
            _write(path, reader, changed)
    return {"changed": sorted(changed)}


def _says(texts: list[str], field: str, text: str) -> bool:
    """A whole date says its year too."""
    return texts == [text] or (field == "date" and len(texts) == 1 and texts[0].startswith(text))


def _write(path: str, reader: Any, changed: Mapping[str, str]) -> None:
    file = _opened(path, reader)
    entries = file if isinstance(file, ID3) else file.tags
    for field, text in changed.items():
        # under whatever other names it has stood until now
        for key in [key for key, value in entries.items() if tags.name_of(key, value) in tags.NAMES[field]]:
            del entries[key]
        if isinstance(file, ID3):
            entries.add(_frame(field, text))
        elif isinstance(file, MP4):
            _write_atom(entries, field, text)
        else:
            entries[VORBIS_NAMES.get(field) or OWN_WORDS[field].lower()] = [text]
    file.save(path)


def _frame(field: str, text: str) -> Any:
    kind: Any = ID3_FRAMES.get(field, TXXX)
    own = {"desc": OWN_WORDS[field]} if kind is TXXX else {}
    return kind(encoding=3, text=[text], **own)


def _write_atom(entries: Any, field: str, text: str) -> None:
    if field in MP4_ATOMS:
        entries[MP4_ATOMS[field]] = [text]
    else:
        entries[f"----:com.apple.iTunes:{OWN_WORDS[field]}"] = [MP4FreeForm(text.encode())]  # type: ignore[no-untyped-call]


def _opened(path: str, reader: Any) -> Any:
    try:
        file = reader(path)
    except ID3NoHeaderError:
        return ID3()  # type: ignore[no-untyped-call]
    if not isinstance(file, ID3) and file.tags is None:
        file.add_tags()
    return file
