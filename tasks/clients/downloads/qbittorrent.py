"""qBittorrent 4.1 and newer, by its Web API (github.com/qbittorrent/qBittorrent/wiki, "WebUI API")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import qbittorrentapi as api
from requests.exceptions import SSLError

from tasks.clients.downloads import infohash
from tasks.clients.downloads.guard import PATIENCE, guard
from tasks.clients.downloads.types import MISSING, ClientSettings, DownloadNotFoundError, Grab, State, Status
from tasks.clients.words import repeatable
from tasks.errors import PermanentError, TransientError
from tasks.requests.path_mapping import is_absolute, is_inside, to_local

Result = TypeVar("Result")

#: Its words for how a torrent is doing, old and new ones. One that is not here is `downloading`.
STATES: dict[str, State] = {
    "stalledDL": "stalled",
    "queuedDL": "queued",
    "pausedDL": "paused",
    "stoppedDL": "paused",
    "uploading": "seeding",
    "stalledUP": "seeding",
    "queuedUP": "seeding",
    "forcedUP": "seeding",
    "pausedUP": "completed",
    "stoppedUP": "completed",
    "error": "error",
    "missingFiles": "error",
}
#: Seconds that it says when it does not know.
NEVER = 8_640_000
#: What Linux and Windows say of a full disk.
FULL = ("no space left", "not enough space")


#: What a person can put right.
REFUSALS: dict[type[api.APIError], str] = {
    api.LoginFailed: "refuses the user name or the password. Correct them.",
    api.Unauthorized401Error: "refuses this machine. Correct the password, or the host name in its Web UI's settings.",
    api.Forbidden403Error: "has locked this machine out after wrong passwords. Correct the password, then restart"
    " qBittorrent or wait for an hour.",
}


class QBittorrent:
    """One qBittorrent, logged in when it is first asked, and again when it has forgotten."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._answered = False
        self._api = api.Client(
            host=settings.url,
            username=settings.username,
            password=settings.password,
            FORCE_SCHEME_FROM_HOST=True,
            SIMPLE_RESPONSES=True,
            DISABLE_LOGGING_DEBUG_OUTPUT=True,
            REQUESTS_ARGS={"timeout": PATIENCE, "hooks": {"response": guard}},
        )

    @classmethod
    @contextmanager
    def opened(cls, settings: ClientSettings) -> Iterator[QBittorrent]:
        """For as long as it is asked; then the session ends."""
        client = cls(settings)
        try:
            yield client
        finally:
            client.close()

    def close(self) -> None:
        """End the session, where there is one."""
        if self._answered:
            with suppress(api.APIError):
                self._api.auth_log_out()

    def test(self) -> str:
        """As `DownloadClient.test`."""
        return self._ask(self._api.app_version).removeprefix("v")

    def add(self, grab: Grab) -> str:
        """As `DownloadClient.add`. It seeds without end: when to stop is decided by whoever asked for it."""
        hashes = infohash.of_torrent(grab.content) if grab.content else infohash.of_magnet(grab.magnet or "")
        if there := self._known(hashes):
            return there
        if grab.category:
            self._make_category(grab.category, grab.save_path)
        self._send(grab, hashes)
        return (self._known(hashes) if len(hashes) > 1 else None) or hashes[0]

    def statuses(self, ids: Collection[str]) -> dict[str, Status]:
        """As `DownloadClient.statuses`."""
        rows = self._rows(ids)
        return {id: self._status(rows[id]) if id in rows else MISSING for id in ids}

    def remove(self, id: str, *, delete_files: bool) -> None:
        """As `DownloadClient.remove`."""
        self._ask(lambda: self._api.torrents_delete(delete_files=delete_files, torrent_hashes=id))

    def set_category(self, id: str, category: str) -> None:
        """As `DownloadClient.set_category`: automatic management would move the files, so it is switched off first."""
        if id not in self._rows([id]):
            raise DownloadNotFoundError("qBittorrent does not know this download.")
        self._make_category(category, None)
        self._ask(lambda: self._api.torrents_set_auto_management(enable=False, torrent_hashes=id))
        self._ask(lambda: self._api.torrents_set_category(category=category, torrent_hashes=id))

    def _known(self, hashes: tuple[str, ...]) -> str | None:
        return next(iter(self._rows(hashes)), None)

    def _rows(self, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """By id, what it says of these torrents; some programs that speak its language answer with all they have."""
        if not ids:
            return {}
        rows: Any = self._ask(lambda: self._api.torrents_info(torrent_hashes=list(ids)))
        found = {str(row.get("hash", "")).lower(): row for row in rows if isinstance(row, dict)}
        return {id: found[id] for id in ids if id in found}

    def _make_category(self, name: str, save_path: str | None) -> None:
        """A category that is there keeps its folder: changing it would move what else is in it."""
        try:
            self._ask(lambda: self._api.torrents_create_category(name=name, save_path=save_path))
        except api.Conflict409Error as error:
            there: Any = self._ask(self._api.torrents_categories)
            if name not in there:
                sentence = f"qBittorrent refuses the category {name}. Enter one without // and without a / at its ends."
                raise PermanentError(sentence) from error

    def _send(self, grab: Grab, hashes: tuple[str, ...]) -> None:
        """Without automatic management where a folder is named, with it otherwise: else it ignores both."""
        try:
            answer = self._ask(
                lambda: self._api.torrents_add(
                    urls=grab.magnet if grab.content is None else None,
                    torrent_files=grab.content,
                    category=grab.category,
                    save_path=grab.save_path,
                    use_auto_torrent_management=grab.save_path is None,
                    content_layout="Original",
                    ratio_limit=-1,
                    seeding_time_limit=-1,
                )
            )
        except api.UnsupportedMediaType415Error as error:
            raise PermanentError(infohash.NO_TORRENT) from error
        except api.Conflict409Error:
            answer = "Fails."
        if answer == "Fails." and not self._known(hashes):
            raise PermanentError("qBittorrent refuses this torrent. Its log says why; choose another release.")

    def _status(self, row: Mapping[str, Any]) -> Status:
        state = STATES.get(row.get("state", ""), "downloading")
        path, folder = row.get("content_path") or "", row.get("save_path") or ""
        if not path and folder:
            path = f"{folder.rstrip('/')}/{row.get('name', '')}"
        return Status(
            state,
            name=str(row.get("name", "")),
            progress=min(1.0, max(0.0, float(row.get("progress") or 0))),
            size=_count(row.get("size")),
            downloaded=_count(row.get("completed")),
            speed=_count(row.get("dlspeed")) or 0,
            eta=_count(row.get("eta")) if (row.get("eta") or NEVER) < NEVER else None,
            path=to_local(path, self._settings.mappings) if is_absolute(path) else None,
            files=self._files(row) if path == folder else (),
            settled=not is_absolute(folder) or is_inside(path, folder),
            category=row.get("category") or None,
            ratio=float(row["ratio"]) if row.get("ratio", -1) >= 0 else None,
            seeding_seconds=_count(row.get("seeding_time")),
            error=self._trouble(row) if state == "error" else None,
        )

    def _files(self, row: Mapping[str, Any]) -> tuple[Path, ...]:
        """The files of a torrent that has no folder of its own."""
        rows: Any = self._ask(lambda: self._api.torrents_files(torrent_hash=row["hash"]))
        folder = to_local(row["save_path"], self._settings.mappings)
        return tuple(folder / one["name"] for one in rows if ".." not in Path(one["name"]).parts)

    def _trouble(self, row: Mapping[str, Any]) -> str:
        """A torrent does not say why it stopped; the log, which names it in quotes, does."""
        if row["state"] == "missingFiles":
            return "qBittorrent misses the files of this download. Put them back or check them again there."
        log: Any = self._ask(lambda: self._api.log_main(normal=False, info=False))
        name = f'"{row.get("name", "")}"'
        said = [str(one.get("message", "")) for one in log if name in str(one.get("message", ""))]
        return explained(repeatable(said[-1]) if said else "its log says why")

    def _ask(self, question: Callable[[], Result]) -> Result:
        """Raises as `DownloadClient` does; a refusal that only some questions can get (409, 415) stays as it is."""
        try:
            answer = question()
            self._answered = True
            return answer
        except (api.Conflict409Error, api.UnsupportedMediaType415Error):
            raise
        except api.APIError as error:
            raise self._explained(error) from error

    def _explained(self, error: api.APIError) -> Exception:
        url, cause = self._settings.url, error.__context__
        if isinstance(cause, PermanentError | TransientError):
            return type(cause)(f"qBittorrent at {url}: {cause}")
        for kind, sentence in REFUSALS.items():
            if isinstance(error, kind):
                return PermanentError(f"qBittorrent at {url} {sentence}")
        if isinstance(cause, SSLError):
            return PermanentError(f"The certificate of qBittorrent at {url} cannot be trusted. Install it here.")
        said = repeatable(str(error), self._settings.password)
        away = isinstance(error, api.APIConnectionError) and not isinstance(error, api.HTTP4XXError)
        if away:
            return TransientError(f"qBittorrent does not answer at {url}: {said}")
        return PermanentError(f"What answers at {url} does not do so as qBittorrent does: {said}")


def explained(said: str) -> str:
    """What to do about a torrent of which qBittorrent's log says this."""
    if any(words in said.lower() for words in FULL):
        return "The disk of qBittorrent is full. Make room there, then resume the download."
    return f"qBittorrent stopped this download: {said}"


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and value >= 0 else None
