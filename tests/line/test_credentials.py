"""Credentials through a whole installation: an agent uses secrets that neither it, its sandbox, the engine nor the log has."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from tests.hands.places import podman_only
from tests.line.installation import WAIT_S, Installation, installation
from tests.messages_server import call, text
from tests.vault.origin import Origin, Seen, ok
from workbench.client.sync import Client

CANARY = "canary-9f3k2l1m-SECRET-value"
BEARER = "canary-bearer-7h6g5f4d-SECRET"
MODEL_KEY = "sk-canary-1a2b3c4d5e6f7g8h-KEY"


@contextlib.contextmanager
def served(origin: Origin) -> Iterator[Origin]:
    """The server on a thread and loop of its own, as the commands are waited for on this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def wait(work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(WAIT_S)

    wait(origin.__aenter__())
    try:
        yield origin
    finally:
        wait(origin.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT_S)
        loop.close()


def engine_of(here: Installation) -> Client:
    here.told("up")
    return Client(here.home / "run" / "engine.sock")


def say_with(here: Installation, secret: str, *words: str) -> str:
    """A word that reads a secret from a pipe."""
    command = [sys.executable, "-m", "workbench", *words]
    done = subprocess.run(
        command, env=here.environment, input=secret, capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    assert done.returncode == 0, done
    return done.stdout


def environment(engine: Client, name: str, hosts: list[str], ports: list[int]) -> str:
    """Limited to these addresses, which a test may name since nobody could take them for somebody else's."""
    networking = {"type": "limited", "allowed_hosts": hosts}
    metadata = {"workbench.ports": ",".join(map(str, ports))}
    body = {"name": name, "config": {"type": "cloud", "networking": networking}, "metadata": metadata}
    return str(engine.post("/v1/environments", body)["id"])


def results(here: Installation, session_id: str) -> str:
    kinds = ("agent.tool_result", "agent.mcp_tool_result")
    return "\n".join(
        block["text"]
        for event in here.events(session_id)
        if event["type"] in kinds
        for block in event["content"]
        if block["type"] == "text"
    )


def echo(seen: Seen) -> bytes:
    return ok(f"{seen.line} got {seen.header('authorization')}".encode())


@contextlib.contextmanager
def two_origins(answer: Callable[[Seen], bytes] = echo) -> Iterator[tuple[Origin, Origin]]:
    ours = Origin(answer=answer, host="127.0.0.2", certified_as="127.0.0.2")
    other = Origin(answer=answer, host="127.0.0.3", certified_as="127.0.0.3", authority=ours.authority)
    with served(ours), served(other):
        yield ours, other


@podman_only
def test_a_token_gets_an_agent_in_at_its_own_host_and_is_a_placeholder_everywhere_else(tmp_path: Path) -> None:
    with two_origins() as (ours, other):
        roots = tmp_path / "roots.pem"
        roots.write_bytes(ours.authority.certificate_pem)
        ask = 'curl -sS -H "authorization: Bearer $TOKEN" https://{}:{}/secret?q=1'
        commands = [ask.format("127.0.0.2", ours.port), ask.format("127.0.0.3", other.port), "env; cat /proc/*/environ"]
        script = [*(call("bash", {"command": command}) for command in commands), text("I am in.")]
        with installation(script, SSL_CERT_FILE=str(roots)) as here:
            engine = engine_of(here)
            place = environment(engine, "two", ["127.0.0.2", "127.0.0.3"], [ours.port, other.port])
            say_with(here, CANARY, "vault", "add", "TOKEN", "--host", "127.0.0.2")
            session_id = here.run_detached("--environment", place, "Get in")
            here.until(session_id, "session.status_idle")
            assert ours.seen[0].header("authorization") == f"Bearer {CANARY}"
            placeholder = (other.seen[0].header("authorization") or "").removeprefix("Bearer ")
            assert "wbph_" in placeholder
            told = results(here, session_id)
            assert f"TOKEN={placeholder}" in told
            assert f"got Bearer {placeholder}" in told
            question = "select host, allowed, reason, injected_in from egress where method = 'GET' and route is null order by decided_at"
            assert here.json("sql", question) == [
                {"host": "127.0.0.2", "allowed": True, "reason": None, "injected_in": "header"},
                {"host": "127.0.0.3", "allowed": True, "reason": "placeholder_elsewhere", "injected_in": None},
            ]
            assert "secret put into the header" in here.told("net", session_id)
            nowhere_in(here, CANARY, session_id)


@podman_only
def test_a_branch_is_pushed_with_the_vaults_token_where_the_sessions_network_allows_the_remote(tmp_path: Path) -> None:
    root = repository_at(tmp_path)
    login = "Basic " + base64.b64encode(f"x-access-token:{CANARY}".encode()).decode()

    def answer(seen: Seen) -> bytes:
        if seen.header("authorization") != login:
            return b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
        return by_git(root, seen)

    def subjects(folder: Path, branch: str) -> list[str]:
        command = ["git", "-C", str(folder), "log", "--format=%s", branch]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=WAIT_S).stdout.split("\n")

    commit = "echo more > more.txt && git add . && git commit -qm 'agent: more'"
    with two_origins(answer) as (ours, _):
        roots = tmp_path / "roots.pem"
        roots.write_bytes(ours.authority.certificate_pem)
        script = [call("bash", {"command": commit}), text("Done."), call("bash", {"command": commit}), text("Done.")]
        with installation(script, SSL_CERT_FILE=str(roots)) as here:
            engine = engine_of(here)
            project = root / "work"
            url = f"https://127.0.0.2:{ours.port}/team/plans"
            subprocess.run(["git", "-C", str(project), "remote", "add", "origin", url], check=True, timeout=WAIT_S)
            closed = here.run_detached(
                "-C", str(project), "--environment", environment(engine, "closed", [], []), "Commit"
            )
            here.until(closed, "session.status_idle")
            refused = here.say("branch", closed, "--push")
            assert refused.code != 0
            assert "workbench net" in refused.err
            # The branch is there all the same: what was brought stays.
            name = f"workbench/{closed[-6:]}"
            assert subjects(project, name)[0] == "agent: more"

            place = environment(engine, "git", ["127.0.0.2"], [ours.port])
            say_with(here, CANARY, "vault", "add", "FORGE_TOKEN", "--host", "127.0.0.2")
            session_id = here.run_detached("-C", str(project), "--environment", place, "Commit")
            here.until(session_id, "session.status_idle")
            here.told("branch", session_id, "fix-login", "--push")
            assert subjects(root / "team" / "plans", "fix-login")[:2] == ["agent: more", "first"]
            unknown = here.say("branch", session_id, "--push", "upstream")
            assert "has no remote 'upstream'" in unknown.err
            nowhere_in(here, CANARY, session_id)


def nowhere_in(here: Installation, secret: str, session_id: str) -> None:
    """The secret is in no file of the installation, no event, no process that may be read, and in nothing that is printed."""
    raw = secret.encode()
    here.told("down")
    found = [path for path in here.home.rglob("*") if path.is_file() and raw in path.read_bytes()]
    assert found == []
    here.told("up")
    for words in (("logs", "--json", session_id), ("net", session_id), ("status",), ("vault", "list")):
        assert secret not in here.told(*words)
    assert all(secret not in json.dumps(request) for request in here.model.requests)
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("environ", "cmdline"):
            with contextlib.suppress(OSError):
                assert raw not in (process / name).read_bytes()


def test_the_models_key_is_in_the_vault_alone_and_runs_work_without_it_anywhere_else() -> None:
    with installation([text("Hello.")]) as here:
        del here.environment["ANTHROPIC_API_KEY"]
        say_with(here, MODEL_KEY, "login")
        session_id = here.run_detached("Hi")
        here.until(session_id, "session.status_idle")
        assert [event["type"] for event in here.events(session_id)].count("agent.message") == 1
        assert here.model.headers[-1]["x-api-key"] == MODEL_KEY
        pid = here.json("status")["pid"]
        assert MODEL_KEY.encode() not in memory_of(pid)
        here.told("login", "--forget")
        nowhere_in(here, MODEL_KEY, session_id)


def test_a_key_from_the_environment_is_handed_over_unread() -> None:
    with installation([text("Hello.")], ANTHROPIC_API_KEY=MODEL_KEY) as here:
        here.environment["ANTHROPIC_API_KEY"] = MODEL_KEY
        session_id = here.run_detached("Hi")
        here.until(session_id, "session.status_idle")
        assert here.model.headers[-1]["x-api-key"] == MODEL_KEY
        assert MODEL_KEY.encode() not in memory_of(here.json("status")["pid"])


def memory_of(pid: int) -> bytes:
    """Everything that a process of this user has in its writable memory."""
    found = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(part, 16) for part in span.split("-"))
                with contextlib.suppress(OSError, ValueError):
                    memory.seek(start)
                    found.append(memory.read(end - start))
    return b"".join(found)


SERVER = """
import sys, uvicorn
bearer = sys.stdin.readline().strip()
from mcp.server import MCPServer
from starlette.responses import Response

server = MCPServer("adder")

@server.tool()
def add(a: int, b: int) -> str:
    return f"the sum is {a + b}"

app = server.streamable_http_app()

async def guarded(scope, receive, send):
    if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != b"Bearer " + bearer.encode():
        await Response("no", 401)(scope, receive, send)
    else:
        await app(scope, receive, send)

class Told(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)

Told(uvicorn.Config(guarded, host="127.0.0.1", port=0, log_level="error")).run()
"""


def test_a_real_mcp_server_answers_with_its_bearer_put_in_and_asks_before_its_first_call() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe, text=True) as server:
        try:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(BEARER + "\n")
            server.stdin.flush()
            url = f"http://127.0.0.1:{int(server.stdout.readline())}/mcp"
            with installation([call("mcp__adder__add", {"a": 2, "b": 3}), text("Five.")]) as here:
                answered_by_a_server(here, url)
        finally:
            server.terminate()


def answered_by_a_server(here: Installation, url: str) -> None:
    engine = engine_of(here)
    say_with(here, BEARER, "vault", "add", "--mcp", url)
    toolset = {"type": "mcp_toolset", "mcp_server_name": "adder"}
    servers = [{"type": "url", "name": "adder", "url": url}]
    agent = engine.post(
        "/v1/agents", {"name": "adds", "model": "claude-opus-5-5", "tools": [toolset], "mcp_servers": servers}
    )
    networking = {"type": "limited", "allow_mcp_servers": True}
    body = {
        "name": "near",
        "config": {"type": "cloud", "networking": networking},
        "metadata": {"workbench.private_hosts": "127.0.0.1"},
    }
    place = engine.post("/v1/environments", body)
    session_id = here.run_detached("--agent", agent["id"], "--environment", place["id"], "Add 2 and 3")
    here.until(session_id, "session.status_idle")
    asked = [event for event in here.events(session_id) if event["type"] == "agent.mcp_tool_use"]
    assert [event["evaluated_permission"] for event in asked] == ["ask"], here.events(session_id)
    assert results(here, session_id) == ""
    here.told("allow", session_id)
    here.until(session_id, "agent.message")
    assert results(here, session_id) == "the sum is 5"
    nowhere_in(here, BEARER, session_id)


@podman_only
def test_pip_installs_where_the_environment_allows_package_managers_and_fails_clearly_where_not() -> None:
    command = "pip install --no-cache-dir --target /tmp/p six 2>&1 | tail -20; ls /tmp/p"
    script = [call("bash", {"command": command}), text("Done.")]
    with installation([*script, *script]) as here:
        engine = engine_of(here)
        allowed = here.run_detached("Install six")
        here.until(allowed, "session.status_idle")
        assert "six.py" in results(here, allowed)
        closed = here.run_detached("--environment", environment(engine, "closed", [], []), "Install six")
        here.until(closed, "session.status_idle")
        told = results(here, closed)
        assert "six.py" not in told
        assert "403" in told
        question = "select distinct reason from egress where session_id = '" + closed + "'"
        assert here.json("sql", question) == [{"reason": "host_not_allowed"}]


def repository_at(folder: Path) -> Path:
    """A bare repository with one commit, that takes pushes."""
    steps = (
        "git init -q -b main work && cd work && git config user.email a@example.com && git config user.name A"
        " && mkdir -p .claude/skills/release && printf -- '---\\nname: release\\ndescription: Makes releases.\\n---\\nDo.\\n'"
        " > .claude/skills/release/SKILL.md && echo secret plans > plans.txt && git add . && git commit -qm first && cd .."
        " && git clone -q --bare work team/plans && git -C team/plans config http.receivepack true"
    )
    subprocess.run(["sh", "-c", steps], cwd=folder, check=True, timeout=WAIT_S)
    return folder


def by_git(root: Path, seen: Seen) -> bytes:
    """What git's own server program says."""
    method, target, _ = seen.line.split()
    path, _, query = target.partition("?")
    asked = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": seen.header("content-type") or "",
        "HTTP_CONTENT_ENCODING": seen.header("content-encoding") or "",
        "REMOTE_USER": "agent",
    }
    said = subprocess.run(
        ["git", "http-backend"], env=asked, input=seen.body, capture_output=True, timeout=WAIT_S, check=True
    ).stdout
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    status = next((line.partition(": ")[2] for line in lines if line.startswith("Status: ")), "200 OK")
    kept = "".join(f"{line}\r\n" for line in lines if not line.startswith("Status: "))
    return f"HTTP/1.1 {status}\r\n{kept}Content-Length: {len(body)}\r\n\r\n".encode() + body


@podman_only
def test_a_private_repository_is_cloned_and_pushed_to_with_a_token_that_the_sandbox_does_not_have(
    tmp_path: Path,
) -> None:
    root = repository_at(tmp_path)
    login = "Basic " + base64.b64encode(f"x-access-token:{CANARY}".encode()).decode()

    def answer(seen: Seen) -> bytes:
        if seen.header("authorization") != login:
            return b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
        return by_git(root, seen)

    work = (
        "cd /workspace/plans && cat plans.txt && git config user.email b@example.com && git config user.name B"
        " && echo more > more.txt && git add . && git commit -qm second && git push -q origin main 2>&1; env; git config -l"
    )
    with two_origins(answer) as (ours, _):
        roots = tmp_path / "roots.pem"
        roots.write_bytes(ours.authority.certificate_pem)
        script = [call("bash", {"command": work}), text("Pushed."), text("It is there.")]
        with installation(script, SSL_CERT_FILE=str(roots)) as here:
            engine = engine_of(here)
            toolset = {"type": "agent_toolset_20260401"}
            agent = engine.post("/v1/agents", {"name": "reads", "model": "claude-opus-5-5", "tools": [toolset]})
            url = f"https://127.0.0.2:{ours.port}/team/plans"
            body = {
                "agent": agent["id"],
                "environment_id": environment(engine, "git", [], [ours.port]),
                "resources": [{"type": "github_repository", "url": url, "authorization_token": CANARY}],
                "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": "Go on with it"}]}],
            }
            session_id = str(engine.post("/v1/sessions", body)["id"])
            here.until(session_id, "session.status_idle")
            told = results(here, session_id)
            assert "secret plans" in told, here.events(session_id)
            log = ["git", "-C", str(root / "team" / "plans"), "log", "--format=%s", "main"]
            pushed = subprocess.run(log, capture_output=True, text=True, check=True, timeout=WAIT_S).stdout.split()
            assert pushed == ["second", "first"], told
            here.until(session_id, "system.message")
            here.told("send", session_id, "Is there a skill for releases?")
            here.until(session_id, "agent.message", 2)
            [told] = [
                one["text"]
                for turn in here.model.requests[-1]["messages"]
                for one in turn["content"]
                if "release" in one.get("text", "") and "marks" in one["text"]
            ]
            assert "\n- release: Makes releases. (/workspace/plans/.claude/skills/release/SKILL.md)\n" in told
            assert here.model.requests[-1]["system"] == here.model.requests[0]["system"]
            assert "- release: Makes releases." in here.told("logs", session_id)
            nowhere_in(here, CANARY, session_id)
