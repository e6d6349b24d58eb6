from __future__ import annotations

import errno
import os

import pytest

from tasks.errors import PermanentError, TransientError
from tasks.media.source import reading


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"1234")
    return path


def write_and_end(file, outcome):
    file.write_bytes(b"12345")
    if outcome:
        raise outcome


def test_the_size_of_the_file_is_given(file):
    with reading(file) as facts:
        assert facts.st_size == 4


def test_a_missing_file_is_gone_for_good(tmp_path):
    with pytest.raises(PermanentError, match="The file is gone"), reading(tmp_path / "none.mp4"):
        pass


def test_a_folder_is_not_read(tmp_path):
    with pytest.raises(PermanentError, match="no regular file"), reading(tmp_path):
        pass


def test_a_fifo_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo.mp4")
    with pytest.raises(PermanentError, match="no regular file"), reading(tmp_path / "fifo.mp4"):
        pass


def test_a_link_to_a_file_is_read(file, tmp_path):
    (tmp_path / "link.mp4").symlink_to(file)
    with reading(tmp_path / "link.mp4") as facts:
        assert facts.st_size == 4


@pytest.mark.parametrize("outcome", [None, PermanentError("corrupt"), OSError(errno.EINVAL, "odd")])
def test_a_file_that_was_written_to_meanwhile_is_tried_again_whatever_came_of_it(file, outcome):
    with pytest.raises(TransientError, match="changed while it was read"), reading(file):
        write_and_end(file, outcome)


def test_a_file_that_was_replaced_by_one_of_the_same_size_and_time_is_tried_again(file, tmp_path):
    other = tmp_path / "other.mp4"
    other.write_bytes(b"4321")
    times = file.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(TransientError, match="changed while it was read"), reading(file):
        other.replace(file)


def test_a_file_that_vanished_meanwhile_is_gone(file):
    with pytest.raises(PermanentError, match="The file is gone"), reading(file):
        file.unlink()


def test_the_words_of_a_permanent_failure_survive(file):
    with pytest.raises(PermanentError, match="moov atom"), reading(file):
        raise PermanentError("moov atom not found")


def test_a_full_disk_may_have_room_later(file):
    with pytest.raises(TransientError, match="No space"), reading(file):
        raise OSError(errno.ENOSPC, "No space left on device")
