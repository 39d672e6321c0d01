"""The product as it is installed: from any folder, beside any Podman, and with whatever lies around."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import threading
from pathlib import Path

import pytest

from tests.hands.places import podman_only
from tests.line.installed import User, hostile_folder, imported_from, user, virtual_environment
from tests.messages_server import call, text

CLONE = Path(sys.executable).parent / "workbench"
"""The command that the README's way puts into the clone's own environment."""


def answers_from(one: User, folder: Path, **more: str) -> None:
    """A model is reached and a tool runs, from this folder."""
    done = one.say("run", "what is here?", folder=folder, **more)
    assert (done.code, "All is well." in done.out) == (0, True), done
    assert f"at {one.model.base_url}" in done.err
    assert "It runs." in (done := one.say("run", "try a tool", folder=folder, **more)).out, done


SCRIPT = (text("All is well."), call("bash", {"command": "echo ran in $PWD"}), text("It runs."))


@podman_only
def test_a_wheel_works_beside_a_podman_of_another_driver_and_imports_nothing_of_the_folder(tmp_path: Path) -> None:
    folder = hostile_folder(tmp_path / "hostile")
    around = {"PYTHONPATH": f"{folder}:", "PYTHONSTARTUP": str(folder / "json.py"), "PYTHONHOME": str(folder)}
    with user(*SCRIPT) as one:
        answers_from(one, folder, **around)
        assert one.say("doctor", "--quick", folder=folder, **around).code == 0
        assert imported_from(folder) == []
        assert "ran in /workspace" in one.told("sql", "select result from tool_calls", folder=folder, **around)
        # The user's own storage has another driver still, and nothing of ours in it.
        assert one.podman("info", "--format", "{{.Store.GraphDriverName}}") == "vfs"
        assert one.podman("ps", "--all", "--quiet") == one.podman("images", "--quiet") == ""


@podman_only
def test_the_readmes_way_works_from_the_root_folder_and_from_a_hostile_one(tmp_path: Path) -> None:
    with user(*SCRIPT, *SCRIPT, command=CLONE, driver="overlay") as one:
        answers_from(one, Path("/"))
        assert "the engine has stopped" in one.told("down", "--sandboxes")
        folder = hostile_folder(tmp_path / "hostile")
        answers_from(one, folder, PYTHONPATH=str(folder))
        assert imported_from(folder) == []


@pytest.mark.long
@podman_only
def test_a_vault_that_cannot_start_is_said_by_every_command_and_delays_none(tmp_path: Path) -> None:
    command = virtual_environment(tmp_path / "venv")
    [program] = (tmp_path / "venv").glob("lib/python*/site-packages/workbench/vault/control/program.py")
    whole = program.rename(tmp_path / "program.py")
    cause = "the vault does not start (ModuleNotFoundError: No module named 'workbench.vault.control.program')"
    with user(text("All is well."), command=command) as one:
        up = one.say("up")
        assert (up.code, cause in up.err) == (1, True), up
        done = one.say("run", "hello")
        assert (done.code, cause in done.out + done.err, "offline" in done.out) == (1, True, False), done
        assert cause in one.told("status")
        doctor = one.say("doctor", "--quick")
        assert (doctor.code, "✗ The vault runs" in doctor.out, "Traceback" in doctor.err) == (1, True, False), doctor
        inside = one.say("run", "--model", "offline", "run `curl -s http://example.com; echo $?`")
        assert (inside.code, cause in inside.out) == (0, True), inside
        # The engine tries again by itself, and goes on without being started anew.
        whole.rename(program)
        pause = threading.Event()
        for _ in range(300):
            if cause not in one.told("status"):
                break
            pause.wait(0.1)
        assert "All is well." in one.told("run", "hello")
        assert "the engine has stopped" in one.told("down")


def test_an_endpoint_of_this_shell_that_the_engine_lacks_is_said() -> None:
    with user(command=CLONE) as one:
        lacking = "the running engine was started without them"
        up = one.told("up", ANTHROPIC_BASE_URL="", ANTHROPIC_API_KEY="")
        assert "model offline" in up
        for words in (["run", "hello"], ["up"], ["status"]):
            done = one.say(*words)
            assert lacking in done.out + done.err, done
        agrees = one.say("run", "hello", ANTHROPIC_BASE_URL="", ANTHROPIC_API_KEY="")
        assert lacking not in agrees.out + agrees.err, agrees


@pytest.mark.long
@podman_only
def test_down_names_the_sandboxes_that_stay_and_ends_them_when_asked() -> None:
    with user(*SCRIPT[1:], command=CLONE, driver="overlay") as one:
        one.told("run", "try a tool")
        [session] = json.loads(one.told("ps", "--json"))
        stopped = one.say("down")
        assert (
            f"1 sandbox stays for the next engine, 10 minutes at most, so that nothing in them is lost ({session['id'][-6:]})"
            in stopped.err
        )
        assert one.told("podman", "ps", "--quiet").strip() != ""
        one.told("up")
        one.told("down", "--sandboxes")
        assert one.told("podman", "ps", "--quiet").strip() == ""


def test_an_engine_whose_runtime_folder_was_wiped_is_found_again_and_can_be_ended() -> None:
    with user(text("One."), text("Two."), command=CLONE) as one:
        assert "One." in one.told("run", "hello")
        runtime = Path(one.environment["XDG_RUNTIME_DIR"])
        shutil.rmtree(runtime / "workbench")
        pause = threading.Event()
        for _ in range(300):
            if (runtime / "workbench" / "engine.sock").exists():
                break
            pause.wait(0.1)
        assert "Two." in one.told("run", "hello")
        shutil.rmtree(runtime / "workbench")
        assert "the engine has stopped" in one.told("down")


def test_serve_takes_a_free_port_and_a_failure_leaves_no_program_with_the_hosted_service() -> None:
    with user(command=CLONE) as one, socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = one.say("serve", "--port", port)
        assert (refused.code, refused.out) == (2, "export ANTHROPIC_BASE_URL=http://workbench-does-not-serve.invalid\n")
        assert f"port {port} cannot be used" in refused.err
        assert f"127.0.0.1:{port}" not in one.told("serve", "--port", "0")
