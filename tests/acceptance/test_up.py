"""The whole system as a person starts and stops it, on a home and ports of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.acceptance.system import Darkroom, a_darkroom, free_port
from tests.waiting import running, until


@pytest.fixture
def darkroom() -> Iterator[Darkroom]:
    with a_darkroom() as darkroom:
        yield darkroom


def test_up_returns_when_everything_answers_and_down_leaves_nothing(darkroom: Darkroom) -> None:
    up = darkroom.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    what_was_handed_out_is_good_and_in_no_log(darkroom, up.stdout + up.stderr)
    until(lambda: darkroom.health()["workers"] == 1)
    health = darkroom.health()
    assert (health["database"], health["prefect"]) == (True, True)
    state = json.loads((darkroom.home / "run" / "darkroom.json").read_text())
    assert state["url"] == f"http://127.0.0.1:{darkroom.port}"
    assert psutil.pid_exists(state["pid"])
    at_work = json.loads(darkroom.run("work", "--status", "--json").stdout)
    assert (at_work["works"], at_work["pid"], at_work.get("unknown")) == (True, state["pid"], None)

    second = darkroom.run("up")
    assert second.returncode == 1
    assert f"already running on {darkroom.home} (process {state['pid']})" in second.stderr
    assert "Traceback" not in second.stderr
    assert darkroom.answers()

    # each is started again, whichever dies
    for word in ("ops_api.app:app", "postgres", "deployments.warm"):
        for process in darkroom.named(word)[:1]:
            process.kill()
            process.wait(10)
        until(darkroom.answers)
        until(lambda word=word: darkroom.named(word))

    down = darkroom.run("down")
    assert down.returncode == 0, down.stderr
    assert darkroom.processes() == []
    until(lambda: not running(state["pid"]), seconds=5)
    assert not (darkroom.home / "run" / "darkroom.json").exists()


def what_was_handed_out_is_good_and_in_no_log(darkroom: Darkroom, printed: str) -> None:
    (password,) = re.findall(r"Sign in as admin with the password (\S+)$", printed, re.MULTILINE)
    (token,) = re.findall(r"A program signs in with the token (\S+)$", printed, re.MULTILINE)
    page = httpx.Client(base_url=f"http://127.0.0.1:{darkroom.port}", headers={"Sec-Fetch-Site": "same-origin"})
    with page:
        assert page.get("/api/jobs").status_code == 401
        assert page.post("/login", data={"login": "admin", "password": password}).status_code == 303
        assert page.get("/api/jobs").status_code == 200
        page.cookies.clear()
        assert page.get("/api/admin/tokens", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert stat.S_IMODE((darkroom.home / "token").stat().st_mode) == 0o600
    own = (darkroom.home / "token").read_text().strip()
    written = [path for path in (*darkroom.home.glob("logs/*"), *darkroom.home.glob("run/*")) if path.is_file()]
    assert darkroom.home / "logs" / "up.log" in written
    for path in written:
        assert not [secret for secret in (password, token, own) if secret in path.read_text(errors="replace")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_stops_what_had_started(darkroom: Darkroom, number: signal.Signals) -> None:
    with darkroom.start("up") as up:
        until(lambda: darkroom.named("prefect"))
        up.send_signal(number)
        output, _ = up.communicate(timeout=60)

    assert up.returncode == 0, output
    assert "Traceback" not in output
    assert darkroom.processes() == []


def test_a_killed_supervisor_takes_everything_with_it_and_the_next_start_works(darkroom: Darkroom) -> None:
    assert darkroom.run("up", "--detach").returncode == 0
    state = json.loads((darkroom.home / "run" / "darkroom.json").read_text())
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    os.kill(state["pid"], signal.SIGKILL)

    until(lambda: not darkroom.processes(), seconds=30)
    darkroom.environment["DARKROOM_PREFECT_AUTH"] = "ann:prefect secret"
    up = darkroom.run("up", "--detach", "--no-auth")
    assert up.returncode == 0, up.stderr
    assert darkroom.answers()
    # what the first start handed out is not handed out again, and nobody is asked for it now
    assert "with the password" not in up.stdout
    assert "There is no login: everybody on this machine may use it." in up.stdout
    assert httpx.get(f"http://127.0.0.1:{darkroom.port}/api/jobs").status_code == 200
    # Prefect asks for the password now, and whoever is to know it does
    assert httpx.post(f"http://127.0.0.1:{darkroom.prefect_port}/api/flows/count").status_code == 401
    until(lambda: darkroom.health()["workers"] == 1)
    assert darkroom.health()["prefect"]
    assert other.poll() is None
    other.communicate()


def test_a_port_that_is_taken_is_told_with_the_setting_that_changes_it(darkroom: Darkroom) -> None:
    with socket.create_server(("127.0.0.1", darkroom.port)):
        up = darkroom.run("up")

    assert up.returncode == 1
    assert f"127.0.0.1 port {darkroom.port} cannot be used" in up.stderr
    assert "DARKROOM_PORT" in up.stderr
    assert "Traceback" not in up.stderr
    assert darkroom.processes() == []


def test_a_database_that_does_not_answer_is_told_in_one_sentence_without_its_password(darkroom: Darkroom) -> None:
    darkroom.environment["DARKROOM_DATABASE_URL"] = f"postgresql://ann:secret@127.0.0.1:{free_port()}/media"

    up = darkroom.run("up")

    assert up.returncode == 1
    assert "does not answer" in up.stderr
    assert "secret" not in up.stderr
    assert "Traceback" not in up.stderr


@pytest.mark.parametrize(
    ("words", "names", "sentence"),
    [
        (("up", "--no-auth"), {"DARKROOM_HOST": "0.0.0.0"}, "Without a login the page may listen on this machine only"),
        (("up",), {"DARKROOM_LOGIN": "false", "DARKROOM_HOST": "::"}, "Without a login the page may listen on"),
        (("up",), {"DARKROOM_PREFECT_HOST": "0.0.0.0"}, "Who reaches Prefect on 0.0.0.0 could run code here"),
    ],
)
def test_what_would_let_everybody_in_is_refused_in_one_sentence(
    darkroom: Darkroom, words: tuple[str, ...], names: dict[str, str], sentence: str
) -> None:
    darkroom.environment.update(names)

    up = darkroom.run(*words)

    assert up.returncode == 1
    assert sentence in up.stderr
    assert up.stderr.count("\n") == 1
    assert darkroom.processes() == []


def test_down_where_nothing_runs_is_no_error(darkroom: Darkroom) -> None:
    assert darkroom.run("down").returncode == 0
