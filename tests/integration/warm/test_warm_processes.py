"""The fork server and its client as processes: what is passed on, how each end is told to the other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deployments.warm import client
from tests.integration.warm.fork_server import CHECKOUT, Served
from tests.waiting import running, until


def held(served: Served, out: Path) -> tuple[subprocess.Popen[str], int, int]:
    """A client whose program waits with a child of its own: the client, the program's number, the child's."""
    process = served.start("program", "hold", str(out))
    until(lambda: out.exists() and out.read_text().endswith("\n"), "the program runs")
    leader, child = map(int, out.read_text().split())
    return process, leader, child


def test_the_program_gets_the_clients_environment_directory_arguments_and_streams(server: Served, tmp_path: Path):
    out = tmp_path / "facts"
    process = subprocess.run(
        server.command("program", "describe", str(out), "two words", "-x"),
        input="typed in",
        text=True,
        check=True,
        cwd=tmp_path,
        env=server.environment | {"ONLY_HERE": "b\udcffytes\nand lines"},
        capture_output=True,
    )
    facts = json.loads(out.read_text())
    assert process.stderr == ""
    assert facts["directory"] == str(tmp_path)
    assert facts["argv"] == ["describe", str(out), "two words", "-x"]
    assert facts["stdin"] == "typed in"
    assert facts["module"] == "__main__"
    assert facts["environment"].pop("ONLY_HERE") == "b\udcffytes\nand lines"
    assert facts["environment"] == server.environment


def test_the_program_is_a_forked_leader_of_its_own_group_that_holds_nothing_of_the_servers(
    server: Served, tmp_path: Path
):
    server.run("program", "describe", str(tmp_path / "facts"))
    facts = json.loads((tmp_path / "facts").read_text())
    assert facts["parent"] == server.process.pid
    assert facts["pid"] == facts["group"] == facts["session"]
    assert facts["sigterm_is_default"]
    kinds = [link.split(":")[0] for fd, link in facts["descriptors"].items() if int(fd) > 2]
    assert "socket" not in kinds
    assert "anon_inode" not in kinds


def test_what_one_run_does_to_its_environment_and_modules_is_unknown_to_the_next(server: Served, tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    server.run("program", "describe", str(first))
    server.run("program", "describe", str(second))
    before, after = json.loads(first.read_text()), json.loads(second.read_text())
    assert "LEAKED" not in after["environment"]
    assert not after["secret"]
    assert before["random"] != after["random"]


def test_output_comes_out_of_the_client(server: Served):
    ended = server.run("program", "speak", "words")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("out words\n", "err words\n", 0)


def test_the_client_ends_with_the_programs_code_and_the_group_with_the_program(server: Served):
    ended = server.run("program", "leave", "7")
    left_behind = int(ended.stdout)
    assert ended.returncode == 7
    until(lambda: not running(left_behind), "the child left behind is gone", 5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_the_client_dies_by_the_signal_that_the_program_died_by(server: Served, number: signal.Signals):
    assert server.run("program", "die", str(int(number))).returncode == -number


def test_an_exception_ends_the_client_with_code_one_and_the_traceback(server: Served):
    ended = server.run("program", "no_such_thing")
    assert ended.returncode == 1
    assert "KeyError: 'no_such_thing'" in ended.stderr


def test_a_signal_to_the_client_reaches_the_programs_handler(server: Served, tmp_path: Path):
    out = tmp_path / "out"
    process = server.start("program", "catch", str(out))
    until(lambda: out.exists() and out.read_text().endswith("\n"), "the program runs")
    process.send_signal(signal.SIGTERM)
    until(lambda: out.read_text().endswith(" 1\n"), "the first signal was seen")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 42


def test_a_signal_to_the_client_ends_the_whole_group(server: Served, tmp_path: Path):
    process, leader, child = held(server, tmp_path / "out")
    process.send_signal(signal.SIGINT)
    until(lambda: not running(leader) and not running(child), "program and child are gone", 5)
    # Python, interrupted, ends by the same signal.
    assert process.wait(10) == -signal.SIGINT


def test_killing_the_client_ends_the_whole_group(server: Served, tmp_path: Path):
    process, leader, child = held(server, tmp_path / "out")
    process.kill()
    until(lambda: not running(leader) and not running(child), "program and child are gone", 5)


def test_killing_the_program_ends_its_children_and_the_client(server: Served, tmp_path: Path):
    process, leader, child = held(server, tmp_path / "out")
    os.kill(leader, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    until(lambda: not running(child), "the child is gone", 5)


def test_killing_the_fork_server_ends_what_it_runs_even_where_the_client_is_dead_too(
    own_server: Served, tmp_path: Path
):
    process, leader, child = held(own_server, tmp_path / "out")
    dead, alone, its_child = held(own_server, tmp_path / "dead")
    own_server.process.send_signal(signal.SIGSTOP)
    dead.kill()
    own_server.process.kill()
    assert process.wait(10) == 1
    until(lambda: not running(leader) and not running(child), "program and child are gone", 5)
    assert "fork server is gone" in process.stderr.read()
    until(lambda: not running(alone), "the program without client is gone", 5)
    os.kill(its_child, signal.SIGKILL)


def test_ending_the_fork_server_ends_the_groups_and_it_waits_for_them(own_server: Served, tmp_path: Path):
    process, leader, child = held(own_server, tmp_path / "out")
    own_server.process.terminate()
    assert own_server.process.wait(10) == 0
    assert not running(leader)
    assert not running(child)
    assert process.wait(10) == -signal.SIGTERM


SUPERVISOR = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, "-m", "deployments.warm", sys.argv[1], str(os.getpid())])
print(process.pid, flush=True)
sys.stdin.read()
"""


def test_the_fork_server_ends_with_the_process_that_started_it(tmp_path: Path, server: Served):
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(tmp_path / "engine.sock")],
            cwd=CHECKOUT,
            env=server.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as parent,
    ):
        child = int(parent.stdout.readline())
        until(lambda: "Ready" in log.read_text(), "the fork server is ready")
        parent.kill()
        until(lambda: not running(child), "the fork server is gone", 5)


def test_the_fork_server_ends_where_its_supervisor_died_before_it_looked(tmp_path: Path, server: Served):
    with subprocess.Popen(["true"]) as gone:
        pass
    ended = subprocess.run(
        [sys.executable, "-m", "deployments.warm", str(tmp_path / "engine.sock"), str(gone.pid)],
        cwd=CHECKOUT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "is not its parent" in ended.stderr
    assert not (tmp_path / "engine.sock").exists()


def test_changed_code_is_imported_anew_by_the_same_process_and_what_runs_goes_on(server: Served, tmp_path: Path):
    process, leader, child = held(server, tmp_path / "out")
    client_of_two, leader_of_two, child_of_two = held(server, tmp_path / "two")
    began = server.run("program", "version")
    with (server.code / "darkroom" / "__init__.py").open("a") as file:
        file.write('__version__ = "another"\n')
    ended = server.run("program", "version")
    assert began.stdout != "another\n"
    assert (ended.stdout, ended.stderr) == ("another\n", "")
    assert server.process.poll() is None
    assert "__init__.py changed: importing the code anew" in server.log.read_text()
    assert all(running(number) for number in (leader, child, leader_of_two, child_of_two))
    os.kill(leader, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    until(lambda: not running(child), "the child is gone", 5)
    client_of_two.kill()
    until(lambda: not running(leader_of_two) and not running(child_of_two), "the second program is gone too", 5)


def test_without_a_fork_server_the_program_runs_the_ordinary_way(server: Served, tmp_path: Path):
    out = tmp_path / "facts"
    command = server.command("program", "describe", str(out))
    command[command.index(str(server.socket))] = str(tmp_path / "no.sock")
    ended = subprocess.run(command, env=server.environment, capture_output=True, text=True, check=True, input="")
    assert "without the fork server: [Errno 2]" in ended.stderr
    assert json.loads(out.read_text())["parent"] == os.getpid()


def test_where_the_settings_differ_the_program_runs_the_ordinary_way(server: Served, tmp_path: Path):
    out = tmp_path / "facts"
    ended = server.run("program", "describe", str(out), PREFECT_TASKS_DEFAULT_RETRIES="3")
    assert "its environment differs in PREFECT_TASKS_DEFAULT_RETRIES" in ended.stderr
    assert json.loads(out.read_text())["parent"] != server.process.pid


def test_what_names_the_run_and_the_settings_of_other_programs_may_differ(server: Served, tmp_path: Path):
    out = tmp_path / "facts"
    ended = server.run(
        "program", "describe", str(out), PREFECT__FLOW_RUN_ID="1", PREFECT_WORKER_QUERY_SECONDS="1", PATH="/"
    )
    facts = json.loads(out.read_text())
    assert ended.stderr == ""
    assert facts["parent"] == server.process.pid
    assert facts["environment"]["PREFECT__FLOW_RUN_ID"] == "1"


def test_another_copy_of_the_client_is_not_served(server: Served, tmp_path: Path):
    out, copy = tmp_path / "facts", tmp_path / "client.py"
    copy.write_text(server.client.read_text())
    command = [
        str(copy) if word == str(server.client) else word for word in server.command("program", "describe", str(out))
    ]
    ended = subprocess.run(command, env=server.environment, capture_output=True, text=True, check=True, input="")
    assert "another copy of the code" in ended.stderr
    assert json.loads(out.read_text())["parent"] == os.getpid()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", b"\0\0\0\1x"])
def test_garbage_on_the_socket_harms_nothing(server: Served, garbage: bytes):
    with client.connect(str(server.socket)) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
    assert server.run("program", "speak", "still there").returncode == 0


def test_nobody_else_can_reach_the_socket(server: Served):
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700


def test_twenty_at_once_each_get_their_own_answer(server: Served, tmp_path: Path):
    started = [server.start("program", "describe", str(tmp_path / str(n)), NUMBER=str(n)) for n in range(20)]
    assert [process.wait(60) for process in started] == [0] * 20
    facts = [json.loads((tmp_path / str(n)).read_text()) for n in range(20)]
    assert [fact["environment"]["NUMBER"] for fact in facts] == [str(n) for n in range(20)]
    assert len({fact["pid"] for fact in facts}) == 20
    assert {fact["parent"] for fact in facts} == {server.process.pid}


def test_at_rest_the_server_has_one_thread_and_uses_no_processor_time(server: Served):
    process = psutil.Process(server.process.pid)
    server.run("program", "speak", "once")
    until(lambda: not server.children(), "the child was reaped")
    used = process.cpu_times()
    switches = process.num_ctx_switches()
    with pytest.raises(psutil.TimeoutExpired):
        process.wait(1.5)
    assert process.num_threads() == 1
    assert process.cpu_times()[:2] == used[:2]
    assert process.num_ctx_switches() == switches


def test_the_path_may_be_longer_than_the_address_of_a_socket(server: Served):
    assert len(str(server.socket)) > 108
    with pytest.raises(OSError, match="too long"), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.socket))
    assert server.run("program", "speak", "x").stderr == "err x\n"


def test_whoever_only_tries_whether_it_listens_is_not_logged(server: Served):
    before = server.log.read_text()
    client.connect(str(server.socket)).close()
    assert server.run("program", "speak", "after it").returncode == 0
    assert server.log.read_text() == before
