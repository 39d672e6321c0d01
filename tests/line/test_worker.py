"""`workbench worker` on another machine, through a real sshd: sessions run there, and its end, its return and its removal lose nothing."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hands.places import podman_only
from tests.hands.ssh_server import running_sshd, sshd_only
from tests.line.installation import Installation, installation, wait_until
from tests.messages_server import call, text
from workbench.hands.worker.service import REMOVED

RAN = "echo x >> ledger; sleep 4; wc -l < ledger; echo made > made.txt"


@contextlib.contextmanager
def _worker(there: Installation, options: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """The machine `lab`, with a home of its own, for the engine of `there`; it has joined."""
    own = there.home / "worker"
    words = ["worker", "--engine", "ssh://desk", "--name", "lab", "--label", "gpu", *options]
    environment = there.environment | {"WORKBENCH_HOME": str(own)}
    with subprocess.Popen(there.start_command(*words), env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        heard: list[str] = []
        for line in process.stderr:
            heard.append(line.decode())
            if "it works for" in heard[-1]:
                break
        else:
            raise AssertionError("".join(heard))
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def options(tmp_path: Path) -> Iterator[Callable[[Installation], tuple[str, ...]]]:
    """How the worker reaches the installation as on another machine."""
    with running_sshd("desk") as (_, config):

        def of(there: Installation) -> tuple[str, ...]:
            command = tmp_path / "workbench"
            given = " ".join(f"{name}={shlex.quote(value)}" for name, value in there.environment.items())
            command.write_text(f'#!/bin/sh\nexec env {given} {sys.executable} -m workbench "$@"\n')
            command.chmod(0o700)
            return ("-F", str(config), "--command", str(command))

        yield of


def _started(here: Installation, session_id: str) -> bool:
    """Whether the session's sandbox has been started: its call runs."""
    return bool(here.json("sql", f"select 1 as one from sandboxes where session_id = '{session_id}'"))


def _results(here: Installation, session_id: str) -> list[str]:
    found = [one for one in here.events(session_id) if one["type"] == "agent.tool_result"]
    return ["".join(part["text"] for part in one["content"]) for one in found]


@sshd_only
@podman_only
def test_a_session_runs_on_a_worker_its_changes_come_here_and_a_killed_worker_runs_no_call_twice(
    options: Callable[[Installation], tuple[str, ...]],
) -> None:
    script = [call("bash", {"command": RAN}), text("Done."), call("bash", {"command": RAN}), text("Again.")]
    with installation(script) as here:
        project = here.home / "shop"
        project.mkdir()
        (project / "a.txt").write_text("one\n")
        # An engine that knew of no machine when it began.
        here.told("up")
        with _worker(here, options(here)) as process:
            session_id = here.run_detached("--environment", "gpu", "-C", str(project), "go")
            wait_until(lambda: _started(here, session_id))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            with _worker(here, options(here)):
                here.told("logs", "-f", session_id)
                assert _results(here, session_id) == ["1"]
                assert sorted(one["path"] for one in here.json("diff", session_id)["changes"]) == ["ledger", "made.txt"]
                assert [one.name for one in project.iterdir()] == ["a.txt"]
                here.told("send", session_id, "again")
                here.told("logs", "-f", session_id)
                assert _results(here, session_id) == ["1", "2"]
                [machine] = here.json("machines", "list")
                assert (machine["name"], machine["labels"], machine["confines"]) == ("lab", ["gpu"], True)


@sshd_only
@podman_only
def test_a_worker_that_leaves_is_away_in_words_and_one_that_is_removed_comes_no_more(
    options: Callable[[Installation], tuple[str, ...]],
) -> None:
    script = [call("bash", {"command": RAN}), text("Lost."), call("bash", {"command": "cat ledger"}), text("None.")]
    with installation(script) as here:
        with _worker(here, options(here)) as process:
            session_id = here.run_detached("--environment", "lab", "go")
            wait_until(lambda: _started(here, session_id))
            process.terminate()
            assert process.wait() == 0
            here.told("logs", "-f", session_id)
        [lost] = _results(here, session_id)
        assert "part of the work may have been done" in lost
        wait_until(lambda: "a worker, away" in here.told("machines", "list"))
        here.told("send", session_id, "look")
        here.told("logs", "-f", session_id)
        assert "the worker is not connected" in _results(here, session_id)[-1]
        with _worker(here, options(here)) as process:
            here.told("machines", "remove", "lab")
            assert process.wait() == REMOVED
        assert here.json("machines", "list") == []


def test_an_address_that_is_none_of_ssh_is_refused_with_one_that_is() -> None:
    with installation(offline=True) as here:
        for wrong in ("http://desk", "ssh://", "ssh://desk/path", "ssh://-oX=y", "ssh://desk:port", "ssh://me:pw@desk"):
            done = here.say("worker", "--engine", wrong)
            assert (done.code, "--engine" in done.err) == (2, True), done
        done = here.say("worker", "--engine", "ssh://desk", "--name", "../x")
        assert (done.code, "is no name" in done.err) == (2, True), done
