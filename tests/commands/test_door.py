"""Every word of the command in a terminal of its own, with names, titles, files, calls and errors that would steer or hide."""

from __future__ import annotations

import ast
import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import workbench.commands
from tests.hostile import HIDING, HOSTILE, raw_signs
from tests.line.installation import WAIT_S, Installation, installation
from tests.messages_server import call, text
from tests.parsing import tree_of
from workbench import cli, settings
from workbench.client.sync import Client
from workbench.commands.words import WORDS

STORE = "notes"
SESSION, MODEL_SESSION = "SESSION", "LIVE"
"""Stand in `SAID` for the ids of an imported session and of one that waits for a person."""

SAID: dict[str, list[list[str]]] = {
    "ps": [["-a"], ["--threads"], ["-a", "--json"]],
    "peek": [[SESSION], [SESSION, "--json"], [MODEL_SESSION], [MODEL_SESSION, "--json"], [HOSTILE]],
    "recap": [[], ["--json"], ["--since", HOSTILE]],
    "proposal": [[SESSION], [MODEL_SESSION, "--title"], [HOSTILE]],
    "handover": [[SESSION], [MODEL_SESSION], [HOSTILE]],
    "inbox": [["--json"]],
    "rules": [["ls"], ["ls", "--json"], ["add", HOSTILE], ["rm", HOSTILE]],
    "keys": [[], ["--json"]],
    "help": [[], ["--json"], ["sql"], [HOSTILE]],
    "review": [[SESSION], [MODEL_SESSION, "--last"], [MODEL_SESSION, "--json"], [HOSTILE]],
    "threads": [[SESSION], [MODEL_SESSION, "--json"], [MODEL_SESSION, "archive", HOSTILE], [HOSTILE]],
    "logs": [[SESSION], [MODEL_SESSION, "--thread", HOSTILE], [SESSION, "--json"], [MODEL_SESSION], [HOSTILE]],
    "send": [[SESSION, HOSTILE], [HOSTILE, "x"]],
    "exec": [[SESSION, "--", "printf", HOSTILE], [SESSION, "--", "sh", "-c", "printf %s \"$0\" >&2", HOSTILE], [SESSION, "--json", "--", "ls", HOSTILE], [HOSTILE, "ls"]],
    "cp": [[f"SESSION:{HOSTILE}", "."], [HOSTILE, "SESSION:"], [HOSTILE, HOSTILE], [f"{HOSTILE}:a", "b"]],
    "interrupt": [[SESSION], [HOSTILE]],
    "set": [[SESSION], [SESSION, "--model", HOSTILE], [SESSION, "--mode", HOSTILE], [HOSTILE]],
    "diff": [[SESSION], [SESSION, "--applied"], [HOSTILE]],
    "apply": [[SESSION, "-y"], [SESSION, "-y", "--again"], [SESSION, "-y", "--take", HOSTILE], [HOSTILE], [SESSION, "-y", "--commits", "--from", HOSTILE]],
    "branch": [[SESSION], [SESSION, HOSTILE], [HOSTILE], [SESSION, "--from", HOSTILE]],
    "commit": [[SESSION, "-y"], [SESSION, "-y", "-m", HOSTILE], [HOSTILE]],
    "patch": [[SESSION], [HOSTILE], [SESSION, "--from", HOSTILE]],
    "fork": [[SESSION], [HOSTILE]],
    "rewind": [[SESSION], [SESSION, HOSTILE]],
    "budget": [[], ["--json"], ["--group", HOSTILE, "1"], [HOSTILE]],
    "vault": [["list"], ["list", "--json"], ["rm", HOSTILE]],
    "login": [[HOSTILE]],
    "net": [[SESSION], [SESSION, "--json"], [SESSION, "--allow", HOSTILE]],
    "run": [["-C", HOSTILE, "x"], ["--agent", HOSTILE, "x"], ["--detach", "--title", HOSTILE, "x", "--json"]],
    "agents": [["list"], ["list", "--json"], ["show", HOSTILE], ["show", "AGENT"], ["show", "AGENT", "--json"], ["apply", "-f", HOSTILE]],
    "environments": [["list"], ["list", "--json"], ["show", HOSTILE], ["apply", "-f", HOSTILE]],
    "deploy": [["list"], ["list", "-a", "--json"], ["show", HOSTILE], ["show", "DEPLOYMENT"], ["run", HOSTILE], ["pause", HOSTILE], ["runs"], ["runs", "--json"], ["runs", HOSTILE], ["apply", "-f", HOSTILE]],
    "trigger": [["list"], ["list", "--json"], ["log"], ["log", "--json"], ["show", HOSTILE], ["show", "TRIGGER"], ["test", HOSTILE], ["remove", HOSTILE], ["listen"],
        ["add", HOSTILE, "--deployment", HOSTILE, "--files", HOSTILE], ["add", "x", "--deployment", "DEPLOYMENT", "--files", HOSTILE], ["add", HOSTILE, "--deployment", "DEPLOYMENT", "--webhook", "hmac", "--prompt", HOSTILE]],
    "mcp": [["list"], ["list", "--json"], ["add", HOSTILE, f"stdio:{HOSTILE}"], ["add", "x", HOSTILE], ["test", HOSTILE], ["login", HOSTILE], ["remove", HOSTILE]],
    "memory": [["ls"], ["ls", "--json"], ["ls", STORE], ["cat", STORE, "/a.md"], ["cat", STORE, "/a.md", "--json"], ["log", STORE], ["cat", STORE, HOSTILE], ["new", HOSTILE]],
    "skills": [["list"], ["list", "--json"], ["show", HOSTILE], ["add", HOSTILE], ["add", HOSTILE, "--agent", HOSTILE], ["check", HOSTILE], ["trust", HOSTILE], ["remove", HOSTILE], ["list", "-C", HOSTILE],
        ["show", "grim"], ["show", "grim", "--json"], ["check", "shop/.claude/skills/a"], ["add", "grim"], ["list", "-C", "shop"], ["list", "-C", "shop", "--json"], ["trust", "--all", "-C", "shop"]],
    "files": [["list"], ["list", "--json"], ["list", "--session", HOSTILE], ["upload", HOSTILE], ["get", HOSTILE], ["rm", HOSTILE]],
    "dream": [["list"], ["show", HOSTILE], [HOSTILE]],
    "search": [[HOSTILE], ["--sessions", HOSTILE, "--json"], ["t:x"]],
    "sql": [
        ["select title, agent from sessions"],
        ["select * from messages", "--format", "csv"],
        ["from events", "--json"],
        [f"select '{HOSTILE}' as x"],
        [f"select nothing from {HOSTILE}"],
        ["--saved", HOSTILE],
        ["--history"],
    ],
    "export": [[HOSTILE, "--import"]],
    "import": [[HOSTILE], ["--settings", HOSTILE], [HOSTILE, "--dry-run"]],
    "log": [[HOSTILE]],
    "tokens": [["list"], ["list", "--json"], ["add", HOSTILE, "--role", "read", "--json"], ["revoke", HOSTILE]],
    "replay": [[SESSION], [SESSION, "--json"], [MODEL_SESSION], [MODEL_SESSION, "--with-agent", HOSTILE]],
    "eval": [["nowhere"], [f"{HOSTILE}"[:40]], ["suite", "--record", SESSION]],
    "machines": [["list"], ["list", "--json"], ["add", HOSTILE, HOSTILE], ["test", HOSTILE], ["remove", HOSTILE]],
    "worker": [["--engine", HOSTILE], ["--engine", "ssh://127.0.0.1:1", "--name", HOSTILE], ["--engine", f"ssh://{HOSTILE}"]],
    "hosted": [["list"], ["list", "--json"], ["add", HOSTILE, HOSTILE], ["look", HOSTILE], ["remove", HOSTILE]],
    "lake": [["status"], ["status", "--json"], ["share", HOSTILE], ["unshare", HOSTILE], ["push"], ["sql", HOSTILE], ["set", HOSTILE]],
    "push": [["-n"], ["--to", HOSTILE, "-n"], [HOSTILE, "-n"]],
    "pull": [["-n"], ["--from", HOSTILE, "-n", "--json"], [HOSTILE, "-n"]],
    "work": [[], ["--json"], [HOSTILE], [HOSTILE, "--stop", HOSTILE]],
    "webhooks": [["list"], ["list", "--json"], ["add", HOSTILE, HOSTILE], ["log", HOSTILE], ["remove", HOSTILE]],
    "limits": [[], ["--json"], ["set", HOSTILE], ["set", "1", "--agent", HOSTILE], ["set", "none", "--agent", HOSTILE]],
    "status": [[], ["--json"]],
    "up": [[], ["--json"]],
    "completion": [["bash"]],
    "allow": [[HOSTILE], [SESSION]],
    "deny": [[HOSTILE], [MODEL_SESSION]],
    "answer": [[HOSTILE, HOSTILE], [SESSION, HOSTILE], [MODEL_SESSION]],
    "discard": [["-y", HOSTILE, HOSTILE], [HOSTILE]],
    "archive": [[HOSTILE]],
    "rm": [[HOSTILE], ["-y", HOSTILE]],
    # These only refuse: they would open the app, build, measure, or stop what the others need.
    **{word: [[HOSTILE, f"--{HOSTILE}"]] for word in ("attach", "panes", "demo", "doctor", "down", "acp", "serve", "image", "bench")},
    "podman": [["info", "--format", HOSTILE]],
    "new": [[HOSTILE], ["reviewer", "--dry-run", "--name", HOSTILE], ["reviewer", "-y", "--name", HOSTILE]],
    "over": [["ssh", f"-{HOSTILE}", "ps"], ["ssh", "--", HOSTILE, "over", HOSTILE]],
}  # fmt: skip


MODULE = ("-m", "workbench")
ASCII_ALONE = ("-I", "-X", "utf8=0", "-c", "import sys; from workbench.cli import main; sys.exit(main())")
"""The installed command without Python's own turn to UTF-8 where a locale has less."""


def in_terminal(here: Installation, *words: str, python: Sequence[str] = MODULE, **environment: str) -> tuple[int, str]:
    """A word in a pseudo-terminal: how it ended, and every byte that came."""
    end, inner = os.openpty()
    with contextlib.ExitStack() as open_ends:
        open_ends.callback(os.close, end)
        command = [sys.executable, *python, *words]
        usual = here.environment | {"TERM": "xterm-256color"} | environment
        running = subprocess.Popen(command, env=usual, cwd=here.home, stdin=inner, stdout=inner, stderr=inner)
        os.close(inner)
        came = b"".join(_pieces(end))
        return running.wait(WAIT_S), came.decode("utf-8", "surrogateescape")


def _pieces(end: int) -> Iterator[bytes]:
    while select.select([end], [], [], WAIT_S)[0]:
        try:
            yield os.read(end, 1 << 16)
        except OSError:
            return
    raise AssertionError("the word did not end")


@pytest.fixture(scope="module")
def hostile() -> Iterator[tuple[Installation, dict[str, str]]]:
    """A home in which everything that others name is hostile, with one session of the past and one that waits for a person."""
    asks = call("bash", {"command": f"echo {HOSTILE}"}, said=HOSTILE)
    with installation([asks, text(HOSTILE)]) as here:
        here.told("up")
        engine = Client(settings.load(here.environment).engine_socket)
        engine.post("/workbench/v1/import", _past())
        policy = {"permission_policy": {"type": "always_ask"}}
        tools = [{"type": "agent_toolset_20260401", "default_config": policy}]
        agent = engine.post(
            "/v1/agents",
            {"name": HOSTILE, "model": "claude-opus-5", "description": HOSTILE, "system": HOSTILE, "tools": tools},
        )
        place = engine.post("/v1/environments", {"name": HOSTILE, "description": HOSTILE, "config": {"type": "cloud"}})
        deployment = engine.post("/v1/deployments", _deployment(agent["id"], place["id"]))
        trigger = _trigger(engine, deployment["id"])
        engine.post(f"/v1/environments/{place['id']}/archive")
        engine.post(f"/v1/deployments/{deployment['id']}/run")
        store = engine.post("/v1/memory_stores", {"name": STORE, "description": HOSTILE})
        engine.post(f"/v1/memory_stores/{store['id']}/memories", {"path": "/a.md", "content": HOSTILE})
        _skills(here)
        live = here.run_detached("--agent", agent["id"], "--title", HOSTILE, HOSTILE)
        here.until(live, "session.status_idle")
        past = next(
            one["id"] for one in engine.pages("/v1/sessions", [("include_archived", "true")]) if one["id"] != live
        )
        yield (
            here,
            {
                SESSION: past,
                MODEL_SESSION: live,
                "AGENT": agent["id"],
                "DEPLOYMENT": deployment["id"],
                "TRIGGER": trigger,
            },
        )


def _trigger(engine: Client, deployment_id: str) -> str:
    source = {"type": "webhook", "shape": "hmac", "events": [HOSTILE[:200]]}
    made = engine.post(
        "/workbench/v1/triggers", {"name": HOSTILE[:100], "deployment_id": deployment_id, "source": source}
    )
    engine.post(f"/workbench/v1/triggers/{made['id']}/test")
    return str(made["id"])


def _deployment(agent_id: str, environment_id: str) -> dict[str, Any]:
    go = {"type": "user.message", "content": [{"type": "text", "text": HOSTILE}]}
    nightly = {"type": "cron", "expression": "0 3 * * *", "timezone": "Europe/Berlin"}
    given = {"name": HOSTILE, "description": HOSTILE, "agent": agent_id, "environment_id": environment_id}
    return given | {"initial_events": [go], "schedule": nightly}


def _skills(here: Installation) -> None:
    """An uploaded one, and two of a project of which one has a fault; what steers can stand in a text only, what hides in names too."""
    hidden = "".join(HIDING)
    # In YAML these two end a line.
    key = hidden.replace("\u2028", "").replace("\u2029", "")
    for folder, fields in (
        ("grim", f'name: grim\ndescription: "{hidden}"\n"{key}": x'),
        (f"shop/.claude/skills/{hidden}"[:100], f'name: b\ndescription: "{hidden}"'),
        ("shop/.claude/skills/a", f'name: "{hidden}"\ndescription: "{hidden}"'),
    ):
        place = here.home / folder
        place.mkdir(parents=True)
        (place / "SKILL.md").write_text(f"---\n{fields}\n---\n{HOSTILE}\n")
        (place / hidden[:60]).write_text(HOSTILE)
    here.told("skills", "add", "grim")


def _past() -> dict[str, Any]:
    at = "2026-10-01T10:00:00Z"
    use = {"type": "agent.tool_use", "id": "sevt_000000003", "name": HOSTILE, "input": {"command": HOSTILE, HOSTILE: 1}}
    content = [{"type": "text", "text": HOSTILE}]
    events: list[dict[str, Any]] = [
        {"type": "user.message", "id": "sevt_000000001", "content": content},
        {"type": "agent.message", "id": "sevt_000000002", "content": content},
        {**use, "evaluated_permission": "allow"},
        {
            "type": "agent.tool_result",
            "id": "sevt_000000004",
            "tool_use_id": use["id"],
            "content": content,
            "is_error": True,
        },
    ]
    return {
        "id": "sesn_01hostilepast",
        "title": HOSTILE,
        "agent_name": HOSTILE,
        "model": HOSTILE,
        "project": f"/{HOSTILE}",
        "created_at": at,
        "events": [{**event, "processed_at": at} for event in events],
    }


def test_every_word_of_the_command_is_said_to_a_hostile_home() -> None:
    assert set(SAID) == set(WORDS)


@pytest.mark.parametrize("word", SAID)
def test_a_word_writes_nothing_raw_to_a_terminal(word: str, hostile: tuple[Installation, dict[str, str]]) -> None:
    here, ids = hostile
    for given in SAID[word]:
        code, came = in_terminal(here, word, *(ids.get(one, one).replace("\0", "") for one in given))
        assert (raw_signs(came), "Traceback" in came, code in range(6)) == ([], False, True), (given, came[-2000:])


@pytest.mark.parametrize("word", WORDS)
def test_a_wrong_argument_is_repeated_without_what_it_would_do(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([word, f"--{HOSTILE}", HOSTILE])
    said = capsys.readouterr()
    assert "usage: " in said.err
    assert raw_signs(said.out + said.err) == []


def test_a_terminal_that_takes_no_sign_of_a_text_gets_its_escape(hostile: tuple[Installation, dict[str, str]]) -> None:
    here, ids = hostile
    for given in (
        ["peek", ids[SESSION]],
        ["ps", "-a"],
        ["sql", "select chr(8594) as x"],
        ["sql", "from events", "--json"],
    ):
        code, came = in_terminal(here, *given, python=ASCII_ALONE, LC_ALL="C")
        assert ("Traceback" in came, came.isascii(), code) == (False, True, 0), came[-2000:]


def test_a_pipe_gets_csv_as_it_is(hostile: tuple[Installation, dict[str, str]]) -> None:
    here, _ = hostile
    done = here.say("sql", "select 'a\u202eb' as x, 1 as y", "--format", "csv")
    assert done.out == "x,y\na\u202eb,1\n"


def test_words_write_through_the_door_alone() -> None:
    folder = Path(workbench.commands.__file__).parent
    found = []
    for file in [*folder.glob("*.py"), Path(cli.__file__)]:
        for node in ast.walk(tree_of(file.read_text(encoding="utf-8"))):
            is_write = isinstance(node, ast.Attribute) and node.attr in {"write", "buffer", "writelines"}
            if is_write and ast.unparse(node.value) in {"sys.stdout", "sys.stderr", "sys.stdout.buffer"}:  # type: ignore[attr-defined]
                found.append(f"{file.name}: {ast.unparse(node)}")
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in {"print", "input"}
                and file.name != "surface.py"
            ):
                found.append(f"{file.name}: {ast.unparse(node)}")
    # Parquet and the content of a file, which are no text; neither goes to a terminal.
    assert set(found) == {
        *("files.py: sys.stdout.buffer.write", "files.py: sys.stdout.buffer"),
        *("sql.py: sys.stdout.buffer.write", "sql.py: sys.stdout.buffer"),
    }
