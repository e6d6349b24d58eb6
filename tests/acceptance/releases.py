"""What a search has found for a request, and what is downloaded for it."""

from __future__ import annotations

from db import requests
from db.requests import NewDownload, NewRelease


def found(engine, request):
    """Two releases that the last search has found for a request."""
    about = {"indexer_id": None, "indexer": "Books", "protocol": "torrent", "size": 300_000_000, "leechers": 0}
    about |= {"published_at": None, "info_url": None, "base_score": 80.0, "final_score": 112.0, "flags": ["Freeleech"]}
    points = {"match": 58.0, "size": 9.5, "seeders": 3.5, "format": 9.0, "bonuses": {"Freeleech": 32.0}}
    with engine.begin() as conn:
        requests.save_releases(
            conn,
            request,
            [
                NewRelease(
                    rank=rank,
                    guid=title,
                    title=title,
                    seeders=rank,
                    qualifies=rank == 1,
                    info_hash=f"{rank}" * 40,
                    download_url="http://k3y-of-somebody@x/",
                    breakdown=points,
                    **about,
                )
                for rank, title in ((1, "Dune [M4B]"), (2, "Dune [MP3]"))
            ],
        )


def downloading(engine, request, percent):
    """A download of this request that is so far."""
    about = {"client_id": None, "client": "qbittorrent", "client_item_id": "x", "indexer_id": None, "indexer": "Books"}
    about |= {"protocol": "torrent", "title": "Dune [M4B]", "info_hash": None, "info_url": None, "size": 300_000_000}
    with engine.begin() as conn:
        new = NewDownload(request_id=request, seeders=3, leechers=0, score=80.0, **about)
        made, _ = requests.add_download(conn, new)
        requests.change_download(conn, made, progress=percent, speed=2_500_000, eta=75, client_state="downloading")
    return made
