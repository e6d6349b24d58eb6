"""Torrent files (BEP 3, BEP 52): which torrent one is, and what it would bring."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.clients.indexers.bencode import BencodeError, Value, read_dictionary

#: Bytes of a piece's hash, and of all that a torrent may bring.
HASH, LARGEST = 20, 1 << 50
#: Parts of a path that lead elsewhere.
_ASTRAY = frozenset({b"", b".", b".."})


class TorrentError(ValueError):
    """A content is no torrent file that can be trusted; the message says why."""


@dataclass(frozen=True)
class Torrent:
    """What a torrent file says."""

    #: As clients know it, in hexadecimal: of version 1, else the first 20 bytes of version 2's.
    info_hash: str
    name: str
    #: Of all its files together, bytes.
    size: int
    files: int


def read_torrent(content: bytes) -> Torrent:
    """Read a torrent file and check all that tells which torrent it is and where its files would go.

    Raises:
        TorrentError: it is none, or leads out of its folder.
    """
    try:
        decoded = read_dictionary(content)
    except BencodeError as error:
        raise TorrentError(str(error)) from None
    info, span = decoded.values.get(b"info"), decoded.spans.get(b"info")
    if not isinstance(info, dict) or span is None:
        raise TorrentError("it has no info")
    sizes = list(_sizes(info))
    if not sizes or sum(sizes) > LARGEST:
        raise TorrentError("it has no files" if not sizes else "it is larger than anything")
    name = _part(info.get(b"name")).decode(errors="replace")
    return Torrent(_hash(info, content[slice(*span)]), name, sum(sizes), len(sizes))


def _hash(info: dict[bytes, Value], written: bytes) -> str:
    if b"pieces" in info:
        return hashlib.sha1(written, usedforsecurity=False).hexdigest()
    return hashlib.sha256(written).hexdigest()[: 2 * HASH]


def _sizes(info: dict[bytes, Value]) -> Iterator[int]:
    """The size of each file, whose place is checked on the way."""
    _whole(info.get(b"piece length"), smallest=1)
    if b"pieces" not in info:
        yield from _tree(info.get(b"file tree"))
        return
    pieces = info[b"pieces"]
    if not isinstance(pieces, bytes) or not pieces or len(pieces) % HASH:
        raise TorrentError("its pieces are no hashes")
    files = info.get(b"files")
    if files is None:
        yield _whole(info.get(b"length"))
        return
    for file in files if isinstance(files, list) else ():
        if not isinstance(file, dict):
            raise TorrentError("one of its files is none")
        _path(file.get(b"path"))
        yield _whole(file.get(b"length"))


def _tree(tree: Value | None) -> Iterator[int]:
    """The files of version 2: folders in folders, and in a file's place its properties under an empty name."""
    if not isinstance(tree, dict) or b"" in tree:
        raise TorrentError("it has no tree of files")
    for name, inside in tree.items():
        _part(name)
        leaf = inside.get(b"") if isinstance(inside, dict) else None
        if isinstance(leaf, dict):
            yield _whole(leaf.get(b"length"))
        else:
            yield from _tree(inside)


def _path(path: Value | None) -> None:
    if not isinstance(path, list) or not path:
        raise TorrentError("one of its files has no path")
    for part in path:
        _part(part)


def _part(part: Value | None) -> bytes:
    """A part of a path that stays where it is."""
    if not isinstance(part, bytes) or part in _ASTRAY or any(letter in part for letter in (b"/", b"\\", b"\0")):
        raise TorrentError("one of its files would lead out of its folder")
    return part


def _whole(number: Value | None, smallest: int = 0) -> int:
    if not isinstance(number, int) or not smallest <= number <= LARGEST:
        raise TorrentError("one of its lengths is none")
    return number
