"""Questions that MCP servers put to a person in mid-call: events that wait, answered whenever and by whichever process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from tests.brain import invariants
from tests.brain.stage import SESSION_ID, WAIT_S, Stage, agent, play, session
from tests.trivial.model import calls, says
from tests.trivial.servers import ScriptedServers, tool
from workbench.contracts.elicitation import NAME, Question
from workbench.contracts.servers import Asked
from workbench.contracts.values import Call, Json, Outcome, text_outcome

SERVERS: list[Json] = [{"type": "url", "name": "shop", "url": "https://shop.example/mcp"}]
CITY: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
STATE: Json = {"request_state": "opaque"}


def staged(*script: object, asks: Asked) -> Stage:
    allow = {"permission_policy": {"type": "always_allow"}}
    toolset = {"type": "mcp_toolset", "mcp_server_name": "shop", "default_config": allow}
    servers = ScriptedServers(tools={"shop": (tool("buy"), tool("look"))}, gives=asking("buy", asks))
    return Stage(session(agent(toolset, mcp_servers=SERVERS)), list(script), servers=servers)  # type: ignore[arg-type]


def asking(name: str, asks: Asked) -> Callable[[Call], Outcome | Asked]:
    def gives(call: Call) -> Outcome | Asked:
        return asks if call.name == name else Asked()

    return gives


def answer(question_id: str, text: str, *, is_error: bool = False) -> Json:
    content = [{"type": "text", "text": text}]
    return {
        "type": "user.custom_tool_result",
        "custom_tool_use_id": question_id,
        "content": content,
        "is_error": is_error,
    }


ONE = Asked((Question("k1", "Where to?", CITY),), STATE)


def test_a_question_ends_the_turn_and_its_answer_goes_to_the_server_and_never_to_the_model() -> None:
    async def story() -> None:
        stage = staged(calls(("mcp__shop__buy", {})), says("Bought."), asks=ONE)
        await stage.say("Buy")
        await stage.wake()
        (call,) = stage.ids("agent.mcp_tool_use")
        (question,) = stage.bodies("agent.custom_tool_use")
        assert (question["name"], question["input"]) == (
            NAME,
            {"mcp_server_name": "shop", "tool_use_id": call, "message": "Where to?", "requested_schema": CITY},
        )
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [question["id"]]}]
        # Nothing is said twice to those who wait.
        await stage.wake()
        assert len(stage.stop_reasons()) == 1
        await stage.send(answer(question["id"], "Rome"))
        await stage.wake()
        assert stage.servers.replied == [("buy", {"k1": {"action": "accept", "content": {"city": "Rome"}}}, STATE)]
        (result,) = stage.bodies("agent.mcp_tool_result")
        assert (result["mcp_tool_use_id"], result["content"][0]["text"]) == (call, "buy went on")
        assert stage.stop_reasons()[-1] == {"type": "end_turn"}
        for request in stage.model.requests:
            invariants.assert_request_is_valid(request)
            assert NAME not in str(request.body)

    play(story)


def test_a_call_that_went_on_and_was_cut_off_is_not_repeated() -> None:
    async def story() -> None:
        stage = staged(calls(("mcp__shop__buy", {})), says("I see."), asks=ONE)
        began = asyncio.Event()

        def hang(call: Call) -> Outcome:
            began.set()
            raise asyncio.CancelledError

        stage.servers.goes_on = hang
        await stage.say("Buy")
        await stage.wake()
        await stage.send(answer(stage.ids("agent.custom_tool_use")[0], "Rome"))
        wake = asyncio.create_task(stage.wake())
        await asyncio.wait_for(began.wait(), WAIT_S)
        await stage.crash(wake)
        await stage.wake()
        (result,) = stage.bodies("agent.mcp_tool_result")
        assert "It may have run" in result["content"][0]["text"]
        assert len(stage.servers.replied) == 1

    play(story)


def test_a_server_may_ask_again_and_what_is_declined_is_told_to_it() -> None:
    async def story() -> None:
        stage = staged(calls(("mcp__shop__buy", {})), says("No."), asks=ONE)
        again: Iterator[Outcome | Asked] = iter(
            [Asked((Question("k2", "Sure?", url="https://shop.example/pay"),)), text_outcome("not bought")]
        )
        stage.servers.goes_on = lambda call: next(again)
        await stage.say("Buy")
        await stage.wake()
        await stage.send(answer(stage.ids("agent.custom_tool_use")[0], "Rome"))
        await stage.wake()
        [_, second] = stage.ids("agent.custom_tool_use")
        assert stage.stop_reasons()[-1] == {"type": "requires_action", "event_ids": [second]}
        await stage.send(answer(second, "", is_error=True))
        await stage.wake()
        assert stage.servers.replied[1] == ("buy", {"k2": {"action": "decline"}}, None)
        assert stage.stop_reasons()[-1] == {"type": "end_turn"}

    play(story)


def test_calls_beside_the_one_that_asked_are_held_until_it_is_answered() -> None:
    async def story() -> None:
        stage = staged(calls(("mcp__shop__look", {}), ("mcp__shop__buy", {})), says("Done."), asks=ONE)
        await stage.say("Buy")
        await stage.wake()
        (question,) = stage.ids("agent.custom_tool_use")
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [question]}]
        assert stage.bodies("agent.mcp_tool_result") == []
        await stage.send(answer(question, "Rome"))
        await stage.wake()
        assert sorted(name for name, _, _ in stage.servers.replied) == ["buy", "look"]
        assert len(stage.bodies("agent.mcp_tool_result")) == 2
        assert stage.stop_reasons()[-1] == {"type": "end_turn"}

    play(story)


def test_an_interrupt_ends_the_call_at_its_server_and_the_question_with_it() -> None:
    async def story() -> None:
        stage = staged(calls(("mcp__shop__buy", {})), asks=ONE)
        await stage.say("Buy")
        await stage.wake()
        (call,) = stage.ids("agent.mcp_tool_use")
        await stage.send({"type": "user.interrupt"})
        await stage.wake()
        assert stage.servers.abandoned == [call]
        assert stage.stop_reasons()[-1] == {"type": "end_turn"}
        assert len(await stage.log.facts(SESSION_ID, "mcp.asked")) == 1
        (result,) = stage.bodies("agent.mcp_tool_result")
        assert result["is_error"]

    play(story)
