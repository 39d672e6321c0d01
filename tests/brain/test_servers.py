"""MCP servers of an agent: listed once a turn, offered under names of their own, asked before their first call."""

from __future__ import annotations

import asyncio

import pytest

from tests.brain import invariants
from tests.brain.stage import SESSION_ID, WAIT_S, Stage, agent, play, session
from tests.trivial.model import calls, says
from tests.trivial.servers import ScriptedServers, tool
from workbench.contracts.server_tools import model_name
from workbench.contracts.servers import ServerFault
from workbench.contracts.values import Json

SERVERS: list[Json] = [{"type": "url", "name": "git", "url": "https://git.example/mcp"}]
ALLOW: Json = {"permission_policy": {"type": "always_allow"}}


def staged(*script: object, default: Json | None = None, configs: list[Json] | None = None, **tools: object) -> Stage:
    toolset: Json = {"type": "mcp_toolset", "mcp_server_name": "git", "default_config": default, "configs": configs}
    described = session(agent(toolset, mcp_servers=SERVERS))
    listed = tools or {"git": (tool("log"), tool("push"))}
    return Stage(described=described, script=list(script), servers=ScriptedServers(tools=listed))  # type: ignore[arg-type]


def offered(stage: Stage, request: int = 0) -> list[str]:
    return [one["name"] for one in stage.model.requests[request].body.get("tools", ())]


def test_a_servers_tool_asks_before_its_call_and_its_result_is_the_servers() -> None:
    async def story() -> None:
        stage = staged(calls(("mcp__git__log", {"n": 1})), says("One commit."))
        await stage.say("Show the log")
        await stage.wake()
        (use,) = stage.bodies("agent.mcp_tool_use")
        assert (use["name"], use["mcp_server_name"], use["evaluated_permission"]) == ("log", "git", "ask")
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [use["id"]]}]
        assert stage.servers.called == []
        await stage.send({"type": "user.tool_confirmation", "tool_use_id": use["id"], "result": "allow"})
        await stage.wake()
        assert stage.servers.called == [("git", "log", {"n": 1})]
        (result,) = stage.bodies("agent.mcp_tool_result")
        assert (result["mcp_tool_use_id"], result["content"][0]["text"]) == (use["id"], "git: log ran")
        assert stage.hands.executed == stage.hands.acknowledged == []
        for request in stage.model.requests:
            invariants.assert_request_is_valid(request)
        (call,) = [
            b for turn in stage.model.requests[1].body["messages"] for b in turn["content"] if b["type"] == "tool_use"
        ]
        assert call["name"] == "mcp__git__log"

    play(story)


def test_a_tool_that_is_off_is_not_offered_and_one_that_is_allowed_runs_at_once() -> None:
    async def story() -> None:
        configs: list[Json] = [{"name": "push", "enabled": False}, {"name": "log", **ALLOW}]
        stage = staged(calls(("mcp__git__log", {}), ("mcp__git__push", {})), says("Done."), configs=configs)
        await stage.say("Go")
        await stage.wake()
        assert offered(stage) == ["mcp__git__log"]
        assert stage.servers.called == [("git", "log", {})]
        (refused,) = stage.bodies("agent.tool_result")
        assert "There is no tool 'mcp__git__push'" in refused["content"][0]["text"]

    play(story)


def test_a_denied_call_and_a_judged_one_are_the_servers_too() -> None:
    async def story() -> None:
        stage = staged(
            calls(("mcp__git__push", {})),
            says("1 high"),
            says("Then not."),
            default={"permission_policy": {"type": "auto"}},
        )
        await stage.say("Go")
        await stage.wake()
        (use,) = stage.bodies("agent.mcp_tool_use")
        assert (use["evaluated_permission"], use["evaluation"]["type"]) == ("deny", "auto")
        (result,) = stage.bodies("agent.mcp_tool_result")
        assert (result["mcp_tool_use_id"], result["is_error"]) == (use["id"], True)
        assert stage.servers.called == []

    play(story)


@pytest.mark.parametrize("kind", ["mcp_connection_failed_error", "mcp_authentication_failed_error"])
def test_a_server_that_fails_is_told_and_the_session_goes_on_and_tries_again_next_turn(kind: str) -> None:
    async def story() -> None:
        stage = staged(says("Without it."), says("With it."), git=ServerFault(kind, "no"))
        await stage.say("Go")
        await stage.wake()
        (error,) = stage.bodies("session.error")
        assert (error["error"]["type"], error["error"]["mcp_server_name"]) == (kind, "git")
        assert (stage.stop_reasons(), offered(stage)) == ([{"type": "end_turn"}], [])
        stage.servers.tools["git"] = (tool("log"),)
        await stage.say("Again")
        await stage.wake()
        assert offered(stage, 1) == ["mcp__git__log"]
        assert len(stage.bodies("session.error")) == 1

    play(story)


def test_what_was_listed_stays_offered_while_a_server_is_away_so_that_the_prompt_stays_the_same() -> None:
    async def story() -> None:
        stage = staged(says("One."), says("Two."))
        await stage.say("Go")
        await stage.wake()
        stage.servers.tools["git"] = ServerFault("mcp_connection_failed_error", "away")
        await stage.say("On")
        await stage.wake()
        assert stage.model.requests[0].body["tools"] == stage.model.requests[1].body["tools"]
        assert len(await stage.log.facts(SESSION_ID, "mcp.listed")) == 1

    play(story)


def test_a_call_of_a_server_that_a_crash_cut_off_is_not_repeated() -> None:
    async def story() -> None:
        stage = staged(calls(("mcp__git__push", {})), says("I see."), default=ALLOW)
        stage.servers.gate = asyncio.Event()
        await stage.say("Go")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until("agent.mcp_tool_use")
            await asyncio.wait_for(stage.servers.begun.wait(), WAIT_S)
            await stage.crash(wake)
        stage.servers.gate = None
        await stage.wake()
        assert len(stage.servers.called) == 1
        (result,) = stage.bodies("agent.mcp_tool_result")
        assert "It may have run" in result["content"][0]["text"]

    play(story)


def test_names_fit_every_model_and_no_two_tools_share_one() -> None:
    names = [
        model_name(server, name) for server in ("git", "Git Hub", "x" * 255) for name in ("log", "lo/g", "log" * 60)
    ]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 and name.replace("_", "").replace("-", "").isalnum() for name in names)
