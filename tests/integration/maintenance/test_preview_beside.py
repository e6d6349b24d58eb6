"""Previews that are made beside their videos at once."""

from __future__ import annotations

import subprocess

import pytest

from flows.media import MediaWork
from flows.video import _preview
from tasks.media import runner
from tests.integration.maintenance.conftest import names
from tests.rows import add_job

ALL = ["F-card.jpg", "F-preview.mp4", "F-sprite.jpg", "F-thumb.jpg", "F-trickplay.vtt", "F.mkv"]


@pytest.fixture
def film(house):
    """The id of a real video, of two seconds."""
    number = house.video("F.mkv")
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=2", "-g", "5"]
    subprocess.run([runner.executable(), "-v", "error", "-y", *source, house.folder / "F.mkv"], check=True)
    house.settings(metadata_storage_dedicated=False)
    return number


def make_preview(house, number):
    with house.engine.begin() as conn:
        add_job(conn, "queued", "preview", target_id=str(number), max_attempts=1)
    house.work_off("preview", MediaWork("preview", _preview))
    assert house.last().status == "completed", house.last().error


def test_a_preview_is_made_beside_its_video_and_replaces_the_one_before(house, film):
    make_preview(house, film)
    assert names(house.folder) == ALL
    assert set(house.named(film).values()) == {str(house.folder / name) for name in ALL if name != "F.mkv"}
    assert "F-sprite.jpg#xywh=0,0," in (house.folder / "F-trickplay.vtt").read_text()

    house.settings(generate_trickplay=False)
    before = (house.folder / "F-thumb.jpg").stat().st_ino
    make_preview(house, film)
    assert (house.folder / "F-thumb.jpg").stat().st_ino != before
    house.age()
    house.tidy()
    assert names(house.folder) == ["F-card.jpg", "F-preview.mp4", "F-thumb.jpg", "F.mkv"]


def test_somebodys_own_picture_sends_the_preview_into_the_cache(house, film):
    own = house.folder / "F-thumb.jpg"
    own.write_text("my own")
    make_preview(house, film)
    assert own.read_text() == "my own"
    assert names(house.folder) == ["F-thumb.jpg", "F.mkv"]
    assert house.named(film)["thumbnail_path"] == f"videos/{film}/thumbnail.jpg"
    assert "is not of Darkroom's making" in house.said()[0]
