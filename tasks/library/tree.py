"""The folders that hold the files of a walk."""

from __future__ import annotations

from collections.abc import Iterator


class Tree:
    """Names folders as files come by in the order of a walk, each once, holding one chain of them in memory."""

    def __init__(self, root: str, *, loose: bool) -> None:
        self._root, self._loose = root, loose
        #: The folder of the last file and those around it, outermost first.
        self._chain: list[str] = []

    def around(self, path: str) -> Iterator[tuple[str, str | None]]:
        """The folders around a file that were not named yet, outermost first, each with the one that it lies in.

        The root is one of them only for a file that lies `loose` in it.
        """
        folder = path.rpartition("/")[0]
        if self._chain and self._chain[-1] == folder:
            return
        before, self._chain = self._chain, self._folders(folder)
        for place, named in enumerate(self._chain):
            if place >= len(before) or before[place] != named:
                yield named, None if named == self._root else named.rpartition("/")[0]

    def _folders(self, folder: str) -> list[str]:
        if folder == self._root:
            return [folder] if self._loose else []
        names = folder[len(self._root) + 1 :].split("/")
        return [f"{self._root}/{'/'.join(names[: depth + 1])}" for depth in range(len(names))]
