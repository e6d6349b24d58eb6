from __future__ import annotations

import pytest

from tasks.errors import PermanentError
from tasks.media.audio.fingerprint import audio_fingerprint
from tasks.media.audio.probe import audio_probe
from tasks.media.audio.waveform import audio_waveform
from tests.integration.media.audio.sounds import BAD

KERNELS = {
    "probe": audio_probe,
    "waveform": audio_waveform,
    "fingerprint": lambda tools, path, out: audio_fingerprint(tools, path),
}


def refusal(kernel, tools, path, out):
    with pytest.raises(PermanentError) as caught:
        KERNELS[kernel](tools, path, out)
    return str(caught.value)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_fails_for_good_in_the_same_words_everywhere(tools, sounds, tmp_path, name):
    child = tools.child.pid
    words = {refusal(kernel, tools, sounds[name], tmp_path / "out") for kernel in KERNELS}
    assert len(words) == 1
    assert BAD[name] in words.pop()
    assert [entry for entry in tmp_path.rglob("*") if entry.is_file()] == []
    assert tools.child.pid == child


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_missing_file_is_gone(tools, tmp_path, kernel):
    assert refusal(kernel, tools, tmp_path / "none.mp3", tmp_path / "out") == "The file is gone"
