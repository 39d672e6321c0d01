"""An MCP server inside a session's sandbox, through a whole installation: the SDK's own agent, a real container, a restart."""

from __future__ import annotations

import base64
import json
import shlex
import zlib
from typing import Any

import pytest

from tests.hands.asking_server import OLDER, PRESENT
from tests.hands.places import podman_only
from tests.hands.stdio_server import PROGRAM
from tests.line.installation import Installation, installation
from tests.line.test_credentials import engine_of, results, say_with
from tests.messages_server import call, text
from workbench.client.errors import ApiError

SECRET = "canary-stdio-5d4c3b2a-SECRET"


# The sandbox's own python, which says what it has in place of a secret.
ADDER = "sh -c 'SAYS=token:$TOKEN exec python3 -c \"$0\"' " + shlex.quote(PROGRAM)


def adding(here: Installation, command: str, **more: Any) -> str:
    """An agent whose server is this program."""
    toolset = {"type": "mcp_toolset", "mcp_server_name": "adder", **more}
    servers = [{"type": "url", "name": "adder", "url": f"stdio:{command}"}]
    body = {"name": "adds", "model": "claude-opus-5-5", "tools": [toolset], "mcp_servers": servers}
    return str(engine_of(here).post("/v1/agents", body)["id"])


def sums(here: Installation, session_id: str) -> list[dict[str, Any]]:
    return [json.loads("{" + line.partition("{")[2]) for line in results(here, session_id).splitlines()]


@podman_only
def test_a_server_inside_asks_first_has_placeholders_only_and_is_begun_anew_by_the_next_engine() -> None:
    script = [
        call("mcp__adder__add", {"a": 2, "b": 3}),
        text("Five."),
        call("mcp__adder__add", {"a": 3, "b": 4}),
        text("Seven."),
    ]
    with installation(script) as here:
        agent_id = adding(here, ADDER)
        say_with(here, SECRET, "vault", "add", "TOKEN", "--host", "127.0.0.2")
        session_id = here.run_detached("--agent", agent_id, "Add 2 and 3")
        here.until(session_id, "session.status_idle")
        asked = [event for event in here.events(session_id) if event["type"] == "agent.mcp_tool_use"]
        assert [event["evaluated_permission"] for event in asked] == ["ask"], here.events(session_id)
        here.told("allow", session_id)
        here.until(session_id, "agent.message")
        [first] = sums(here, session_id)
        assert (first["sum"], first["folder"]) == (5, "/workspace")
        assert "token:wbph_" in results(here, session_id)
        here.kill_engine()
        here.told("up")
        here.told("send", session_id, "Add 3 and 4")
        here.until(session_id, "session.status_idle", 3)
        here.told("allow", session_id)
        here.until(session_id, "agent.message", 2)
        [_, second] = sums(here, session_id)
        assert second["sum"] == 7
        assert second["pid"] != first["pid"]


def asks_of(here: Installation, program: str) -> str:
    """A session that waits for what its server asks in a call."""
    allow = {"permission_policy": {"type": "always_allow"}}
    packed = base64.b64encode(zlib.compress(program.encode())).decode()
    # A server's URL has 2048 characters at most.
    command = f"import base64, zlib; exec(zlib.decompress(base64.b64decode('{packed}')))"
    agent_id = adding(here, f"python3 -c {shlex.quote(command)}", default_config=allow)
    session_id = here.run_detached("--agent", agent_id, "Book a room")
    here.until(session_id, "session.status_idle")
    [question] = [event for event in here.events(session_id) if event["type"] == "agent.custom_tool_use"]
    assert question["input"]["message"] == "Where to?", here.events(session_id)
    return session_id


@pytest.mark.long
@podman_only
def test_what_a_server_inside_asks_is_answered_by_a_person_also_after_a_restart_where_it_keeps_no_state() -> None:
    script = [call("mcp__adder__buy", {}), text("Booked."), call("mcp__adder__buy", {}), text("Who knows.")]
    with installation([*script, call("mcp__adder__buy", {}), text("Booked.")]) as here:
        session_id = asks_of(here, OLDER)
        unfit = here.say("answer", session_id, '{"nights": 3}')
        assert (unfit.code, "there is no field nights; fields are city" in unfit.err) == (2, True), unfit
        assert "Where to?" in here.told("peek", session_id)
        here.told("answer", session_id, "Rome")
        here.until(session_id, "agent.message")
        assert '"city": "Rome"' in results(here, session_id)
        [told] = here.json("mcp", "list", "--agent", "adds")
        assert (told["name"], told["tools"], told["tokens"] > 20) == ("adder", 3, True)

        lost = asks_of(here, OLDER)
        here.kill_engine()
        here.told("up")
        here.told("answer", lost, "Rome")
        here.until(lost, "agent.message")
        assert "the answer went to nobody. The call may have run" in results(here, lost)

        kept = asks_of(here, PRESENT)
        here.kill_engine()
        here.told("up")
        here.told("answer", kept, "Rome")
        here.until(kept, "agent.message")
        assert json.loads(results(here, kept))[:2] == ["sealed", {"action": "accept", "content": {"city": "Rome"}}]


@podman_only
def test_a_server_that_is_not_there_is_told_with_its_command_and_the_session_goes_on() -> None:
    with installation([text("Without it.")]) as here:
        session_id = here.run_detached("--agent", adding(here, "no-such-program --fast"), "Add 2 and 3")
        here.until(session_id, "agent.message")
        here.until(session_id, "session.status_idle")
        [error] = [event["error"] for event in here.events(session_id) if event["type"] == "session.error"]
        assert (error["type"], error["mcp_server_name"]) == ("mcp_connection_failed_error", "adder")
        assert "'no-such-program --fast' cannot be started" in error["message"]
        [known] = engine_of(here).get("/workbench/v1/servers")["data"]
        assert (known["state"], known["session_id"], known["tools"]) == ("failed", session_id, [])
        assert known["fault"] == error["message"]
        with pytest.raises(ApiError, match="without project and history"):
            engine_of(here).post(f"/workbench/v1/sessions/{session_id}/servers/keep", {})


@podman_only
def test_a_server_is_given_to_an_agent_tried_and_taken_away_from_the_command_line() -> None:
    with installation(offline=True) as here:
        assert here.json("mcp", "list") == []
        here.told("mcp", "add", "adder", f"stdio:{ADDER}", "--untried")
        [added] = here.json("mcp", "list")
        assert (added["agent"], added["name"], added["tools"]) == ("default", "adder", None)
        assert "it has 1 tool, about" in here.say("mcp", "add", "adder", f"stdio:{ADDER}").err
        assert here.json("mcp", "list")[0]["tools"] == 1
        found = here.json("mcp", "test", "adder")
        assert ([one["model_name"] for one in found["tools"]], found["fault"]) == (["mcp__adder__add"], None)
        assert here.json("ps") == []
        [added] = here.json("mcp", "list")
        assert (added["tools"], added["tokens"]) == (1, found["tokens"])
        broken = here.say("mcp", "add", "adder", "stdio:no-such-program")
        assert (broken.code, "it does not work yet: " in broken.err, "tries it again" in broken.err) == (0, True, True)
        assert here.json("mcp", "list")[0]["tools"] is None
        gone = here.say("mcp", "test", "adder")
        assert (gone.code, "'no-such-program' cannot be started" in gone.err) == (1, True)
        away = here.say("mcp", "add", "away", "https://127.0.0.1:9/mcp")
        assert (away.code, "--through" in away.err) == (0, True)
        assert here.say("mcp", "test", "away").code == 2
        assert "from now on" in here.say("mcp", "add", "away", "https://127.0.0.1:9/mcp", "--through").err
        assert here.say("mcp", "test", "away").code == 1
        for name in ("adder", "away"):
            here.told("mcp", "remove", name)
        assert here.json("mcp", "list") == here.json("ps") == []
        assert here.say("mcp", "remove", "away").code == 2
