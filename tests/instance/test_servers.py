"""Servers on this machine: taken ports are told at once, and an instance is served once."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.instance.servers import answers, must_be_free, served_once
from tests.e2e.server import environment, free_port

HOST = "127.0.0.1"
DEADLINE = 60


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that something listens on."""
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield int(server.getsockname()[1])


def cli(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("spotify-assets")), *arguments],
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


def test_a_taken_port_is_told_with_the_option_that_changes_it(taken):
    with pytest.raises(RuntimeError, match=f"port {taken} .* with --dashboard-port"):
        must_be_free(HOST, taken, "--dashboard-port")
    must_be_free(HOST, free_port(), "--port")
    must_be_free(HOST, 0, "--port")


def test_an_address_that_is_not_of_this_machine_is_told():
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        must_be_free("192.0.2.1", free_port(), "--port")


def test_a_port_answers_where_something_listens(taken):
    assert answers(HOST, taken)
    assert not answers(HOST, free_port())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("up", "--dashboard-port", "{free}", "--port", "{taken}"), "--port"),
        (("up", "--port", "{free}", "--dashboard-port", "{taken}"), "--dashboard-port"),
        (("up", "--no-dashboard", "--port", "{taken}"), "--port"),
        (("up", "--no-dashboard", "--port", "{free}", "--viewers", "{taken}"), "--viewers"),
        (("dashboard", "--port", "{taken}"), "--port"),
        (("docs", "--port", "{taken}"), "--port"),
    ],
)
def test_commands_end_at_once_where_their_port_is_taken(command, option, taken, tmp_path):
    done = cli(tmp_path, *(word.format(taken=taken, free=free_port()) for word in command))

    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert f"port {taken} " in line
    assert line.endswith(f"with {option}")


@pytest.mark.slow
@pytest.mark.parametrize("other", ["--dashboard-port", "--viewers"])
def test_two_servers_on_one_port_are_refused(tmp_path, other):
    done = cli(tmp_path, "up", "--port", "3999", other, "3999")
    assert done.returncode == 1
    assert f"--port and {other} are both 3999" in done.stderr


@pytest.mark.slow
def test_a_second_up_on_one_instance_says_where_the_first_is(tmp_path):
    home = tmp_path / "home"
    with served_once(home, "Dagster UI http://127.0.0.1:3000"):
        done = cli(tmp_path, "up", "--port", str(free_port()), "--dashboard-port", str(free_port()))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"process {os.getpid()}: Dagster UI http://127.0.0.1:3000" in line


def test_what_a_killed_server_left_is_in_nobodys_way(tmp_path):
    program = (
        "import pathlib, sys, time; from spotify_assets.instance.servers import served_once\n"
        "with served_once(pathlib.Path(sys.argv[1]), 'there'):\n"
        "    print('up', flush=True); time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        with pytest.raises(RuntimeError, match=f"process {process.pid}: there"), served_once(tmp_path, "x"):
            pass
        process.kill()
    with served_once(tmp_path, "here"):
        assert (tmp_path / "up.lock").read_text() == f"process {os.getpid()}: here"


def test_what_servers_print_goes_to_the_file_and_the_look_goes_on(tmp_path):
    from spotify_assets.instance.processes import run_together

    program = "import sys, time; print('said'); print('told', file=sys.stderr); time.sleep(1); sys.exit(4)"
    looked: list[float] = []
    with (tmp_path / "log").open("wb") as output:
        code = run_together(
            [[sys.executable, "-c", program]], output=output, look=lambda: looked.append(time.monotonic())
        )
    assert code == 4
    assert set((tmp_path / "log").read_text().split()) == {"said", "told"}
    assert len(looked) > 1
