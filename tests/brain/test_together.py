"""Brain, Messages model, HTTP and the offline model in one line."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.brain.stage import INTERRUPT, SESSION_ID, THREAD_ID, WAIT_S, Stage, agent, judging, play, session
from tests.messages_server import OVERLOADED, TOO_LONG, MessagesServer, Play, Reset, Stall, call, text
from tests.trivial.hands import ScriptedHands
from workbench.contracts.values import text_outcome
from workbench.models.messages import MessagesModel
from workbench.models.offline.respond import reply
from workbench.settings import Endpoint


async def woken(stage: Stage, server: MessagesServer) -> None:
    """Wake the stage's session with a model behind HTTP."""
    model = MessagesModel(Endpoint("test", server.base_url))
    brain = replace(stage.brain, models=lambda _: model)
    await asyncio.wait_for(brain.wake(SESSION_ID, THREAD_ID, stage.interrupted), WAIT_S)
    await model.aclose()


def test_the_offline_model_carries_out_instructions_over_the_wire() -> None:
    async def story() -> None:
        stage = Stage(hands=ScriptedHands(gives=lambda call: text_outcome(f"{call.name} gave 42")))
        await stage.say("Run `wc a.txt`, then read a.txt")
        async with MessagesServer(otherwise=reply) as server:
            await woken(stage, server)
        assert [(body["name"], body["input"]) for body in stage.bodies("agent.tool_use")] == [
            ("bash", {"command": "wc a.txt"}),
            ("read", {"file_path": "a.txt"}),
        ]
        last = stage.bodies("agent.message")[-1]["content"][0]["text"]
        assert "read gave 42" in last
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_faults_of_a_real_server_are_waited_out() -> None:
    async def story() -> None:
        stage = Stage(tries=5)
        await stage.say("Hi")
        async with MessagesServer(script=[OVERLOADED, Reset("before"), Reset("after"), text("Here.")]) as server:
            await woken(stage, server)
        kinds = [body["error"]["type"] for body in stage.bodies("session.error")]
        assert kinds == ["model_overloaded_error", "model_request_failed_error", "model_request_failed_error"]
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_a_conversation_that_a_real_server_refuses_as_too_long_goes_on_from_its_summary() -> None:
    async def story() -> None:
        stage = Stage()
        await stage.say("Read a")
        script: list[Play] = [call("read", {"file_path": "a"}), TOO_LONG, text("The summary."), text("Done.")]
        async with MessagesServer(script=script) as server:
            await woken(stage, server)
            assert "The summary." in server.requests[-1]["messages"][0]["content"][0]["text"]
        assert stage.types.count("agent.thread_context_compacted") == 1
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_a_judgement_is_asked_for_over_the_wire() -> None:
    async def story() -> None:
        stage = Stage(session(agent(judging("bash"))))
        await stage.say("Build it")
        script: list[Play] = [call("bash", {"command": "make"}), text("1 low"), text("Done.")]
        async with MessagesServer(script=script) as server:
            await woken(stage, server)
            assert "tools" not in server.requests[1]
        assert stage.hands.executed == stage.ids("agent.tool_use")

    play(story)


def test_an_interrupt_ends_a_request_that_says_nothing() -> None:
    async def story() -> None:
        stage = Stage()
        await stage.say("Hi")
        async with MessagesServer(script=[Stall()]) as server, asyncio.TaskGroup() as group:
            group.create_task(woken(stage, server))
            await stage.until("span.model_request_start")
            await stage.send(INTERRUPT)
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)
