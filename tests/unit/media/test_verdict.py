from __future__ import annotations

import errno
import signal

import pytest

from tasks.errors import PermanentError, TransientError
from tasks.media import verdict


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.ESTALE, errno.EDQUOT, errno.EMFILE])
def test_a_failing_disk_may_work_later(code):
    assert isinstance(verdict.of_os_error(OSError(code, "words")), TransientError)


def test_a_refused_file_stays_refused():
    assert isinstance(verdict.of_os_error(PermissionError(errno.EACCES, "Permission denied")), PermanentError)


def test_the_words_of_a_tool_are_kept():
    assert str(verdict.of_words("moov atom not found\nInvalid data")) == "moov atom not found\nInvalid data"


def test_a_full_disk_is_known_from_the_words_of_a_tool():
    assert isinstance(verdict.of_words("av_interleaved_write_frame(): No space left on device"), TransientError)


def test_an_input_error_of_a_demuxer_is_not_a_failing_disk():
    assert isinstance(verdict.of_child_error(errno.EIO, "Input/output error"), PermanentError)


def test_the_list_of_accepted_formats_is_left_out():
    error = verdict.of_child_error(errno.EINVAL, "Format not on whitelist 'mov,mp4'; Invalid argument")
    assert str(error) == "Format not on whitelist; Invalid argument"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGXCPU, signal.SIGXFSZ])
def test_a_program_that_dies_of_a_file_would_die_again(number):
    assert isinstance(verdict.of_exit("ffmpeg", -number, ""), PermanentError)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_that_somebody_killed_may_be_tried_again(number):
    assert isinstance(verdict.of_exit("ffmpeg", -number, ""), TransientError)


def test_a_program_that_fails_in_silence_is_named():
    assert str(verdict.of_exit("ffmpeg", 69, "")) == "ffmpeg ended with 69 and said nothing"
