from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deployments.errors import StartError
from deployments.install import apt, environment, interpreter, machine
from deployments.install.commands import run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment of the test's own, with a lock that asks for nothing."""
    lock = tmp_path / "requirements.lock"
    lock.touch()
    for name, value in {
        "VENV": tmp_path / ".venv",
        "PYTHON": tmp_path / ".venv" / "bin" / "python",
        "STAMP": tmp_path / ".venv" / "installed",
        "RUNTIME": lock,
        "TESTS": lock,
    }.items():
        monkeypatch.setattr(environment, name, value)
    return tmp_path


def test_the_environment_gets_the_project_and_its_command(place: Path) -> None:
    environment.provide(False)

    python = place / ".venv" / "bin" / "python"
    where = subprocess.check_output(
        [python, "-c", "import deployments; print(deployments.__file__)"], cwd="/", text=True
    )
    assert where.strip() == str(environment.ROOT / "deployments" / "__init__.py")
    assert str(python) in (place / ".venv" / "bin" / "darkroom").read_text()


def test_a_second_time_does_nothing_until_the_lock_changes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.provide(False)
    monkeypatch.setattr(environment, "run", lambda *_a, **_k: pytest.fail("something was done again"))

    environment.provide(False)

    (place / "requirements.lock").write_text("# changed\n")
    with pytest.raises(pytest.fail.Exception, match="done again"):
        environment.provide(False)


def test_a_package_whose_hash_is_another_is_not_installed(place: Path) -> None:
    wrong = "0" * 64
    (place / "requirements.lock").write_text(f"idna==3.10 --hash=sha256:{wrong}\n")

    with pytest.raises(StartError, match=r"(?s)pip failed:.*idna"):
        environment.provide(False)

    assert not (place / ".venv" / "installed").exists()


def test_a_python_that_is_too_old_goes_on_in_the_newest_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("python3.9", "python3.12", "python3.13", "python3.13-config"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    gone_to: list[str] = []
    monkeypatch.setattr("os.execv", lambda program, _words: gone_to.append(program))

    interpreter.require()

    assert gone_to == [str(tmp_path / "python3.13")]


def test_no_python_that_is_new_enough_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(StartError, match=r"^.*needs Python 3\.11 or newer.*apt-get install.*$"):
        interpreter.require()


def test_what_is_missing_where_there_is_no_apt_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    missing = machine.Need("PostgreSQL", "postgresql", lambda: False)
    monkeypatch.setattr(machine, "needs", lambda: [missing])

    with pytest.raises(StartError, match=r"PostgreSQL is missing: install it .*apt-get install postgresql"):
        machine.provide(False)


def test_a_package_that_this_system_does_not_have_keeps_none_of_the_others_away(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    there: set[str] = set()

    def install(packages: list[str]) -> None:
        if "nowhere" in packages:
            raise StartError("E: Unable to locate package nowhere")
        there.update(packages)

    def need(package: str) -> machine.Need:
        return machine.Need(package, package, lambda: package in there, optional=True)

    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(apt, "install", install)
    monkeypatch.setattr(machine, "needs", lambda: [need("ffmpeg"), need("nowhere"), need("libfaketime")])
    machine.provide(False)
    assert there == {"ffmpeg", "libfaketime"}
    assert "Going on without nowhere. E: Unable to locate package nowhere" in "".join(capfd.readouterr())


def test_debian_s_own_cluster_is_turned_off_while_installing_and_its_setting_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = tmp_path / "postgresql-common" / "createcluster.conf"
    monkeypatch.setattr(apt, "CLUSTER_SETTING", setting)
    monkeypatch.setattr(apt, "works", lambda _command: False)

    with apt._no_cluster(()):
        assert setting.read_text() == "create_main_cluster = false\n"
        (setting.parent / "createcluster.conf.ucf-dist").write_text("of the package\n")

    assert setting.read_text() == "of the package\n"
    assert [path.name for path in setting.parent.iterdir()] == ["createcluster.conf"]


def test_a_tool_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(StartError) as failure:
        run(["sh", "-c", "echo no space left on device; exit 3"], "apt-get install postgresql")

    assert str(failure.value) == "apt-get install postgresql failed:\nno space left on device"
