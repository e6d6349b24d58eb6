"""`roots add|list|remove`: the watched folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from db.paths import display, to_path, to_text
from deployments.cli.connection import connect
from deployments.cli.errors import RefusedError
from deployments.cli.options import AsJson
from deployments.cli.output import emit, local, say, table

if TYPE_CHECKING:
    from deployments.cli.client import Client

app = typer.Typer(help="The watched folders.")

Root = dict[str, Any]
Folder = Annotated[Path, typer.Argument(metavar="PATH", help="A folder.")]


@app.command()
def add(path: Folder, label: Annotated[str | None, typer.Option(help="What to call it.")] = None) -> None:
    """Watch a folder."""
    with connect() as client:
        root = client.add_root(spelled(path), label)
    say(f"Watching {shown(root)}.")


@app.command(name="list")
def list_roots(as_json: AsJson = False) -> None:
    """List the watched folders."""
    with connect() as client:
        roots = client.roots()
    if as_json:
        emit({"libraries": roots})
    elif roots:
        rows = [(root["id"], shown(root), root["label"], local(root["lastScannedAt"]) or "never") for root in roots]
        table(("root", "folder", "label", "last scan"), rows, numbers=(0,))
    else:
        say("No folder is watched; `darkroom roots add PATH` adds one.")


@app.command()
def remove(path: Folder) -> None:
    """Watch a folder no longer. Its files stay; what was known of them goes."""
    with connect() as client:
        root = _same(client.roots(), path)
        if root is None:
            raise RefusedError(f"{path} is no watched folder; `darkroom roots list` shows them.")
        client.remove_root(root["id"])
    say(f"{shown(root)} is watched no longer.")


def spelled(path: Path) -> str:
    """A path as the system takes it: absolute, with its odd bytes in the spelling of `db.paths`."""
    return to_text(path.absolute())


def shown(root: Root) -> str:
    """A watched folder's path, for people."""
    return display(root["path"])


def watched(client: Client, path: Path) -> tuple[Root, str]:
    """The watched folder to scan for `path`, added where there is none, and the sentence that says which it became."""
    roots = client.roots()
    if root := _same(roots, path):
        return root, ""
    if root := _around(roots, path):
        return root, f"{path} lies in the watched folder {shown(root)}, which is scanned whole."
    root = client.add_root(spelled(path))
    return root, f"{shown(root)} is now a watched folder."


def _same(roots: list[Root], path: Path) -> Root | None:
    here = path.resolve()
    return next((root for root in roots if _place(root) == here), None)


def _around(roots: list[Root], path: Path) -> Root | None:
    parents = path.resolve().parents
    return next((root for root in roots if _place(root) in parents), None)


def _place(root: Root) -> Path:
    """Where a watched folder lies: the system has followed its links."""
    return to_path(root["path"])
