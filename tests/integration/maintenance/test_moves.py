"""Generated files between the cache and the places beside their videos."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

import pytest

from db.generated import FILES
from flows import beside
from flows.generated_moves import Mover
from tasks.control import NoControl
from tasks.errors import CancelledError
from tasks.media import placing
from tests.integration.maintenance.conftest import VTT, names

BESIDE = ["Alien-card.jpg", "Alien-preview.mp4", "Alien-sprite.jpg", "Alien-thumb.jpg", "Alien-trickplay.vtt"]


def moved_beside(house, name="Alien.mkv"):
    number = house.previewed(name)
    house.settings(metadata_storage_dedicated=False)
    house.tidy()
    return number


def test_files_move_beside_the_video_and_back_and_the_trickplay_file_names_the_sprite_in_both_places(house):
    number = house.previewed("Alien.mkv")
    in_cache = house.contents(number)
    house.settings(metadata_storage_dedicated=False)
    done = house.tidy()
    assert (done["moved"], done["kept"]) == (5, 0)
    assert names(house.folder) == [*BESIDE[:4], BESIDE[4], "Alien.mkv"]
    assert house.contents(number) == in_cache | {"trickplay.vtt": VTT.format(sprite="Alien-sprite.jpg")}
    assert not (house.cache / "videos" / str(number) / "thumbnail.jpg").exists()

    house.settings(metadata_storage_dedicated=True)
    assert house.tidy()["moved"] == 5
    assert names(house.folder) == ["Alien.mkv"]
    assert house.contents(number) == in_cache
    assert house.rows("SELECT * FROM files_beside") == []


def test_a_second_run_has_nothing_to_move(house):
    moved_beside(house)
    assert (house.tidy()["moved"], house.last().status) == (0, "completed")


def test_files_move_to_another_device(house, monkeypatch):
    def another_device(*_, **__):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", another_device)
    number = house.previewed("Alien.mkv")
    in_cache = house.contents(number)
    house.settings(metadata_storage_dedicated=False)
    assert house.tidy()["moved_bytes"] > 0
    house.settings(metadata_storage_dedicated=True)
    assert house.tidy()["moved"] == 5
    assert (house.contents(number), names(house.folder)) == (in_cache, ["Alien.mkv"])


def test_the_row_names_files_that_are_there_at_every_moment_of_a_move(house, monkeypatch):
    number = house.previewed("Alien.mkv")
    house.settings(metadata_storage_dedicated=False)
    seen = []

    def watched(real):
        def act(*arguments, **options):
            seen.append(set(house.contents(number)))
            return real(*arguments, **options)

        return act

    for name in ("link", "replace", "unlink", "rmdir"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    house.tidy()
    assert len(seen) > 10
    assert all(files == set(FILES.values()) for files in seen)


class Killed(BaseException):
    """What no code catches."""


def kill(monkeypatch, act, at):
    """Do it until its step `at` with files; nothing after that happens, not even what cleans up."""
    steps, real = iter(range(1, 100)), {name: getattr(os, name) for name in ("link", "replace", "unlink", "rmdir")}
    dead = []

    def dying(name):
        def step(*arguments, **options):
            if dead or next(steps) == at:
                dead.append(at)
                raise Killed
            return real[name](*arguments, **options)

        return step

    with monkeypatch.context() as patch, suppress(Killed):
        for name in real:
            patch.setattr(os, name, dying(name))
        act()
    return bool(dead)


@pytest.mark.parametrize("dedicated", [False, True])
def test_a_move_that_is_killed_anywhere_is_finished_by_the_next_run(house, monkeypatch, dedicated):
    house.settings(metadata_storage_dedicated=False)
    videos = {at: house.previewed(f"Alien {at}.mkv") for at in range(1, 20)}
    if dedicated:
        house.tidy()
        house.settings(metadata_storage_dedicated=True)
    before = {at: house.contents(number) for at, number in videos.items()}
    mover = Mover(house.engine, NoControl(), dedicated=dedicated)
    killed = [at for at, number in videos.items() if kill(monkeypatch, lambda number=number: mover.move(number), at)]
    assert len(killed) >= 12
    assert all(set(house.contents(number)) == set(FILES.values()) for number in videos.values())

    house.age()
    house.tidy()
    for at, number in videos.items():
        sprite = "sprite.jpg" if dedicated else f"Alien%20{at}-sprite.jpg"
        assert house.contents(number) == before[at] | {"trickplay.vtt": VTT.format(sprite=sprite)}
        assert bool(list(house.cache.glob(f"videos/{number}/*.jpg"))) == dedicated
    wanted = [file.replace("Alien", f"Alien {at}", 1) for at in videos for file in ([] if dedicated else BESIDE)]
    assert names(house.folder) == sorted([*wanted, *(f"Alien {at}.mkv" for at in videos)])


def test_a_persons_own_picture_is_neither_overwritten_nor_removed(house):
    number = house.previewed("Alien.mkv")
    own = house.folder / "Alien-thumb.jpg"
    own.write_text("my own")
    house.settings(metadata_storage_dedicated=False)
    done = house.tidy()
    assert (done["moved"], done["kept"]) == (0, 1)
    assert house.said() == ["Left the files of 1 video where they are"]
    assert names(house.folder) == ["Alien-thumb.jpg", "Alien.mkv"]
    house.run("DELETE FROM videos WHERE id = :id", id=number)
    house.tidy()
    assert own.read_text() == "my own"


def test_a_picture_that_somebody_put_in_place_of_ours_is_theirs(house):
    number = moved_beside(house)
    (house.folder / "Alien-thumb.jpg").write_text("my own, put there later")
    house.age()
    house.run("DELETE FROM videos WHERE id = :id", id=number)
    assert house.tidy()["removed"] == 4
    assert names(house.folder) == ["Alien-thumb.jpg", "Alien.mkv"]
    assert house.rows("SELECT * FROM files_beside") == []


def test_two_videos_of_one_name_do_not_share_their_files(house):
    first, second = house.previewed("Alien.mkv"), house.previewed("Alien.mp4")
    contents = house.contents(first), house.contents(second)
    house.settings(metadata_storage_dedicated=False)
    done = house.tidy()
    assert (done["moved"], done["kept"]) == (5, 1)
    assert house.contents(second) == contents[1]
    assert house.contents(first)["thumbnail.jpg"] == contents[0]["thumbnail.jpg"]


def test_a_folder_that_cannot_be_written_keeps_its_videos_files_in_the_cache(house, monkeypatch):
    number = house.previewed("Alien.mkv")
    before = house.contents(number)
    house.settings(metadata_storage_dedicated=False)

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(beside, "bring", refuse)
    assert house.tidy()["kept"] == 1
    assert house.contents(number) == before


def test_a_full_disk_fails_the_job_and_loses_nothing(house, monkeypatch):
    number = house.previewed("Alien.mkv")
    before = house.contents(number)
    house.settings(metadata_storage_dedicated=False)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(placing.shutil, "copyfile", full)
    house.tidy()
    assert (house.last().status, house.last().error) == ("failed", "No space left on device")
    assert (house.contents(number), names(house.folder)) == (before, ["Alien.mkv"])


def test_files_beside_a_video_that_was_renamed_follow_it(house):
    number = moved_beside(house)
    (house.folder / "Alien.mkv").rename(house.folder / "Alien (1979).mkv")
    house.run("UPDATE videos SET file_path = :path", path=str(house.folder / "Alien (1979).mkv"))
    house.tidy()
    assert "Alien (1979)-thumb.jpg" in names(house.folder)
    assert "Alien-thumb.jpg" not in names(house.folder)
    assert house.contents(number)["trickplay.vtt"] == VTT.format(sprite="Alien%20%281979%29-sprite.jpg")


def test_files_that_somebody_moved_along_with_their_video_are_known_again(house):
    number = moved_beside(house)
    before = house.contents(number)
    new = house.folder / "old films"
    new.mkdir()
    for file in (*BESIDE, "Alien.mkv"):
        (house.folder / file).rename(new / file)
    house.run("UPDATE videos SET file_path = :path", path=str(new / "Alien.mkv"))
    house.tidy()
    assert house.contents(number) == before
    house.settings(metadata_storage_dedicated=True)
    house.tidy()
    assert names(new) == ["Alien.mkv"]


def test_a_video_whose_preview_is_being_made_is_left_alone(house):
    number = house.previewed("Alien.mkv")
    house.settings(metadata_storage_dedicated=False)
    house.run(
        "INSERT INTO job_runs (queue_name, status, target_type, target_id, target_label, max_attempts, lease_owner,"
        " lease_expires_at, started_at, attempts)"
        " VALUES ('preview', 'running', 'video', :id, 'x', 1, 'x', now() + interval '1 h', now(), 1)",
        id=str(number),
    )
    assert house.tidy()["moved"] == 0
    assert names(house.folder) == ["Alien.mkv"]


def test_a_cancel_ends_the_moves_between_two_videos(house):
    class Cancelled(NoControl):
        def __init__(self):
            self.seen = 0

        def check(self):
            self.seen += 1
            if self.seen == 2:
                raise CancelledError("Cancelled.")

    first, second = house.previewed("Alien.mkv"), house.previewed("Brazil.mkv")
    with pytest.raises(CancelledError):
        list(Mover(house.engine, Cancelled(), dedicated=False).run())
    assert house.named(first)["thumbnail_path"] == str(house.folder / "Alien-thumb.jpg")
    assert house.named(second)["thumbnail_path"] == f"videos/{second}/thumbnail.jpg"
