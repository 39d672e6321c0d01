"""A part of a request that the endpoint refuses is left out, told once, and the session goes on without it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.brain import invariants
from tests.brain.stage import Stage, agent, play, session
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from tests.trivial.servers import ScriptedServers, tool
from workbench.brain import refused_parts
from workbench.contracts.brain import ModelFault, ModelRequest
from workbench.contracts.facts import PART_REFUSED
from workbench.contracts.values import Json, Outcome


def picture(data: str) -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def refuses(*rejected: str) -> list[ModelFault]:
    return [ModelFault("model_request_failed_error", "No.", retry=False, rejected=rejected)]


def sent(request: ModelRequest) -> str:
    return json.dumps(request.body["messages"])


def shows(*blocks: Json) -> ScriptedHands:
    return ScriptedHands(gives=lambda _: Outcome(blocks))


def test_a_refused_picture_is_left_out_of_this_and_every_later_request() -> None:
    async def story() -> None:
        read = calls(("read", {"file_path": "logo.png"}))
        stage = Stage(
            script=[
                read,
                refuses("messages.2.content.0.tool_result.content.0.image.source"),
                says("A logo."),
                says("Hi."),
            ],
            hands=shows(picture("QUJD"), picture("REVG")),
        )
        await stage.say("look at the logo")
        await stage.wake()
        await stage.say("just say hello")
        await stage.wake()
        assert stage.stop_reasons() == [{"type": "end_turn"}] * 2
        assert ["QUJD" in sent(one) for one in stage.model.requests] == [False, True, False, False]
        assert ["REVG" in sent(one) for one in stage.model.requests] == [False, True, True, True]
        assert "[A picture was left out here: the model's endpoint refused it: No.]" in sent(stage.model.requests[3])
        (error,) = stage.bodies("session.error")
        assert error["error"]["message"] == "No. The session goes on without the picture that read logo.png gave."
        assert error["error"]["retry_status"] == {"type": "retrying"}
        assert stage.pauses == []
        for request in stage.model.requests:
            invariants.assert_request_is_valid(request)

    play(story)


def test_a_model_that_takes_no_pictures_is_asked_with_none_from_then_on() -> None:
    async def story() -> None:
        stage = Stage(script=[refuses("every image"), says("I see nothing."), says("Still nothing.")])
        for data in ("QUJD", "REVG"):
            await stage.send({"type": "user.message", "content": [{"type": "text", "text": "See"}, picture(data)]})
            await stage.wake()
        assert [sent(one).count('"image"') for one in stage.model.requests] == [1, 0, 0]
        assert stage.stop_reasons() == [{"type": "end_turn"}] * 2

    play(story)


def test_a_refused_tool_is_not_offered_again_and_the_others_stay() -> None:
    async def story() -> None:
        toolset = {"type": "mcp_toolset", "mcp_server_name": "git"}
        described = session(agent(toolset, mcp_servers=[{"type": "url", "name": "git", "url": "https://git.example"}]))
        servers = ScriptedServers(tools={"git": (tool("bad"), tool("good"))})
        stage = Stage(
            described=described, script=[refuses("tools.0.custom.input_schema"), says("On.")], servers=servers
        )
        await stage.say("Go")
        await stage.wake()
        offered = [[one["name"] for one in request.body["tools"]] for request in stage.model.requests]
        assert offered == [["mcp__git__bad", "mcp__git__good"], ["mcp__git__good"]]

    play(story)


@pytest.mark.parametrize("rejected", [("messages.0",), ("messages.7.content.9",), ("tools.99",), ("image",)])
def test_a_refusal_of_nothing_that_can_be_left_out_is_final_at_once(rejected: tuple[str, ...]) -> None:
    async def story() -> None:
        stage = Stage(script=[refuses(*rejected)])
        await stage.say("Go")
        await stage.wake()
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]
        assert len(stage.model.requests) == 1

    play(story)


def test_the_fact_of_it_goes_with_a_fork() -> None:
    assert PART_REFUSED.copied_by_fork
    assert PART_REFUSED.is_of_event


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("messages.0.content.1", ["the picture of a message"]),
        ("messages.0", ["the picture of a message"]),
        ("messages.1.content.0", ["the tool call of a message"]),
        ("messages.2.content.0.content.0", ["the text that bash gave"]),
        ("messages.2.content.0.tool_result.content.1.image.source.base64", ["the picture that bash gave"]),
        ("messages.2.content.0", ["the picture that bash gave"]),
        ("tools.0.custom.input_schema", ["the tool t"]),
        ("image", ["the picture of a message", "the picture that bash gave"]),
        ("document", []),
    ],
)
def test_places_in_a_request_are_found_as_endpoints_write_them(place: str, words: list[str]) -> None:
    said = {"type": "text", "text": "x"}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "y"}, picture("REVG")]}
    call = {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "x"}}
    body: dict[str, Any] = {
        "tools": [{"name": "t", "input_schema": {}}],
        "messages": [
            {"role": "user", "content": [said, picture("QUJD")]},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ],
    }
    assert refused_parts.found(body, [place]).words == words
