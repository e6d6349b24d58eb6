from __future__ import annotations

import pytest

from tasks.media.staging import staged


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def break_off(folder):
    (folder / "a").write_text("half")
    raise ValueError("broken")


def test_what_was_made_appears_when_the_work_is_done(tmp_path):
    with staged(tmp_path / "out") as folder:
        (folder / "a").write_text("new")
        assert not (tmp_path / "out" / "a").exists()
    assert names(tmp_path / "out") == ["a"]


def test_a_failure_leaves_what_was_there(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(ValueError, match="broken"), staged(tmp_path) as folder:
        break_off(folder)
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_what_a_killed_predecessor_left_is_removed(tmp_path):
    (tmp_path / ".part-abc").mkdir()
    (tmp_path / ".part-abc" / "half").write_text("")
    with staged(tmp_path):
        pass
    assert names(tmp_path) == []
