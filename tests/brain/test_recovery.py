"""What a new wake makes of a log that a stopped program left behind."""

from __future__ import annotations

import asyncio

import pytest

from tests.brain.stage import END, INTERRUPT, SESSION_ID, START, Stage, message, play, turn
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import answers, calls, says
from workbench.contracts.brain import Reply, TextDelta
from workbench.contracts.values import text_outcome


async def stopped_while_running(stage: Stage) -> str:
    """Stop the program while the first call runs; the call's id."""
    await stage.say("Go")
    async with asyncio.TaskGroup() as group:
        wake = group.create_task(stage.wake())
        await stage.until_executed(1)
        await stage.crash(wake)
    return stage.hands.executed[0]


def staged(name: str) -> Stage:
    return Stage(script=[calls((name, {"command": "x"}))], hands=ScriptedHands(gates={name: asyncio.Event()}))


def test_a_request_that_was_running_is_closed_as_failed_and_asked_again() -> None:
    async def story() -> None:
        never = asyncio.Event()
        stage = Stage(script=[[TextDelta(0, "Half"), never, Reply((), "end_turn", {})], says("Whole.")])
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until(START)
            await stage.crash(wake)
        assert stage.types == ["user.message", "session.status_running", "session.thread_status_running", START]
        await stage.wake()
        assert stage.types == turn(START, END, START, "agent.message", END)
        assert [body["is_error"] for body in stage.bodies(END)] == [True, False]

    play(story)


def test_a_result_that_the_sandbox_kept_is_adopted() -> None:
    async def story() -> None:
        stage = staged("bash")
        call = await stopped_while_running(stage)
        stage.hands.kept[call] = text_outcome("kept")
        await stage.wake()
        assert stage.results() == [(call, "kept", False)]
        assert stage.hands.executed == [call]
        assert stage.hands.acknowledged == [call]

    play(story)


def test_a_lost_call_is_not_repeated_and_the_model_is_told_to_look() -> None:
    async def story() -> None:
        stage = staged("bash")
        call = await stopped_while_running(stage)
        await stage.wake()
        ((answered, text, is_error),) = stage.results()
        assert (answered, is_error) == (call, True)
        assert "It may have run" in text
        assert stage.hands.executed == [call]
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


@pytest.mark.parametrize("name", ["read", "glob", "grep"])
def test_a_lost_call_that_only_reads_is_repeated(name: str) -> None:
    async def story() -> None:
        stage = staged(name)
        call = await stopped_while_running(stage)
        stage.hands.gates.clear()
        await stage.wake()
        assert stage.results() == [(call, f"{name} ran", False)]
        assert stage.hands.executed == [call, call]

    play(story)


def test_a_call_that_was_never_started_is_run() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("bash", {"command": "1"}), ("bash", {"command": "2"}))])
        stage.hands.gates["bash"] = asyncio.Event()
        first = await stopped_while_running(stage)
        stage.hands.gates.clear()
        await stage.wake()
        _, second = stage.ids("agent.tool_use")
        assert stage.hands.executed == [first, second]
        assert [(call, failed) for call, _, failed in stage.results()] == [(first, True), (second, False)]

    play(story)


def test_a_call_that_was_cut_off_while_its_sandbox_was_on_its_way_is_run() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("bash", {"command": "1"}))])
        stage.hands.gates["provision"] = asyncio.Event()
        await stage.say("Run 1")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until("agent.tool_use")
            await stage.crash(wake)
        stage.hands.gates.clear()
        await stage.wake()
        (call,) = stage.ids("agent.tool_use")
        assert stage.results() == [(call, "bash ran", False)]

    play(story)


def test_a_call_that_is_interrupted_while_its_sandbox_is_on_its_way_never_begins() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("bash", {"command": "1"}))])
        stage.hands.gates["provision"] = asyncio.Event()
        await stage.say("Run 1")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until("agent.tool_use")
            await stage.send(INTERRUPT)
        (call,) = stage.ids("agent.tool_use")
        assert [(answered, failed) for answered, _, failed in stage.results()] == [(call, True)]
        assert stage.hands.executed == []
        assert await stage.log.facts(SESSION_ID, "tool.started") == []

    play(story)


def test_an_interrupt_that_came_while_the_program_was_down_ends_the_turn() -> None:
    async def story() -> None:
        stage = staged("bash")
        call = await stopped_while_running(stage)
        await stage.send(INTERRUPT)
        stage.interrupted.clear()
        await stage.wake()
        ((answered, _, is_error),) = stage.results()
        assert (answered, is_error) == (call, True)
        # What may still run inside is ended by it.
        assert stage.hands.acknowledged == [call]
        assert stage.types[-4:] == [
            "user.interrupt",
            "session.thread_status_idle",
            "session.usage",
            "session.status_idle",
        ]
        assert len(stage.model.requests) == 1

    play(story)


def test_an_interrupt_that_a_stopped_program_had_taken_still_ends_its_turn() -> None:
    async def story() -> None:
        never = asyncio.Event()
        stage = Stage(script=[[TextDelta(0, "Half"), never, Reply((), "end_turn", {})]])
        await stage.say("Hi")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until(START)
            await stage.crash(wake)
        await stage.send(message("Then"), INTERRUPT)
        await stage.log.take(SESSION_ID, only=frozenset({"user.interrupt"}))
        await stage.wake()
        assert stage.stop_reasons() == [{"type": "end_turn"}] * 2

    play(story)


async def stopped_after_the_answer(stage: Stage) -> None:
    await stage.say("Hi")
    async with asyncio.TaskGroup() as group:
        wake = group.create_task(stage.wake())
        await stage.until(END)
        await stage.crash(wake)
    assert stage.types[-1] == END


def test_a_refusal_that_a_stopped_program_had_heard_is_still_told() -> None:
    async def story() -> None:
        stage = Stage(script=[answers([], stop_reason="refusal", stop_details={"category": "cyber"})])
        await stopped_after_the_answer(stage)
        await stage.wake()
        assert stage.stop_reasons() == [{"type": "refusal"}]
        assert stage.bodies("session.status_idle")[0]["stop_details"]["category"] == "cyber"

    play(story)


def test_an_answer_that_was_cut_at_its_limit_goes_on_in_the_next_program() -> None:
    async def story() -> None:
        stage = Stage(script=[says("Part one", stop_reason="max_tokens"), says("part two.")])
        await stopped_after_the_answer(stage)
        await stage.wake()
        assert stage.types == turn(START, "agent.message", END, START, "agent.message", END)

    play(story)


def test_a_program_that_stopped_before_the_last_word_says_it_at_the_next_wake() -> None:
    async def story() -> None:
        stage = Stage()
        await stopped_after_the_answer(stage)
        await stage.wake()
        assert stage.types == turn(START, "agent.message", END)

    play(story)
