from __future__ import annotations

import subprocess
import sys

KERNELS = "tasks.media.preview, tasks.media.probe, tasks.media.fingerprint, tasks.media.subtitles, tasks.media.hls"


def test_the_callers_of_media_work_load_no_decoder_and_no_runner_of_flows():
    unwanted = "{'av', 'numpy', 'PIL', 'pysubs2', 'prefect', 'sqlalchemy', 'db', 'flows'}"
    program = f"import sys, {KERNELS}; print({unwanted} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert said == "set()\n"
