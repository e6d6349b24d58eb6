from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.errors import StartError
from deployments.postgres import binaries

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """A machine whose only servers are those that the test installs: programs that say what real ones say."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(binaries, "PLACES", (f"{tmp_path}/*/bin",))
    # as root the real ones are asked by another user, who cannot come here
    monkeypatch.setattr(binaries, "owner", _Myself)

    def install(version: str, *, contrib: bool = True) -> Path:
        share, folder = tmp_path / version / "share", tmp_path / version / "bin"
        (share / "extension").mkdir(parents=True)
        folder.mkdir()
        if contrib:
            (share / "extension" / "pg_trgm.control").touch()
        _program(folder / "postgres", f"postgres (PostgreSQL) {version} (Debian {version}-1)")
        _program(folder / "initdb", f"share_path={share}")
        return folder

    return install


class _Myself:
    """Runs programs as this process's user."""

    def run(self, command: list[str], **options: object) -> object:
        return subprocess.run(command, check=False, capture_output=True, text=True, **options)


def _program(path: Path, words: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{words}'\n")
    path.chmod(0o755)


def test_the_newest_server_is_taken(install: Install) -> None:
    install("9.6")
    install("15.18")
    newest = install("17.2")

    found = binaries.find()

    assert found.folder == newest
    assert found.version == (17, 2)


def test_existing_data_gets_the_server_of_its_own_version(install: Install) -> None:
    older = install("15.18")
    install("17.2")

    assert binaries.find(15).folder == older


def test_a_server_without_the_contrib_modules_is_passed_over(install: Install) -> None:
    complete = install("15.18")
    install("17.2", contrib=False)

    assert binaries.find().folder == complete


def test_what_was_found_and_why_it_will_not_do_is_in_the_sentence(install: Install) -> None:
    install("14.8")
    install("17.2", contrib=False)

    with pytest.raises(StartError) as refusal:
        binaries.find()

    assert "is 14.8, older than 14.9" in str(refusal.value)
    assert "lacks the contrib extension pg_trgm" in str(refusal.value)
    assert "apt-get install postgresql" in str(refusal.value)


def test_a_missing_version_is_named(install: Install) -> None:
    install("17.2")

    with pytest.raises(StartError, match=r"PostgreSQL 15 was not found .*is PostgreSQL 17"):
        binaries.find(15)
