"""The engine of another machine, through a real sshd: words run there, the socket is forwarded, a dropped connection comes back."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hands.ssh_server import running_sshd, sshd_only
from tests.line.installation import Installation, installation
from workbench.client import paths
from workbench.client.errors import EngineAway
from workbench.client.over_ssh import Tunnel, Way
from workbench.client.sync import Client

WAIT_S = 30.0


@dataclass(frozen=True)
class Far:
    """A machine behind an sshd: its installation, and the options that lead there."""

    installed: Installation
    sshd: subprocess.Popen[bytes]
    options: tuple[str, ...]
    command: str

    @property
    def way(self) -> Way:
        return Way("desk", self.options, self.command)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    with installation(offline=True) as installed, running_sshd("desk") as (process, config):
        command = tmp_path / "workbench"
        given = " ".join(f"{name}={shlex.quote(value)}" for name, value in installed.environment.items())
        command.write_text(f'#!/bin/sh\nexec env {given} {sys.executable} -m workbench "$@"\n')
        command.chmod(0o700)
        yield Far(installed, process, ("-F", str(config)), str(command))


@sshd_only
def test_a_word_runs_there_with_its_output_and_exit_code(far: Far) -> None:
    with installation(offline=True) as near:
        there = ("over", "ssh", *far.options, "--command", far.command, "desk")
        assert near.say(*there, "status").code == 3
        assert near.told(*there, "agents", "list", "--json").strip() == "[]"
        assert far.installed.json("status")["running"]
        done = near.say(*there, "run", "--agent", "it's nobody", "x; y")
        assert (done.code, "there is no agent" in done.err, "it's nobody" in done.err) == (2, True, True)
        lacking = near.say("over", "ssh", *far.options, "--command", "/nowhere/workbench", "desk", "ps")
        assert (lacking.code, "name it with --command" in lacking.err) == (3, True)
        assert near.say("status").code == 3, "no engine was started here"


@sshd_only
def test_a_dropped_connection_is_said_and_comes_back_and_the_end_leaves_nothing(far: Far) -> None:
    tunnel = Tunnel(far.way, _short_folder())
    try:
        status = tunnel.open()
        assert status["pid"] == far.installed.json("status")["pid"]
        assert Client(tunnel.socket).get(paths.STATUS)["pid"] == status["pid"]
        assert oct(tunnel.socket.stat().st_mode & 0o777) == "0o600"
        heard: list[str] = []
        _drop(far)
        _until(lambda: tunnel.words != "")
        assert "has dropped" in tunnel.lost()
        tunnel.ensure(heard.append)
        assert Client(tunnel.socket).get(paths.STATUS)["pid"] == status["pid"]
        far.installed.say("down")
        assert "does not answer" in tunnel.lost()
        tunnel.ensure(heard.append)
        assert Client(tunnel.socket).get(paths.STATUS)["pid"] != status["pid"]
    finally:
        tunnel.close()
    assert not tunnel.folder.exists()
    _until(lambda: not _sessions_of(far))


def test_a_machine_that_cannot_be_reached_is_said_at_once() -> None:
    tunnel = Tunnel(Way("127.0.0.1", ("-p", "1", "-o", "BatchMode=yes")), _short_folder())
    with pytest.raises(EngineAway, match="ssh cannot reach 127"):
        tunnel.open()
    tunnel.close()


def _short_folder() -> Path:
    """A folder whose path is short enough for sockets."""
    short = Path(tempfile.gettempdir()) / f"wbo{os.getpid()}"
    short.mkdir(mode=0o700, exist_ok=True)
    return short


def _sessions_of(far: Far) -> list[int]:
    """The processes that sshd has for connections: one that is root's business, and below it one for the user."""
    found, above = [], [far.sshd.pid]
    while above:
        words = ["pgrep", "-P", ",".join(map(str, above))]
        above = [int(one) for one in subprocess.run(words, capture_output=True, check=False).stdout.split()]
        found += above
    return found


def _drop(far: Far) -> None:
    for pid in reversed(_sessions_of(far)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(WAIT_S * 20)):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to be")
