"""A whole swarm on this machine: Transmission seeds, opentracker introduces, qBittorrent downloads."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import qbittorrentapi
import transmission_rpc

from tasks.clients.downloads.types import ClientSettings
from tests.peers.processes import free_port, listens, need, running
from tests.waiting import until

PIECE = 1 << 16
#: What qBittorrent before 4.6.1 starts with.
QBITTORRENT_LOGIN = ("admin", "adminadmin")
TRANSMISSION_LOGIN = ("tr", "transmission's word")

QBITTORRENT_SETTINGS = r"""
[LegalNotice]
Accepted=true
[BitTorrent]
Session\DefaultSavePath={folder}/qbittorrent-files
Session\Port={peer_port}
Session\Interface=lo
Session\InterfaceName=lo
Session\InterfaceAddress=127.0.0.1
Session\DHTEnabled=false
Session\LSDEnabled=false
Session\PeXEnabled=false
Session\QueueingSystemEnabled=false
Session\BTProtocol=TCP
Session\MultiConnectionsPerIp=true
[Network]
PortForwardingEnabled=false
[Preferences]
Connection\ResolvePeerCountries=false
WebUI\Enabled=true
WebUI\Address=127.0.0.1
WebUI\Port={port}
WebUI\UseUPnP=false
"""
TRANSMISSION_SETTINGS = """
{{"download-dir": "{folder}/transmission-files", "rpc-enabled": true, "rpc-bind-address": "127.0.0.1",
 "rpc-port": {port}, "rpc-authentication-required": true, "rpc-username": "{login[0]}", "rpc-password": "{login[1]}",
 "rpc-whitelist": "127.0.0.1", "bind-address-ipv4": "127.0.0.1", "bind-address-ipv6": "::1",
 "peer-port": {peer_port}, "port-forwarding-enabled": false, "dht-enabled": false, "lpd-enabled": false,
 "pex-enabled": false, "utp-enabled": false, "download-queue-enabled": false}}
"""


@dataclass(frozen=True)
class Torrent:
    """A torrent file, and by which hash it is known."""

    content: bytes
    hash: str
    magnet: str


def make_torrent(name: str, files: Mapping[str, bytes], announce: str) -> Torrent:
    """A torrent of a folder with these files, in this order (BEP 3)."""
    whole = b"".join(files.values())
    info = {
        b"files": [{b"length": len(data), b"path": path.split("/")} for path, data in files.items()],
        b"name": name,
        b"piece length": PIECE,
        b"pieces": b"".join(hashlib.sha1(whole[at : at + PIECE]).digest() for at in range(0, len(whole), PIECE)),
    }
    hash = hashlib.sha1(bencode(info)).hexdigest()
    content = bencode({b"announce": announce, b"info": info})
    return Torrent(content, hash, f"magnet:?xt=urn:btih:{hash}&dn={name}&tr={announce}")


def bencode(value: object) -> bytes:
    """Numbers, words, lists and dictionaries with their keys in order, as BEP 3 writes them."""
    match value:
        case int():
            return b"i%de" % value
        case str():
            return bencode(value.encode())
        case bytes():
            return b"%d:%s" % (len(value), value)
        case list():
            return b"l%se" % b"".join(map(bencode, value))
        case dict():
            return b"d%se" % b"".join(bencode(key) + bencode(value[key]) for key in sorted(value))
    raise TypeError(value)


class Swarm:
    """The three programs. `qbittorrent` and `transmission` say how each is reached."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._tracker = stack.enter_context(ExitStack())
        self._allowed: list[str] = []
        # root's tracker makes itself nobody, who may not read in pytest's folders
        self._open_folder = Path(stack.enter_context(TemporaryDirectory(prefix="darkroom-tracker-")))
        self._open_folder.chmod(0o755)
        self._tracker_port = free_port()
        self.announce = f"http://127.0.0.1:{self._tracker_port}/announce"
        self.qbittorrent = ClientSettings("qbittorrent", f"http://127.0.0.1:{free_port()}", *QBITTORRENT_LOGIN)
        self.transmission = ClientSettings("transmission", f"http://127.0.0.1:{free_port()}", *TRANSMISSION_LOGIN)
        self._peer_port = free_port()
        self._configure()
        self._qbittorrent = stack.enter_context(ExitStack())
        stack.enter_context(running(folder, "transmission-daemon", "-f", "-g", folder / "transmission"))
        self.start()
        until(lambda: listens(_port(self.transmission)), "Transmission")

    def start(self) -> None:
        """Start qBittorrent, for the first time or again, with all that it had."""
        command = ("qbittorrent-nox", f"--profile={self.folder / 'qbittorrent'}")
        self._qbittorrent.enter_context(running(self.folder, *command))
        until(lambda: listens(_port(self.qbittorrent)), "qBittorrent")

    def kill(self) -> None:
        """Kill qBittorrent in the middle of whatever it does."""
        self._qbittorrent.close()

    def forget_all_but(self, torrent: Torrent) -> None:
        """Leave qBittorrent this one torrent, so that it is the one that is taken up again after a start.

        Of several that call from one address at once, Transmission turns away all but one, and qBittorrent calls again
        only after a minute.
        """
        kept = self.folder / "qbittorrent/qBittorrent/data/BT_backup"
        with self.asking_qbittorrent() as client:
            others = [each.hash for each in client.torrents_info() if each.hash != torrent.hash]
            client.torrents_delete(torrent_hashes=others, delete_files=False)
        until(lambda: {each.stem for each in kept.glob("*.torrent")} == {torrent.hash}, "qBittorrent to forget")

    def limit(self, kilobytes: int) -> None:
        """Have qBittorrent download so much a second at most; 0 is no limit."""
        with self.asking_qbittorrent() as client:
            client.transfer_set_download_limit(kilobytes * 1024)

    def seed(self, name: str, files: Mapping[str, bytes]) -> Torrent:
        """Have Transmission seed a folder of this name; returns its torrent."""
        torrent = self._torrent(name, files)
        login = {"username": TRANSMISSION_LOGIN[0], "password": TRANSMISSION_LOGIN[1]}
        client = transmission_rpc.Client(port=_port(self.transmission), **login)
        client.add_torrent(torrent.content, download_dir=str(self.folder / "seeds"))

        def announced() -> bool:
            found = client.get_torrent(torrent.hash)
            return found.percent_done == 1 and any(one.last_announce_succeeded for one in found.tracker_stats)

        until(announced, "Transmission to announce its torrent")
        client._http_session.close()
        return torrent

    def seed_for_transmission(self, name: str, files: Mapping[str, bytes]) -> Torrent:
        """Have qBittorrent seed a folder of this name; returns its torrent."""
        torrent = self._torrent(name, files)
        with self.asking_qbittorrent() as client:
            client.torrents_add(torrent_files=torrent.content, save_path=str(self.folder / "seeds"))
            found = functools.partial(client.torrents_info, torrent_hashes=torrent.hash)
            until(lambda: any(each.progress == 1 for each in found()), "qBittorrent to seed")
        return torrent

    def introduce(self, torrent: Torrent) -> None:
        """Have qBittorrent call on Transmission, which takes no tracker's word for peers on its own machine."""
        with self.asking_qbittorrent() as client:
            client.torrents_add_peers(torrent_hashes=torrent.hash, peers=f"127.0.0.1:{self._peer_port}")

    @contextmanager
    def asking_qbittorrent(self) -> Iterator[qbittorrentapi.Client]:
        """Its whole API, for what Darkroom does not ask of it."""
        name, password = QBITTORRENT_LOGIN
        with qbittorrentapi.Client(self.qbittorrent.url, username=name, password=password) as client:
            yield client

    def _torrent(self, name: str, files: Mapping[str, bytes]) -> Torrent:
        """The files in the folder of seeds, and their torrent, of which the tracker knows."""
        for path, data in files.items():
            place = self.folder / "seeds" / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        torrent = make_torrent(name, files, self.announce)
        self._allow(torrent)
        return torrent

    def _allow(self, torrent: Torrent) -> None:
        """Debian's tracker knows only what is on its list, which it reads when it starts."""
        self._tracker.close()
        self._allowed.append(torrent.hash)
        allowed = self._open_folder / "allowed.txt"
        allowed.write_text("\n".join(self._allowed) + "\n")
        port = str(self._tracker_port)
        command = ("opentracker", "-i", "127.0.0.1", "-p", port, "-P", port, "-w", allowed)
        self._tracker.enter_context(running(self.folder, *command))
        until(lambda: listens(self._tracker_port), "the tracker")

    def _configure(self) -> None:
        about = {"folder": self.folder, "port": _port(self.qbittorrent), "peer_port": free_port()}
        settings = self.folder / "qbittorrent/qBittorrent/config/qBittorrent.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(QBITTORRENT_SETTINGS.format(**about))
        about |= {"port": _port(self.transmission), "peer_port": self._peer_port, "login": TRANSMISSION_LOGIN}
        home = self.folder / "transmission"
        home.mkdir()
        (home / "settings.json").write_text(TRANSMISSION_SETTINGS.format(**about))


def _port(settings: ClientSettings) -> int:
    return int(settings.url.rpartition(":")[2])


@contextmanager
def swarming(folder: Path) -> Iterator[Swarm]:
    """A swarm, which keeps everything in `folder`. Skips the test where a program is missing."""
    need("qbittorrent-nox", "transmission-daemon", "opentracker")
    with ExitStack() as stack:
        yield Swarm(folder, stack)
