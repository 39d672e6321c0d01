"""What the loop makes of a model that fails."""

from __future__ import annotations

import asyncio

from tests.brain.stage import END, INTERRUPT, SESSION_ID, START, Stage, message, play, turn
from tests.trivial.model import Answer, says
from workbench.brain.context import CUT
from workbench.brain.retry import Retries
from workbench.contracts.brain import ModelFault, TextDelta

RESCHEDULED = ["session.error", "session.thread_status_rescheduled", "session.status_rescheduled"]
RUNNING = ["session.status_running", "session.thread_status_running"]


def fails(*, retry: bool = True, after: float | None = None) -> Answer:
    return [TextDelta(0, "Half"), ModelFault("model_overloaded_error", "Busy.", retry, after)]


def test_a_passing_fault_is_told_and_the_request_is_made_again() -> None:
    async def story() -> None:
        stage = Stage(script=[fails(), says("Here.")])
        await stage.say("Hi")
        await stage.wake()
        assert stage.types == turn(START, END, *RESCHEDULED, *RUNNING, START, "agent.message", END)
        assert stage.bodies("session.error")[0]["error"] == {
            "type": "model_overloaded_error",
            "message": "Busy.",
            "retry_status": {"type": "retrying"},
        }
        assert stage.model.requests[0] == stage.model.requests[1]

    play(story)


def test_after_the_last_try_the_turn_is_over_and_what_waited_goes_with_the_next_message() -> None:
    async def story() -> None:
        gate = asyncio.Event()
        stage = Stage(script=[fails(), fails(), [gate, *fails()]])
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until(START, 3)
            (late,) = await stage.say("Too late")
            gate.set()
        statuses = [body["error"]["retry_status"]["type"] for body in stage.bodies("session.error")]
        assert statuses == ["retrying", "retrying", "exhausted"]
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]
        assert stage.log.queued(SESSION_ID) == []
        (kept,) = [event for event in stage.events if event.id == late]
        assert kept.processed_at is not None
        await stage.wake()
        assert len(stage.model.requests) == 3
        await stage.say("Again")
        await stage.wake()
        assert stage.stop_reasons()[-1] == {"type": "end_turn"}
        (turn,) = stage.model.requests[-1].body["messages"]
        assert [block["text"] for block in turn["content"]] == ["Hi", "Too late", "Again"]


def test_an_interrupt_of_a_failed_turn_asks_the_model_nothing() -> None:
    async def story() -> None:
        gate = asyncio.Event()
        stage = Stage(script=[[gate, *fails(retry=False)]])
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until(START)
            await stage.say("Too late")
            gate.set()
        await stage.send(INTERRUPT)
        await stage.wake()
        assert len(stage.model.requests) == 1

    play(story)


def test_a_fault_that_will_not_pass_is_not_tried_again() -> None:
    async def story() -> None:
        stage = Stage(script=[fails(retry=False)])
        await stage.say("Hi")
        await stage.wake()
        assert stage.types == turn(START, "agent.message", END, "session.error")
        assert len(stage.model.requests) == 1
        await stage.wake()
        assert len(stage.model.requests) == 1

    play(story)


def test_a_program_that_stopped_between_the_last_error_and_its_idle_says_the_idle() -> None:
    async def story() -> None:
        stage = Stage(script=[fails(retry=False)])
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until("session.error")
            await stage.crash(wake)
        await stage.wake()
        assert stage.types == turn(START, "agent.message", END, "session.error")

    play(story)


def test_what_was_said_before_the_last_failure_stays_and_the_next_request_says_that_it_broke_off() -> None:
    async def story() -> None:
        stage = Stage(script=[fails(), fails(), fails()])
        await stage.say("Hi")
        await stage.wake()
        assert [body["content"][0]["text"] for body in stage.bodies("agent.message")] == ["Half"]
        await stage.say("Again")
        await stage.wake()
        first, second, third = stage.model.requests[-1].body["messages"]
        assert [block["text"] for block in second["content"]] == ["Half"]
        assert [block["text"] for block in third["content"]] == [CUT["failed"], "Again"]
        assert [block["text"] for block in first["content"]] == ["Hi"]

    play(story)


def test_an_interrupt_ends_the_pause_and_the_turn() -> None:
    async def story() -> None:
        stage = Stage(script=[fails()], pause=asyncio.Event())
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until("session.status_rescheduled")
            await stage.send(INTERRUPT)
        assert stage.types[-4:] == [
            "user.interrupt",
            "session.thread_status_idle",
            "session.usage",
            "session.status_idle",
        ]
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_a_message_sent_during_the_pause_goes_into_the_next_try() -> None:
    async def story() -> None:
        stage = Stage(script=[fails()], pause=asyncio.Event())
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until("session.status_rescheduled")
            await stage.send(message("More"))
            assert stage.pause is not None
            stage.pause.set()
        assert len(stage.model.requests[1].body["messages"][0]["content"]) == 2

    play(story)


def test_pauses_grow_up_to_a_bound_and_are_never_shorter_than_the_server_asked_for() -> None:
    calm = Retries(first_s=1, most_s=8, chance=lambda: 0.0)
    assert [calm.pause_s(failures, None) for failures in (1, 2, 3, 4, 5, 99)] == [1, 2, 4, 8, 8, 8]
    assert Retries(first_s=1, most_s=8, chance=lambda: 1.0).pause_s(3, None) == 2
    assert calm.pause_s(1, 5) == 5
    assert calm.pause_s(1, 500) == 8
