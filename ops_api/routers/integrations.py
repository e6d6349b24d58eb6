"""The programs that requests are carried out with, and what all requests share."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from db import requests
from db.requests import RequestError
from ops_api import models
from ops_api.dependencies import Id, Reading, TheProgramDesk
from ops_api.request_page.example import example

router = APIRouter(prefix="/api/integrations", tags=["integrations"])


@router.get("/indexers")
def list_indexers(desk: TheProgramDesk) -> models.Indexers:
    """All of them, the oldest first."""
    return models.Indexers(indexers=desk.all("indexer"))


@router.post("/indexers", status_code=201)
def add_indexer(desk: TheProgramDesk, wanted: models.NewIndexer) -> models.Indexer:
    """An indexer: a Prowlarr, or a feed that speaks Torznab or Newznab. Prefect keeps its secret, encrypted."""
    made: models.Indexer = desk.add("indexer", wanted)
    return made


@router.patch("/indexers/{program_id}")
def change_indexer(desk: TheProgramDesk, program_id: Id, wanted: models.IndexerChanges) -> models.Indexer:
    """Change what the body names."""
    changed: models.Indexer = desk.change("indexer", program_id, wanted)
    return changed


@router.delete("/indexers/{program_id}", status_code=204)
def remove_indexer(desk: TheProgramDesk, program_id: Id) -> None:
    """Use it no more, and forget its secret."""
    desk.remove("indexer", program_id)


@router.post("/indexers/{program_id}/test")
def test_indexer(desk: TheProgramDesk, program_id: Id) -> models.ProgramTested:
    """Speak with it, at once."""
    return desk.test("indexer", program_id)


@router.get("/download-clients")
def list_download_clients(desk: TheProgramDesk) -> models.DownloadClients:
    """All of them, the oldest first."""
    return models.DownloadClients(download_clients=desk.all("download-client"))


@router.post("/download-clients", status_code=201)
def add_download_client(desk: TheProgramDesk, wanted: models.NewDownloadClient) -> models.DownloadClient:
    """A program that downloads. Prefect keeps its secret, encrypted."""
    made: models.DownloadClient = desk.add("download-client", wanted)
    return made


@router.patch("/download-clients/{program_id}")
def change_download_client(
    desk: TheProgramDesk, program_id: Id, wanted: models.DownloadClientChanges
) -> models.DownloadClient:
    """Change what the body names."""
    changed: models.DownloadClient = desk.change("download-client", program_id, wanted)
    return changed


@router.delete("/download-clients/{program_id}", status_code=204)
def remove_download_client(desk: TheProgramDesk, program_id: Id) -> None:
    """Use it no more, and forget its secret."""
    desk.remove("download-client", program_id)


@router.post("/download-clients/{program_id}/test")
def test_download_client(desk: TheProgramDesk, program_id: Id) -> models.ProgramTested:
    """Speak with it, at once."""
    return desk.test("download-client", program_id)


@router.get("/library-servers")
def list_library_servers(desk: TheProgramDesk) -> models.LibraryServers:
    """All of them, the oldest first."""
    return models.LibraryServers(library_servers=desk.all("library-server"))


@router.post("/library-servers", status_code=201)
def add_library_server(desk: TheProgramDesk, wanted: models.NewLibraryServer) -> models.LibraryServer:
    """A library of Plex or Audiobookshelf. Prefect keeps its secret, encrypted."""
    made: models.LibraryServer = desk.add("library-server", wanted)
    return made


@router.patch("/library-servers/{program_id}")
def change_library_server(
    desk: TheProgramDesk, program_id: Id, wanted: models.LibraryServerChanges
) -> models.LibraryServer:
    """Change what the body names."""
    changed: models.LibraryServer = desk.change("library-server", program_id, wanted)
    return changed


@router.delete("/library-servers/{program_id}", status_code=204)
def remove_library_server(desk: TheProgramDesk, program_id: Id) -> None:
    """Use it no more, and forget its secret."""
    desk.remove("library-server", program_id)


@router.post("/library-servers/{program_id}/test")
def test_library_server(desk: TheProgramDesk, program_id: Id) -> models.ProgramTested:
    """Speak with it, at once."""
    return desk.test("library-server", program_id)


@router.get("/notification-targets")
def list_notification_targets(desk: TheProgramDesk) -> models.NotificationTargets:
    """All of them, the oldest first."""
    return models.NotificationTargets(notification_targets=desk.all("notification-target"))


@router.post("/notification-targets", status_code=201)
def add_notification_target(desk: TheProgramDesk, wanted: models.NewNotificationTarget) -> models.NotificationTarget:
    """Whom to tell what, by an address of Apprise's. Prefect keeps its secret, encrypted."""
    made: models.NotificationTarget = desk.add("notification-target", wanted)
    return made


@router.patch("/notification-targets/{program_id}")
def change_notification_target(
    desk: TheProgramDesk, program_id: Id, wanted: models.NotificationTargetChanges
) -> models.NotificationTarget:
    """Change what the body names."""
    changed: models.NotificationTarget = desk.change("notification-target", program_id, wanted)
    return changed


@router.delete("/notification-targets/{program_id}", status_code=204)
def remove_notification_target(desk: TheProgramDesk, program_id: Id) -> None:
    """Use it no more, and forget its secret."""
    desk.remove("notification-target", program_id)


@router.post("/notification-targets/{program_id}/test")
def test_notification_target(desk: TheProgramDesk, program_id: Id) -> models.ProgramTested:
    """Speak with it, at once."""
    return desk.test("notification-target", program_id)


@router.get("/settings")
def read_settings(conn: Reading) -> models.RequestSettings:
    """What all requests share."""
    return models.RequestSettings.model_validate(requests.read_settings(conn))


@router.get("/settings/example")
def read_folder_example(
    conn: Reading,
    template: Annotated[models.Text, Query(max_length=1000, examples=["{author}/{series}/{title}"])],
) -> models.FolderExample:
    """Where a book would be put by this template."""
    try:
        return models.FolderExample(folder=example(template, requests.read_settings(conn).library_folder))
    except ValueError as error:
        raise RequestError(f"The template cannot be used: {error}.") from None


@router.put("/settings")
def change_settings(desk: TheProgramDesk, wanted: models.RequestSettings) -> models.RequestSettings:
    """Change what the body names."""
    return desk.change_settings(wanted)
