"""One question to one stash-box for all videos of a batch: asked by the first job that wants to know, kept for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from db.identify import Box, VideoToIdentify
from tasks.clients.web import Web
from tasks.control import Control
from tasks.errors import PermanentError, TransientError
from tasks.identify.graphql import StashBox
from tasks.identify.match import Hashes
from tasks.identify.stash_box import Known, find


class Pauses:
    """Which stash-boxes have said that they want to be left alone, and until when. All slots of a flow share it."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def check(self, box: Box) -> None:
        """Raise `TransientError` while the stash-box wants to be left alone."""
        left = self._until.get(box.id, 0) - time.monotonic()
        if left > 0:
            raise TransientError(f"{box.name} wants to be left alone for another {left:.0f} s", after=left)

    def note(self, box: Box, seconds: float) -> None:
        """Leave it alone for so long."""
        self._until[box.id] = time.monotonic() + seconds


class BoxLookup:
    """What one stash-box knows of the videos of one batch."""

    def __init__(self, box: Box, secret: Callable[[str], str], pauses: Pauses) -> None:
        self.box, self._secret, self._pauses = box, secret, pauses
        self._videos: dict[int, Hashes] = {}
        self._known: dict[int, Known] = {}
        self._error: PermanentError | TransientError | None = None

    def add(self, video: VideoToIdentify) -> None:
        """Ask for this video too."""
        md5, oshash, phash = (value or None for value in (video.hashes or "  ").split(" "))
        self._videos[video.id] = Hashes(md5, oshash, phash, video.duration)

    def of(self, video_id: int, web: Web, control: Control) -> Known:
        """What it knows of one of the videos. Raises as `ask` does: the same for all of them."""
        if self._error is not None:
            raise self._error
        if video_id not in self._known:
            self._ask(web, control)
        return self._known[video_id]

    def _ask(self, web: Web, control: Control) -> None:
        try:
            self._pauses.check(self.box)
            key = self._secret(self.box.secret_block) if self.box.secret_block else None
            box = StashBox(self.box.name, self.box.endpoint, key)
            answers: Sequence[Known] = find(web, box, list(self._videos.values()), control)
        except (PermanentError, TransientError) as error:
            self._error = error
            if isinstance(error, TransientError) and error.after:
                self._pauses.note(self.box, error.after)
            raise
        self._known = dict(zip(self._videos, answers, strict=True))
