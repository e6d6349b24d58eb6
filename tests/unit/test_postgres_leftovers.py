"""Which folders of the tests' own servers are swept: those of runs that were killed, never one that is in use."""

from __future__ import annotations

import os

import pytest

from tests import postgres

#: More than any process has for its number.
NOBODY = 2**22 + 1


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "MEMORY", tmp_path)
    (tmp_path / "darkroom-pg-x" / "data").mkdir(parents=True)
    return tmp_path / "darkroom-pg-x"


def _held_by(folder, pid):
    (folder / "data" / "postmaster.pid").write_text(f"{pid}\n{folder}\n")


def _is_old(folder):
    os.utime(folder, (0, 0))


def test_the_folder_of_a_server_that_runs_is_left_alone(folder):
    _held_by(folder, os.getpid())
    _is_old(folder)
    postgres._place()
    assert folder.exists()


# PostgreSQL writes the number of a process that makes a cluster with a minus; the next one has not begun yet
@pytest.mark.parametrize("process", [None, NOBODY, -NOBODY])
def test_one_in_which_a_cluster_is_being_made_is_left_alone(folder, process):
    if process:
        _held_by(folder, process)
    postgres._place()
    assert folder.exists()


@pytest.mark.parametrize("process", [None, NOBODY])
def test_one_that_a_killed_run_has_left_goes(folder, process):
    if process:
        _held_by(folder, process)
    _is_old(folder)
    postgres._place()
    assert not folder.exists()
