"""Torrent files and NZBs as they are, made from bytes or from a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

PIECE = 16 << 10


def bencode(value: Any) -> bytes:
    """A value as BEP 3 has it."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return bencode(value.encode())
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    items = sorted((name.encode(), each) for name, each in value.items())
    return b"d" + b"".join(bencode(name) + bencode(each) for name, each in items) + b"e"


def info(name: str, files: dict[str, bytes]) -> dict[str, Any]:
    """The part of a torrent file that its hash is of. One file of the torrent's own name stands alone."""
    content = b"".join(files.values())
    pieces = [hashlib.sha1(content[at : at + PIECE]).digest() for at in range(0, len(content), PIECE)]
    common = {"name": name, "piece length": PIECE, "pieces": b"".join(pieces)}
    if list(files) == [name]:
        return common | {"length": len(content)}
    listed = [{"length": len(each), "path": path.split("/")} for path, each in files.items()]
    return common | {"files": listed}


def torrent(said: dict[str, Any], announce: str | None = None) -> bytes:
    """A torrent file."""
    return bencode(({"announce": announce} if announce else {}) | {"info": said})


def info_hash(said: dict[str, Any]) -> str:
    """What clients know it by."""
    return hashlib.sha1(bencode(said)).hexdigest()


def folder(path: Path) -> dict[str, bytes]:
    """The files of a folder, by their places in it."""
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def nzb(name: str, size: int) -> bytes:
    """An NZB of one article."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nzb PUBLIC "-//newzBin//DTD NZB 1.1//EN" "http://www.newzbin.com/DTD/nzb/nzb-1.1.dtd">
<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">
  <file poster="p" date="1700000000" subject="{name} yEnc (1/1)"><groups><group>alt.test</group></groups>
    <segments><segment bytes="{size}" number="1">part1@test</segment></segments>
  </file>
</nzb>""".encode()
