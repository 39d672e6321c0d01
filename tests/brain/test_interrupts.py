"""What an interrupt cuts short, and what it leaves."""

from __future__ import annotations

import asyncio

from tests.brain.stage import (
    END,
    INTERRUPT,
    SESSION_ID,
    START,
    Stage,
    agent,
    asking,
    message,
    play,
    session,
    turn,
)
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.brain.calls import INTERRUPTED
from workbench.brain.context import CUT
from workbench.contracts.brain import Reply, TextDelta
from workbench.contracts.values import Preview
from workbench.events import DeltaEvent, text_of

INTERRUPTED_TEXT = "Tool execution was interrupted before completion. Please retry."


def test_an_interrupt_cuts_the_stream_and_what_was_said_stays() -> None:
    async def story() -> None:
        never = asyncio.Event()
        stage = Stage(script=[[TextDelta(0, "Half a "), never, Reply((), "end_turn", {})], says("Next.")])
        follower = stage.log.follow(SESSION_ID)
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            while not isinstance(frame := await anext(follower), Preview) or not isinstance(frame.event, DeltaEvent):
                pass
            await stage.send(message("Then"), INTERRUPT)
        idle = ["session.thread_status_idle", "session.usage", "session.status_idle"]
        cut = turn(START, "agent.message", END, stop=("user.interrupt", *idle))
        assert stage.types == [*cut, *turn(START, "agent.message", END)]
        assert stage.stop_reasons() == [{"type": "end_turn"}] * 2
        said = stage.bodies("agent.message")[0]
        assert (said["id"], said["content"]) == (frame.event.event_id, [{"type": "text", "text": "Half a "}])
        first, second, third = stage.model.requests[1].body["messages"]
        assert [turn["role"] for turn in (first, second, third)] == ["user", "assistant", "user"]
        assert [block["text"] for block in (*second["content"], *third["content"])] == [
            "Half a ",
            CUT["interrupted"],
            "Then",
        ]

    play(story)


def test_an_interrupt_ends_running_tools_and_gives_each_call_one_result() -> None:
    async def story() -> None:
        hands = ScriptedHands(gates={"bash": asyncio.Event()})
        script = [calls(("bash", {"command": "1"}), ("bash", {"command": "2"}), ("read", {"file_path": "a"}))]
        stage = Stage(script=script, hands=hands)
        await stage.say("Go")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until("agent.tool_result")
            await stage.send(INTERRUPT)
        first, second, read = stage.ids("agent.tool_use")
        assert stage.results() == [
            (read, "read ran", False),
            (first, INTERRUPTED_TEXT, True),
            (second, INTERRUPTED_TEXT, True),
        ]
        assert hands.cancelled == [first]
        assert stage.types[-4:] == [
            "user.interrupt",
            "session.thread_status_idle",
            "session.usage",
            "session.status_idle",
        ]
        assert len(stage.model.requests) == 1
        assert text_of(INTERRUPTED.content) == INTERRUPTED_TEXT

    play(story)


def test_an_interrupt_of_an_idle_session_is_noted_and_changes_nothing() -> None:
    async def story() -> None:
        stage = Stage()
        await stage.send(INTERRUPT)
        await stage.wake()
        assert stage.types == ["user.interrupt"]
        assert not stage.interrupted.is_set()

    play(story)


def test_an_interrupt_while_a_person_is_asked_ends_the_turn_without_asking_the_model() -> None:
    async def story() -> None:
        stage = Stage(session(agent(asking("bash"))), [calls(("bash", {"command": "x"}))])
        await stage.say("Go")
        await stage.wake()
        await stage.send(INTERRUPT)
        await stage.wake()
        (use,) = stage.ids("agent.tool_use")
        assert stage.results() == [(use, INTERRUPTED_TEXT, True)]
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [use]}, {"type": "end_turn"}]
        assert len(stage.model.requests) == 1

    play(story)
