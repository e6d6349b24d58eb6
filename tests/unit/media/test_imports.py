from __future__ import annotations

import subprocess
import sys

KERNELS = ", ".join(
    f"tasks.media.{name}"
    for name in (
        "preview",
        "probe",
        "fingerprint",
        "subtitles",
        "hls",
        "audio.probe",
        "audio.fingerprint",
        "audio.waveform",
    )
)


def test_the_callers_of_media_work_load_no_decoder_and_no_runner_of_flows():
    unwanted = "{'av', 'numpy', 'PIL', 'mutagen', 'pysubs2', 'prefect', 'sqlalchemy', 'db', 'flows'}"
    program = f"import sys, {KERNELS}; print({unwanted} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert said == "set()\n"
