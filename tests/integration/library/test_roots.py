"""The watched folders and the settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from db import library_settings, paths, roots
from db.library_settings import SettingError, Settings
from db.roots import RootError, RootNotFoundError
from tests.integration.library.conftest import Library
from tests.rows import add_job, ago


def add(engine: Engine, path: Path | str, **choices: object) -> roots.Root:
    with engine.begin() as conn:
        return roots.add_root(conn, paths.to_text(path), **choices)


def test_a_folder_is_watched_under_its_own_name(engine: Engine, tmp_path: Path) -> None:
    root = add(engine, tmp_path / ".", scan_audio=False)
    assert (root.path, root.label, root.enabled, root.scan_audio) == (str(tmp_path), tmp_path.name, True, False)
    with engine.begin() as conn:
        assert roots.list_roots(conn) == [root]
        assert roots.get_root(conn, root.id) == root


def test_links_in_a_path_are_resolved(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "films")
    assert add(engine, tmp_path / "link").path == str(tmp_path / "films")
    with pytest.raises(RootError, match="is watched already"):
        add(engine, tmp_path / "films")


def test_a_folder_whose_name_is_no_utf8_can_be_watched(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    root = add(engine, folder)
    assert (paths.to_path(root.path), root.label) == (folder, "caf�")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing", "There is no folder"),
        ("file", "is a file; name the folder"),
        ("loop", "cannot be read|There is no folder"),
    ],
)
def test_only_a_readable_folder_can_be_watched(engine: Engine, tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(RootError, match=sentence):
        add(engine, tmp_path / name)


@pytest.mark.parametrize("path", ["", "films", "a\0b"])
def test_a_path_must_be_a_whole_one(engine: Engine, path: str) -> None:
    with pytest.raises(RootError, match=r"Name a folder|no absolute path"):
        add(engine, path)


def test_watched_folders_lie_apart_by_the_parts_of_their_paths(engine: Engine, tmp_path: Path) -> None:
    for name in ("films/new", "films2"):
        (tmp_path / name).mkdir(parents=True)
    add(engine, tmp_path / "films")
    add(engine, tmp_path / "films2")
    with pytest.raises(RootError, match=r"lies in .*films, which is watched already"):
        add(engine, tmp_path / "films" / "new")
    with pytest.raises(RootError, match=r"lies .*films.*, which is watched already; remove"):
        add(engine, tmp_path)


def test_a_changed_nsfw_mark_reaches_videos_and_series(library: Library) -> None:
    library.write("Lamp/a.mkv")
    library.scan()
    for mark in (True, False):
        with library.engine.begin() as conn:
            assert roots.update_root(conn, library.root.id, is_nsfw=mark, label=" Films ").label == "Films"
        for table in ("videos", "video_series"):
            assert library.rows(f"SELECT is_nsfw FROM {table}") == [{"is_nsfw": mark}]


def test_a_changed_nsfw_mark_reaches_every_job_on_what_lies_in_the_folder(library: Library) -> None:
    library.write("a.mkv")
    library.scan()
    (video,) = library.rows("SELECT id FROM videos")
    here, film = {"target_type": "library_root", "target_id": str(library.root.id)}, {"target_id": str(video["id"])}
    with library.engine.begin() as conn:
        conn.execute(text("DELETE FROM job_runs"))
        reached = [
            add_job(conn, "queued", "library-scan", **here),
            add_job(conn, "running", "preview", **film),
            add_job(conn, "failed", "fingerprint", **film),
            add_job(conn, "cancelled", "media-probe", **film),
            add_job(conn, "failed", "preview", cleared_at=ago(0), **film),
            add_job(conn, "completed", "fingerprint", **film),
        ]
        add_job(conn, "queued", "library-scan", target_type="library_root", target_id=str(library.root.id + 1))
        add_job(conn, "queued", "preview", target_id=str(video["id"] + 1))
        roots.update_root(conn, library.root.id, is_nsfw=True)
    marked = library.rows("SELECT id FROM job_runs WHERE is_nsfw ORDER BY id")
    assert [row["id"] for row in marked] == reached
    with library.engine.begin() as conn:
        roots.update_root(conn, library.root.id, is_nsfw=False)
    assert library.rows("SELECT id FROM job_runs WHERE is_nsfw") == []


def test_an_update_leaves_the_rest_alone(library: Library) -> None:
    with library.engine.begin() as conn:
        before = roots.get_root(conn, library.root.id)
        after = roots.update_root(conn, library.root.id, recursive=False)
    assert (after.recursive, after.label, after.is_nsfw) == (False, before.label, before.is_nsfw)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [({"enabled": "yes"}, "must be true or false"), ({"label": 7}, "must be text"), ({"path": "/x"}, "no setting")],
)
def test_a_choice_must_make_sense(library: Library, choices: dict[str, object], sentence: str) -> None:
    with library.engine.begin() as conn, pytest.raises(RootError, match=sentence):
        roots.update_root(conn, library.root.id, **choices)


def test_a_folder_that_is_watched_no_longer_takes_its_videos_along(library: Library) -> None:
    path = library.write("a.mkv")
    library.scan()
    with library.engine.begin() as conn:
        roots.remove_root(conn, library.root.id)
        for call in (roots.remove_root, roots.get_root):
            with pytest.raises(RootNotFoundError, match="no watched folder"):
                call(conn, library.root.id)
    assert library.videos() == {}
    assert path.exists()


def test_settings_are_the_defaults_until_somebody_changes_them(engine: Engine) -> None:
    with engine.begin() as conn:
        assert library_settings.read(conn) == Settings()
        changed = library_settings.write(conn, scan_interval_minutes=5, auto_scan_enabled=True)
        assert changed == library_settings.read(conn) == Settings(scan_interval_minutes=5, auto_scan_enabled=True)
        assert library_settings.write(conn) == changed


def test_the_defaults_are_those_of_the_table(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM library_settings"))
        assert library_settings.read(conn) == Settings()
        conn.execute(text("INSERT INTO library_settings DEFAULT VALUES"))
        assert library_settings.read(conn) == Settings()


@pytest.mark.parametrize("name", library_settings.RANGES)
def test_a_number_is_held_within_its_range_by_the_table_too(engine: Engine, name: str) -> None:
    low, high = library_settings.RANGES[name]
    with engine.begin() as conn:
        for value in (low, high):
            assert getattr(library_settings.write(conn, **{name: value}), name) == value
        for value in (low - 1, high + 1, "5", True, None, 5.5):
            with pytest.raises(SettingError, match=f"{name} must be a whole number from {low} to {high}"):
                library_settings.write(conn, **{name: value})
    for value in (low - 1, high + 1):
        with pytest.raises(Exception, match="check constraint"), engine.begin() as conn:
            conn.execute(text(f"UPDATE library_settings SET {name} = :value"), {"value": value})


def test_a_setting_that_does_not_exist_is_refused(engine: Engine) -> None:
    with engine.begin() as conn, pytest.raises(SettingError, match="no setting 'colour'"):
        library_settings.write(conn, colour=True)
