"""What is known about common errors: the likely cause, and what to do."""

from __future__ import annotations

import re

#: The first that is found in an error speaks.
REMEDIES: tuple[tuple[str, str], ...] = (
    ("moov atom not found", "The end of the file is missing: it was not copied whole. Get it again."),
    (r"file is empty|empty file", "The file has no content. Get it again, or remove it."),
    (r"no such file|file is gone", "The file was moved or removed after the scan. Scan its folder again."),
    ("permission denied", "Darkroom may not read or write there. Change the permissions, then retry."),
    ("no space left", "The disk is full. Make room, then retry."),
    (r"input/output error|stale file handle", "The disk or the network share fails. Check it, then retry."),
    (r"decoder .*not found|unknown decoder|unsupported codec", "This codec cannot be decoded here. Convert the file."),
    (r"invalid data found|ebml header|invalid nal", "The file is damaged, or is no video. Replace it or remove it."),
    (r"process .* was lost|lost twice", "The work took its process down, twice. Look at the file before a retry."),
    (r"root is empty|another device|cannot be read", "The folder is not what it was. Is its disk mounted?"),
    ("time limit|timed out|no progress", "It took longer than it may. Retry when the machine is less busy."),
)
_KNOWN = [(re.compile(pattern, re.IGNORECASE), sentence) for pattern, sentence in REMEDIES]


def remedy(error: str | None) -> str | None:
    """One sentence on what probably happened and what to do; None where nothing is known."""
    return next((sentence for pattern, sentence in _KNOWN if pattern.search(error or "")), None)
