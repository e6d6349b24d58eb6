"""A browser on the settings: folders are found, watched and let go, and what is saved holds."""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import select

from darkroom.settings import settings as environment
from db import library_settings
from db.models import JobRun, LibraryRoot, Video
from tests.acceptance.browser import confirm, said
from tests.rows import add_folder, add_video


def read(engine):
    with engine.connect() as conn:
        return library_settings.read(conn)


def test_settings_are_saved_by_group_and_a_number_out_of_range_is_refused(engine, address, page):
    page.goto(f"{address}/settings")
    page.get_by_label("Concurrency").fill("4")
    page.get_by_role("button", name="Save Work").click()
    said(page, "Saved")
    page.get_by_label("Scan by itself").check()
    page.get_by_label("Every", exact=True).fill("15")
    page.get_by_role("button", name="Save Scanning").click()
    said(page, "Saved")
    now = read(engine)
    assert (now.background_worker_concurrency, now.auto_scan_enabled, now.scan_interval_minutes) == (4, True, 15)
    assert now.auto_generate_preview is True
    page.get_by_label("Concurrency").fill("99")
    page.get_by_role("button", name="Save Work").click()
    said(page, "Concurrency must be 16 or less.")
    expect(page.get_by_label("Concurrency")).to_have_value("99")
    expect(page.locator(".field", has=page.get_by_label("Concurrency"))).to_contain_text("must be 16 or less.")
    assert read(engine).background_worker_concurrency == 4


def test_a_folder_is_renamed_told_what_to_scan_and_let_go_after_a_question(engine, address, page):
    with engine.begin() as conn:
        root = add_folder(conn)
        add_video(conn, root)
    page.goto(f"{address}/settings")
    page.get_by_label("Name of /media/videos").fill("Films")
    page.get_by_label("Audio").uncheck()
    page.get_by_role("button", name="Save videos").click()
    said(page, "Saved what is done with Films")
    with engine.connect() as conn:
        row = conn.execute(select(LibraryRoot.label, LibraryRoot.scan_audio, LibraryRoot.scan_movies)).one()
    assert tuple(row) == ("Films", False, True)
    page.get_by_role("button", name="Remove Films").click()
    expect(page.get_by_text("1 video of it will be forgotten")).to_be_visible()
    page.get_by_role("button", name="Remove it").click()
    said(page, "is watched no longer")
    with engine.connect() as conn:
        assert conn.scalar(select(Video.id)) is None


def test_generated_files_are_moved_after_a_question(engine, address, page):
    page.goto(f"{address}/settings")
    page.get_by_role("button", name="Move them beside the videos").click()
    confirm(page)
    said(page, "Generated files are moved beside the videos.")
    assert read(engine).metadata_storage_dedicated is False
    expect(page.get_by_role("button", name="Move them into the cache")).to_be_visible()
    with engine.connect() as conn:
        assert conn.scalar(select(JobRun.queue_name)) == "library-maintenance"


def test_a_folder_is_found_by_looking_and_nothing_else_can_be_looked_at(address, page, tmp_path, monkeypatch):
    media = tmp_path / "media"
    (media / "films" / "old").mkdir(parents=True)
    (media / "out").symlink_to("/etc")
    monkeypatch.setattr(environment(), "browse", str(media))
    page.goto(f"{address}/settings?browse=")
    page.get_by_role("link", name=f"{media}/").click()
    page.get_by_role("link", name="films/").click()
    expect(page.get_by_label("Path on this machine")).to_have_value(f"{media}/films")
    for elsewhere in ("/etc", f"{media}/out", f"{media}/../.."):
        page.goto(f"{address}/settings?browse={elsewhere}")
        expect(page.locator(".said.bad")).to_contain_text("may not be looked at")
