from __future__ import annotations

import io

import pytest

from tasks.errors import PermanentError
from tasks.media.oshash import oshash


def hash_of(data: bytes) -> str:
    return oshash(io.BytesIO(data), len(data))


def by_definition(data: bytes) -> str:
    length = min(65536, len(data) // 8 * 8)
    ends = data[:length] + data[len(data) - length :]
    words = (int.from_bytes(ends[at : at + 8], "little") for at in range(0, len(ends), 8))
    return f"{(len(data) + sum(words)) % 2**64:016x}"


def pattern(size: int) -> bytes:
    return bytes((7 * n + n // 251) % 256 for n in range(size))


def test_zeros_leave_only_the_size():
    assert hash_of(bytes(131072)) == "0000000000020000"


def test_the_sum_wraps_around_at_64_bits():
    assert hash_of(b"\xff" * 16) == f"{16 - 4:016x}"


@pytest.mark.parametrize("size", [9, 16, 1001, 65535, 65536, 65537, 131072, 200_003])
def test_both_ends_count_whatever_the_size(size):
    assert hash_of(pattern(size)) == by_definition(pattern(size))


def test_the_middle_of_a_large_file_does_not_count():
    data = bytearray(pattern(300_000))
    before = hash_of(bytes(data))
    data[150_000] ^= 1
    assert hash_of(bytes(data)) == before


@pytest.mark.parametrize("size", [0, 8])
def test_a_file_of_eight_bytes_or_less_has_none(size):
    with pytest.raises(PermanentError, match="too short"):
        hash_of(bytes(size))
