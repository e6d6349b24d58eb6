"""Archives for tests: the formats that a library of comics has, and lies in each of them."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import libarchive

Files = Mapping[str, bytes]
TIME = 1_700_000_000
DIRECTORY_ENTRY, LOCAL_ENTRY = b"PK\x01\x02", b"PK\x03\x04"


def zip_of(path: Path, files: Files, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tar_of(path: Path, files: Files) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), TIME
            archive.addfile(info, io.BytesIO(data))
    return path


def seven_zip_of(path: Path, files: Files) -> Path:
    with libarchive.file_writer(str(path), "7zip") as archive:
        for name, data in files.items():
            archive.add_file_from_memory(name, len(data), data, mtime=TIME)
    return path


def rar5_of(path: Path, files: Files, links: Mapping[str, str] | None = None, encrypted: bool = False) -> Path:
    """Stored, not compressed, as version 5 lays it out (https://www.rarlab.com/technote.htm)."""
    blocks = [_rar5_block(1, 0, _vint(0))]
    for name, data in files.items():
        encryption = _counted_bytes(_vint(1) + bytes(35)) if encrypted else b""
        blocks.append(_rar5_entry(name, data, encryption))
    for name, target in (links or {}).items():
        blocks.append(_rar5_entry(name, b"", _counted_bytes(_vint(5) + _vint(1) + _vint(0) + _counted(target))))
    path.write_bytes(b"Rar!\x1a\x07\x01\x00" + b"".join(blocks) + _rar5_block(5, 0, _vint(0)))
    return path


def _rar5_entry(name: str, data: bytes, extra: bytes) -> bytes:
    body = _vint(len(extra)) + _vint(len(data)) + _rar5_file(name, data) + extra
    return _rar5_block(2, 3, body) + data


def _rar5_file(name: str, data: bytes) -> bytes:
    numbers = _vint(0x0006) + _vint(len(data)) + _vint(0o100644) + struct.pack("<II", TIME, zlib.crc32(data))
    return numbers + _vint(0) + _vint(1) + _counted(name)


def _rar5_block(kind: int, flags: int, body: bytes) -> bytes:
    head = _vint(kind) + _vint(flags) + body
    sized = _vint(len(head)) + head
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _counted(text: str) -> bytes:
    return _counted_bytes(text.encode("utf-8", "surrogateescape"))


def _counted_bytes(raw: bytes) -> bytes:
    return _vint(len(raw)) + raw


def _vint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def rar4_of(
    path: Path, files: Files, links: Mapping[str, str] | None = None, flags: int = 0, damaged: str | None = None
) -> Path:
    """The same as versions 1.5 to 4 lay it out. The damaged member claims to be compressed, which it is not."""
    blocks = [_rar4_block(0x73, flags, bytes(6))]
    entries = [(name, data, 0o100644) for name, data in files.items()]
    entries += [(name, target.encode(), 0o120777) for name, target in (links or {}).items()]
    for name, data, mode in entries:
        raw = name.encode()
        sizes = struct.pack("<IIBII", len(data), len(data), 3, zlib.crc32(data), 0x57210000)
        body = sizes + struct.pack("<BBHI", 29, 0x33 if name == damaged else 0x30, len(raw), mode) + raw
        blocks.append(_rar4_block(0x74, 0x8000, body) + data)
    path.write_bytes(b"Rar!\x1a\x07\x00" + b"".join(blocks) + _rar4_block(0x7B, 0x4000, b""))
    return path


def _rar4_block(kind: int, flags: int, body: bytes) -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


#: Every format, by the extension that comics have in it.
PACKERS: dict[str, Callable[[Path, Files], Path]] = {
    "cbz": zip_of,
    "cbr": rar5_of,
    "rar": rar4_of,
    "cb7": seven_zip_of,
    "cbt": tar_of,
}


def lie(path: Path, entry: bytes, place: int, value: bytes) -> None:
    """Overwrite a field of every entry of a zip archive's directory, or of every local header."""
    data = bytearray(path.read_bytes())
    start = data.find(entry)
    while start >= 0:
        data[start + place : start + place + len(value)] = value
        start = data.find(entry, start + 4)
    path.write_bytes(data)


def lie_of_size(path: Path, size: int) -> None:
    """Let every member of a zip archive claim to be so many bytes unpacked."""
    lie(path, DIRECTORY_ENTRY, 24, struct.pack("<I", size))
    lie(path, LOCAL_ENTRY, 22, struct.pack("<I", size))


def say_utf_8(path: Path) -> None:
    """Let every member of a zip archive claim that its name is UTF-8."""
    lie(path, DIRECTORY_ENTRY, 8, b"\0\x08")
    lie(path, LOCAL_ENTRY, 6, b"\0\x08")


def encrypt(path: Path) -> None:
    """Let every member of a zip archive claim to be encrypted."""
    lie(path, DIRECTORY_ENTRY, 8, b"\x01\x00")
    lie(path, LOCAL_ENTRY, 6, b"\x01\x00")
