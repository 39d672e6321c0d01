"""One message, all the way: command line, engine process, log, model over the wire, real container, and back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from tests.hands.places import podman_only
from tests.line.installation import WAIT_S, Installation, installation, is_zombie
from tests.messages_server import Stall, call, text


def _types(events: list[dict[str, object]]) -> Counter[object]:
    return Counter(event["type"] for event in events)


@podman_only
def test_an_agent_edits_its_own_view_and_the_project_stays_as_it_was() -> None:
    script = [
        call("read", {"file_path": "greeting.txt"}),
        call("edit", {"file_path": "greeting.txt", "old_string": "hello", "new_string": "goodbye"}),
        call("bash", {"command": "cat greeting.txt; pwd; echo new > made.txt"}),
        text("I changed the greeting."),
    ]
    with installation(script) as here:
        project = here.home / "project"
        project.mkdir()
        (project / "greeting.txt").write_text("hello world\n")
        done = here.say("run", "-C", str(project), "change the greeting")
        assert done.code == 0, done
        assert "I changed the greeting." in done.out
        assert [path.name for path in project.iterdir()] == ["greeting.txt"]
        assert (project / "greeting.txt").read_text() == "hello world\n"
        [session] = here.json("ps")
        results = [e for e in here.events(session["id"]) if e["type"] == "agent.tool_result"]
        assert results[-1]["content"][0]["text"].splitlines() == ["goodbye world", "/workspace/project"]


def test_a_kill_in_mid_answer_loses_and_doubles_nothing() -> None:
    with installation([Stall(events=4), text("All is well.")]) as here:
        session_id = here.run_detached("say something")
        here.until_asked()
        here.kill_engine()
        followed = here.say("logs", "-f", session_id)
        assert followed.code == 0, followed
        assert followed.out.count("All is well.") == 1
        events = here.events(session_id)
        assert len({event["id"] for event in events}) == len(events)
        counted = _types(events)
        assert counted["user.message"] == counted["agent.message"] == counted["session.status_idle"] == 1
        assert counted["span.model_request_start"] == counted["span.model_request_end"] == 2


@podman_only
def test_a_command_that_outlives_a_killed_engine_ran_once_and_has_one_result() -> None:
    script = [call("bash", {"command": "echo x >> ledger; sleep 4; wc -l < ledger"}), text("Done.")]
    with installation(script) as here:
        session_id = here.run_detached("go")
        here.until(session_id, "agent.tool_use")
        here.told("sql", f"select count(*) from tool_calls where session_id = '{session_id}'")
        _until_started(here, session_id)
        here.kill_engine()
        assert here.say("logs", "-f", session_id).code == 0
        events = here.events(session_id)
        [result] = [event for event in events if event["type"] == "agent.tool_result"]
        assert result["content"] == [{"type": "text", "text": "1"}]
        assert events[-1]["stop_reason"] == {"type": "end_turn"}


def _until_started(here: Installation, session_id: str) -> None:
    """Wait until the sandbox of the session is up: its container is a fact of the log."""
    for _ in range(200):
        rows = here.json("sql", f"select count(*) as n from sandboxes where session_id = '{session_id}'")
        if rows[0]["n"]:
            return
    raise AssertionError("no sandbox was started")


@podman_only
def test_sql_counts_the_same_events_after_the_database_was_overwritten_with_zeros() -> None:
    script = [call("bash", {"command": "true"}), text("x" * 200_000)]
    with installation(script) as here:
        assert here.say("run", "go").code == 0
        question = "select count(*) as n, count(distinct id) as ids, sum(length(body::varchar)) as bytes from events"
        before = here.json("sql", question)
        assert before[0]["n"] > 10
        here.told("down")
        database = next((here.home / "data" / "log").glob("*.duckdb"))
        size = database.stat().st_size
        with database.open("r+b") as file:
            file.seek(size // 3)
            file.write(bytes(size // 3))
        assert here.json("sql", question) == before
        assert "rebuilt" in here.told("status")


def test_an_engine_that_begins_anew_as_its_folder_is_gone_still_ends_when_it_is_told_to() -> None:
    with installation([text("One.")]) as here:
        here.told("run", "hello")
        status = here.json("status")
        shutil.rmtree(here.home / "run")
        pause = threading.Event()
        while "the engine begins anew" not in Path(status["engine_log"]).read_text():
            pause.wait(0.001)
        os.kill(status["pid"], signal.SIGTERM)
        for _ in range(WAIT_S * 50):
            if not Path(f"/proc/{status['pid']}/fd").exists() or is_zombie(status["pid"]):
                break
            pause.wait(0.02)
        else:
            raise AssertionError("it does not end")
        assert here.told("up")
        [session] = here.json("ps")
        assert "One." in here.told("logs", session["id"])


def test_the_log_is_asked_while_a_session_runs() -> None:
    with installation([Stall(), text("Done.")]) as here:
        session_id = here.run_detached("go")
        here.until(session_id, "span.model_request_start")
        rows = here.json("sql", "select status, count(*) as n from sessions group by 1")
        assert rows == [{"status": "running", "n": 1}]
        assert here.say("sql", "drop table events").code == 2
        assert here.say("interrupt", session_id).code == 0
        assert here.say("logs", "-f", session_id).code == 0


@podman_only
def test_a_call_that_asks_survives_the_engine_and_is_allowed_from_elsewhere() -> None:
    with installation([call("bash", {"command": "echo allowed"}), text("Done.")]) as here:
        agent = here.home / "agent.yaml"
        asks = "tools: [{type: agent_toolset_20260401, default_config: {permission_policy: {type: always_ask}}}]"
        agent.write_text(f"name: careful\nmodel: m\n{asks}\n")
        here.told("agents", "apply", "-f", str(agent))
        done = here.say("run", "--agent", "careful", "go")
        assert done.code == 4, done
        assert "echo allowed" in done.out
        [session] = here.json("ps")
        here.told("down")
        here.told("up")
        assert "echo allowed" in here.told("peek", session["id"][-8:])
        here.told("allow", session["id"])
        assert here.say("logs", "-f", session["id"]).code == 0
        [result] = [event for event in here.events(session["id"]) if event["type"] == "agent.tool_result"]
        assert result["content"] == [{"type": "text", "text": "allowed"}]


def test_ctrl_c_interrupts_the_agent_and_not_the_engine() -> None:
    with installation([Stall(events=4)]) as here:
        with here.start("run", "go", start_new_session=True) as running:
            assert running.stderr is not None
            while "session sesn_" not in (line := running.stderr.readline()):
                assert line, "the run ended before it began"
            session_id = line.split()[-1]
            here.until(session_id, "span.model_request_start")
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=60)
            assert running.returncode == 130
        assert here.json("status")["running"]
        assert _types(here.events(session_id))["user.interrupt"] == 1
        assert [one["how"] for one in here.json("recap", "--since", "1h")["sessions"]] == ["interrupted"]


def test_a_program_with_the_sdk_needs_only_the_two_lines_that_serve_prints() -> None:
    program = """
import anthropic
client = anthropic.Anthropic()
agent = client.beta.agents.create(name="a", model="m", tools=[{"type": "agent_toolset_20260401"}])
environment = client.beta.environments.create(name="e", config={"type": "cloud", "networking": {"type": "unrestricted"}})
session = client.beta.sessions.create(agent=agent.id, environment_id=environment.id, title="t")
with client.beta.sessions.events.stream(session.id) as stream:
    client.beta.sessions.events.send(session.id, events=[{"type": "user.message", "content": [{"type": "text", "text": "hi"}]}])
    for event in stream:
        if event.type == "agent.message":
            print(event.content[0].text)
        if event.type == "session.status_idle":
            break
"""
    with installation([text("Hello from the scripted model.")]) as here:
        lines = here.told("serve", "--port", str(_free_port())).splitlines()
        exported = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        assert set(exported) == {"ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"}
        there = here.environment | exported
        done = subprocess.run(
            [sys.executable, "-c", program], env=there, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.stdout, done.returncode) == ("Hello from the scripted model.\n", 0), done.stderr
        here.kill_engine()
        here.told("up")
        assert here.json("status")["port"] == int(exported["ANTHROPIC_BASE_URL"].rpartition(":")[2])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@podman_only
def test_the_demo_ends_with_its_project_repaired_and_needs_no_key() -> None:
    with installation(offline=True) as here:
        done = here.say("demo")
        assert done.code == 0, done
        assert "the project is repaired: its tests pass" in done.out
        assert "is as it was" in done.out
        [session] = here.json("ps", "--all")
        project = Path(session["metadata"]["workbench.project"])
        assert project.is_relative_to(here.home / "data" / "demos")
        assert "till.py" in here.told("diff", session["id"])
        old = here.home / "data" / "demos" / "old"
        (old / "till").mkdir(parents=True)
        for folder in (old, project.parent):
            os.utime(folder, (0, 0))
        assert here.say("demo").code == 0
        assert (project.is_dir(), old.exists()) == (True, False)


def test_a_second_engine_on_the_same_log_is_impossible() -> None:
    with installation() as here:
        pid = here.json("up")["pid"]
        second = here.say("engine")
        assert second.code == 3
        assert str(pid) in second.err
        assert here.json("status")["pid"] == pid


def test_a_missing_podman_fails_the_call_and_not_the_conversation() -> None:
    script = [call("bash", {"command": "true"}), text("I have no sandbox.")]
    with installation(script, WORKBENCH_PODMAN="/nowhere/podman") as here:
        done = here.say("run", "go")
        assert done.code == 0, done
        assert "I have no sandbox." in done.out
        [session] = here.json("ps")
        [result] = [e for e in here.events(session["id"]) if e["type"] == "agent.tool_result"]
        assert result["is_error"]
        assert "podman" in json.dumps(result["content"])


def test_without_any_model_the_session_says_what_to_do() -> None:
    with installation(offline=True) as here:
        done = here.say("run", "--model", "claude-opus-5-5", "go")
        assert done.code == 1, done
        assert "workbench login" in done.out


def test_a_taken_port_is_said_with_what_to_do() -> None:
    with installation() as here, socket.create_server(("127.0.0.1", 0)) as taken:
        done = here.say("serve", "--port", str(taken.getsockname()[1]))
        assert done.code == 2
        assert "workbench serve --port" in done.err


def test_the_socket_and_its_folders_are_this_users_alone() -> None:
    with installation() as here:
        here.told("up")
        modes = {
            path.name: path.stat().st_mode & 0o777 for path in (here.home / "run", here.home / "run" / "engine.sock")
        }
        assert modes == {"run": 0o700, "engine.sock": 0o600}
        assert (here.home / "data").stat().st_mode & 0o077 == 0


def test_answers_come_as_table_json_csv_and_parquet() -> None:
    with installation(offline=True) as here:
        question = "select 1 as one, 'a,b' as text"
        assert here.json("sql", question) == [{"one": 1, "text": "a,b"}]
        assert here.told("sql", question, "--format", "csv").splitlines() == ["one,text", '1,"a,b"']
        assert here.told("sql", question).splitlines()[1].split() == ["1", "a,b"]
        file = here.home / "answer.parquet"
        here.told("sql", question, "--format", "parquet", "-o", str(file))
        read = [sys.executable, "-c", f"import duckdb; print(duckdb.sql(\"from '{file}'\").fetchall())"]
        assert subprocess.run(read, capture_output=True, text=True, check=True, timeout=60).stdout == "[(1, 'a,b')]\n"


def test_ctrl_c_stops_a_query_and_the_engine_goes_on() -> None:
    with installation(offline=True) as here:
        here.told("up")
        endless = "select count(*) from range(1000000000000) a, range(1000) b"
        with here.start("sql", endless, "--seconds", "600", start_new_session=True) as asking:
            assert here.json("sql", "select 42 as n") == [{"n": 42}]
            asking.send_signal(signal.SIGINT)
            asking.communicate(timeout=60)
            assert asking.returncode == 130
        assert here.json("sql", "select 42 as n") == [{"n": 42}]


def test_shell_completion_is_a_script_that_bash_accepts() -> None:
    with installation(offline=True) as here:
        script = here.told("completion", "bash")
        checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=60, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
        ask = f"{script}\nCOMP_WORDS=(workbench pe) COMP_CWORD=1; _workbench; echo ${{COMPREPLY[@]}}"
        told = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=60, check=True)
        assert told.stdout == "peek\n"
        assert here.say("status").code == 3
