"""Where the generated files of a row are served."""

from __future__ import annotations

from urllib.parse import quote

from db.generated.videos import FILES


def address(shelf: str, number: int, column: str, stored: str | None, version: int | None = None) -> str | None:
    """The address of the file that this column of a row names; None where it names none.

    A file that lies beside its video has the address that it would have in the cache. `version` changes whenever the
    file does, so that a browser may keep it.
    """
    if stored is None:
        return None
    name = FILES[column] if stored.startswith("/") else stored.removeprefix(f"{shelf}/{number}/")
    return f"/assets/{shelf}/{number}/{quote(name)}" + (f"?v={version}" if version is not None else "")
