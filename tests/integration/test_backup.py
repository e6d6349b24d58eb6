"""A backup brings back what was there, beside what came after it, or changes nothing."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from darkroom.settings import Settings
from db.engine import make_engine
from db.migrate import MIGRATIONS, config, schema_at, upgrade
from deployments import upgrade as upgrades
from deployments.backup import backup, restore
from deployments.errors import StartError
from deployments.postgres.cluster import Cluster
from deployments.up.lock import HeldError, HomeLock
from deployments.up.programs import Programs
from tests import every_table


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """A home whose cluster has both databases and one job."""
    home = Path(tempfile.mkdtemp(prefix="darkroom-home-"))
    home.chmod(0o755)
    cluster = Cluster(home)
    with cluster.started() as urls:
        upgrade(urls.darkroom)
        sql(cluster, "CREATE TABLE told (words text)", "prefect")
        add(cluster, "before")
    yield Settings(home=home)
    cluster.stop_leftover()
    if cluster.socket.parent != cluster.folder:
        shutil.rmtree(cluster.socket)
    shutil.rmtree(cluster.folder)
    shutil.rmtree(home)


def sql(cluster: Cluster, statement: str, database: str = "darkroom") -> list[tuple]:
    url = cluster.urls.darkroom if database == "darkroom" else cluster.urls.prefect
    with psycopg.connect(url.replace("+psycopg", "").replace("+asyncpg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def add(cluster: Cluster, words: str) -> None:
    sql(
        cluster,
        "INSERT INTO job_runs (queue_name, target_type, target_id, target_label)"
        f" VALUES ('preview', 'video', '{words}', '{words}')",
    )
    sql(cluster, f"INSERT INTO told VALUES ('{words}')", "prefect")


def test_what_was_there_comes_back_and_what_came_after_is_kept_beside_it(settings, tmp_path):
    file, cluster = tmp_path / "darkroom.tar", Cluster(settings.home)
    with cluster.started():
        assert backup(settings, file) == file.stat().st_size
        add(cluster, "after")
    assert file.stat().st_mode & 0o777 == 0o600
    kept = restore(settings, file)
    with cluster.started():
        assert sql(cluster, "SELECT target_label FROM job_runs") == [("before",)]
        assert sql(cluster, "SELECT words FROM told", "prefect") == [("before",)]
        names = {name for (name,) in sql(cluster, "SELECT datname FROM pg_database")}
        assert set(kept) < names
        assert not any("_new_" in name for name in names)


def test_a_file_that_is_no_backup_or_is_damaged_or_newer_changes_nothing(settings, tmp_path):
    good = tmp_path / "good.tar"
    backup(settings, good)
    words = {"noise": "no backup", "damaged": "pg_restore failed", "newer": "is newer"}
    (tmp_path / "noise").write_bytes(b"x" * 5000)
    with tarfile.open(good) as archive:
        archive.extractall(tmp_path / "members", filter="data")
    for name in ("damaged", "newer"):
        members = tmp_path / "members"
        if name == "damaged":
            dump = (members / "prefect.dump").read_bytes()
            (members / "prefect.dump").write_bytes(dump[: len(dump) // 2])
        else:
            manifest = json.loads((members / "manifest.json").read_text())
            (members / "manifest.json").write_text(json.dumps(manifest | {"schema": "9999"}))
        with tarfile.open(tmp_path / name, "w") as archive:
            for member in members.iterdir():
                archive.add(member, arcname=member.name)
    for name, said in words.items():
        with pytest.raises(StartError, match=said):
            restore(settings, tmp_path / name)
    cluster = Cluster(settings.home)
    with cluster.started():
        assert ("before",) in sql(cluster, "SELECT target_label FROM job_runs")
        assert not any("_new_" in name for (name,) in sql(cluster, "SELECT datname FROM pg_database"))


def test_a_running_system_is_not_restored_under_its_feet(settings, tmp_path):
    with HomeLock(settings.home) as lock:
        lock.take()
        with pytest.raises(HeldError):
            restore(settings, tmp_path / "any.tar")


def before_this_version(url: str) -> dict[str, list[dict]]:
    """Make the database as the version before this one left it, with rows in every table; what it holds."""
    engine = make_engine(url)
    with engine.begin() as conn:
        conn.execute(text("DROP SCHEMA IF EXISTS without_nsfw CASCADE"))
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
        conn.execute(text("DROP COLLATION IF EXISTS natural_order"))
        command.upgrade(config(conn), list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())[1].revision)
        every_table.fill(conn)
        held = every_table.contents(conn)
    engine.dispose()
    return held


def test_what_an_earlier_version_made_is_backed_up_before_it_is_changed_and_comes_back_changed(settings):
    cluster, programs = Cluster(settings.home), Programs(settings)
    with cluster.started() as urls:
        held = before_this_version(urls.darkroom)
        assert not upgrades.needs_backup(settings.model_copy(update={"backup_before_upgrade": False}), urls.darkroom)
        step = programs.backup()
        assert step is not None
        step.start()
        step.wait_done()
        upgrade(urls.darkroom)
        assert programs.backup() is None
        sql(cluster, "DELETE FROM videos")
    (file,) = upgrades.folder(settings).glob("before-upgrade-*.tar")
    assert file.stat().st_mode & 0o777 == 0o600
    restore(settings, file)
    with cluster.started() as urls:
        assert not schema_at(urls.darkroom).is_older
        engine = make_engine(urls.darkroom)
        with engine.connect() as conn:
            back = every_table.contents(conn)
        engine.dispose()
    kept = held.keys() - every_table.GONE
    assert {name: len(held[name]) for name in kept} == {name: len(back[name]) for name in back.keys() & kept}
    assert [row["title"] for row in back["videos"]] == [row["title"] for row in held["videos"]]


def test_a_newer_database_is_refused_before_anything_is_started_on_it(settings):
    cluster, programs = Cluster(settings.home), Programs(settings)
    with cluster.started():
        sql(cluster, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StartError, match="schema 9999 of a newer Darkroom") as refused:
            programs.backup()
    assert not refused.value.details
    needs = {step.name: step.needs for step in programs.steps()}
    assert "backup" in needs["migrations"]
    assert "backup" in needs["prefect"]


def test_without_room_for_the_backup_nothing_is_changed_and_the_words_say_how_to_go_on(settings, monkeypatch):
    def fails(*_: object) -> None:
        raise StartError("pg_dump failed", "No space left on device")

    monkeypatch.setattr(upgrades, "backup", fails)
    with pytest.raises(StartError, match=r"Nothing was changed; .*DARKROOM_BACKUP_BEFORE_UPGRADE=false") as refused:
        upgrades.make_backup(settings)
    assert "No space left on device" in refused.value.details
