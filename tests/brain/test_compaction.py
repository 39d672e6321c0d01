"""A conversation that grows longer than its model's context."""

from __future__ import annotations

import asyncio

import pytest

from tests.brain import invariants
from tests.brain.invariants import asks_for_a_summary
from tests.brain.stage import END, INTERRUPT, SESSION_ID, START, Stage, message, play, turn
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import USAGE, Answer, calls, says, weighing
from workbench.brain.compaction import Room
from workbench.brain.oversized_results import MOST_CHARACTERS
from workbench.contracts.brain import ModelFault, ModelRequest, Reply, TextDelta
from workbench.contracts.values import Json, text_outcome
from workbench.events import text_of

ROOM = Room(share=0.8, window_tokens=1000)
COMPACTED = "agent.thread_context_compacted"
TOO_LONG: Answer = [ModelFault("model_request_failed_error", "Too long.", retry=False, context_too_long=True)]
READ: Answer = calls(("read", {"file_path": "a"}))


def first_text(request: ModelRequest) -> str:
    return str(request.body["messages"][0]["content"][0]["text"])


def texts(request: ModelRequest) -> str:
    return text_of([block for one in request.body["messages"] for block in one["content"]])


def test_a_conversation_past_its_share_of_the_window_goes_on_from_a_summary() -> None:
    async def story() -> None:
        script = [weighing(READ, 900), says("The summary."), says("Done.")]
        stage = Stage(script=script, room=ROOM)
        await stage.say("Read a")
        await stage.wake()
        first = [START, "agent.tool_use", END, "agent.tool_result"]
        assert stage.types == turn(*first, START, END, COMPACTED, START, "agent.message", END)
        asked, summing, after = stage.model.requests
        assert asks_for_a_summary(summing)
        assert invariants.flattened(summing)[: len(invariants.flattened(asked))] == invariants.flattened(asked)
        assert [one["role"] for one in after.body["messages"]] == ["user"]
        assert "The summary." in first_text(after)
        assert first_text(after).endswith("Read a")
        (fact,) = await stage.log.facts(SESSION_ID, "context.compacted")
        seq = stage.types.index("agent.tool_result") + 1
        assert fact.body == {"event_id": stage.ids(COMPACTED)[0], "summary": "The summary.", "through_seq": seq}

    play(story)


def test_what_the_user_says_after_the_last_answer_is_never_summed_up() -> None:
    async def story() -> None:
        script = [weighing(says("Hi."), 900), says("The summary."), says("Done.")]
        stage = Stage(script=script, room=ROOM)
        await stage.say("Hello")
        await stage.wake()
        await stage.say("And now?")
        await stage.wake()
        assert "And now?" not in texts(stage.model.requests[1])
        content = stage.model.requests[2].body["messages"][0]["content"]
        assert [content[0]["text"].endswith("Hello"), content[1]["text"]] == [True, "And now?"]

    play(story)


def test_the_requests_for_a_summary_are_paid_for_and_nobody_hears_them() -> None:
    async def story() -> None:
        stage = Stage(script=[weighing(READ, 900), says("The summary."), says("Done.")], room=ROOM)
        await stage.say("Read a")
        await stage.wake()
        assert [body["content"][0]["text"] for body in stage.bodies("agent.message")] == ["Done."]
        assert stage.bodies("session.usage")[-1]["usage"]["input_tokens"] == 900 + 2 * USAGE["input_tokens"]

    play(story)


def test_a_request_that_is_too_long_is_never_repeated_unchanged() -> None:
    async def story() -> None:
        script = [READ, READ, TOO_LONG, says("The summary."), says("Done.")]
        stage = Stage(script=script)
        await stage.say("Read a")
        await stage.wake()
        refused, summing, again = stage.model.requests[2:]
        assert asks_for_a_summary(summing)
        # What was refused cannot be asked to sum itself up: the request before it is.
        asked = invariants.flattened(stage.model.requests[1])
        assert invariants.flattened(summing) == [*asked, *invariants.flattened(summing)[-1:]]
        assert again != refused
        assert [one["role"] for one in again.body["messages"]] == ["user", "assistant", "user"]
        assert stage.bodies("session.error") == []
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_a_stop_between_the_refusal_and_the_summary_does_not_repeat_the_refused_request() -> None:
    async def story() -> None:
        never = asyncio.Event()
        script: list[Answer] = [READ, TOO_LONG, [TextDelta(0, "S"), never], says("The summary."), says("Done.")]
        stage = Stage(script=script)
        await stage.say("Read a")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until(START, 3)
            await stage.crash(wake)
        await stage.wake()
        assert [asks_for_a_summary(one) for one in stage.model.requests] == [False, False, True, True, False]
        assert [body["is_error"] for body in stage.bodies(END)] == [False, True, True, False, False]
        assert stage.types.count(COMPACTED) == 1
        invariants.assert_log_is_at_rest(stage.events)

    play(story)


def test_an_interrupt_ends_a_summary_and_the_turn() -> None:
    async def story() -> None:
        never = asyncio.Event()
        stage = Stage(script=[weighing(READ, 900), [never]], room=ROOM)
        await stage.say("Read a")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until(START, 2)
            await stage.send(INTERRUPT)
        assert COMPACTED not in stage.types
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_a_summary_that_is_too_long_itself_is_asked_for_with_clipped_texts() -> None:
    async def story() -> None:
        long = "x" * MOST_CHARACTERS
        script: list[Answer] = [calls(*[("read", {"file_path": "a"})] * 9), TOO_LONG, says("The summary.")]
        stage = Stage(script=script, hands=ScriptedHands(gives=lambda _: text_outcome(long)))
        await stage.say("Read a")
        await stage.wake()
        refused, summing = stage.model.requests[1:3]
        assert len(str(refused.body)) > 900_000
        assert len(str(summing.body)) < 300_000
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_a_message_that_alone_is_too_long_is_shown_by_its_ends() -> None:
    async def story() -> None:
        stage = Stage(script=[TOO_LONG, says("The summary."), says("Done.")])
        await stage.say("begin" + "x" * 3_000_000 + "end")
        await stage.wake()
        last = texts(stage.model.requests[2])
        assert len(last) < 30_000
        assert last.endswith("end")
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


@pytest.mark.parametrize("answer", [TOO_LONG, weighing(READ, 900)], ids=["refused", "no shorter"])
def test_compactions_that_make_no_room_end_with_the_limits_error(answer: Answer) -> None:
    async def story() -> None:
        stage = Stage(room=ROOM)
        stage.model.otherwise = lambda request: says("The summary.") if asks_for_a_summary(request) else answer
        await stage.say("Read a")
        await stage.wake()
        (error,) = stage.bodies("session.error")
        assert error["error"]["type"] == "compaction_limit_reached_error"
        assert error["error"]["retry_status"] == {"type": "exhausted"}
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]
        assert len(stage.model.requests) <= 8
        invariants.assert_log_is_at_rest(stage.events)

    play(story)


def test_a_request_for_a_summary_is_retried_like_any_other() -> None:
    async def story() -> None:
        busy: Answer = [ModelFault("model_overloaded_error", "Busy.", retry=True)]
        empty: Answer = [Reply((), "end_turn", USAGE)]
        stage = Stage(script=[weighing(READ, 900), busy, empty, says("The summary."), says("Done.")], room=ROOM)
        await stage.say("Read a")
        await stage.wake()
        errors = [body["error"]["retry_status"]["type"] for body in stage.bodies("session.error")]
        assert errors == ["retrying", "retrying"]
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_an_answer_cut_by_the_window_is_kept_and_goes_on_after_a_summary() -> None:
    async def story() -> None:
        cut = says("Half", stop_reason="model_context_window_exceeded")
        stage = Stage(script=[READ, cut, says("The summary."), says("half.")])
        await stage.say("Read a")
        await stage.wake()
        assert [body["content"][0]["text"] for body in stage.bodies("agent.message")] == ["Half", "half."]
        assert [one["role"] for one in stage.model.requests[-1].body["messages"]] == ["user", "assistant", "user"]

    play(story)


def test_the_offline_model_is_never_asked_to_sum_up() -> None:
    assert not Room().is_filled_by(10_000_000, "offline")
    assert Room().is_filled_by(160_001, "qwen3-coder")
    assert not Room().is_filled_by(160_001, "claude-opus-5-5")


def test_requests_between_two_compactions_begin_with_the_one_before() -> None:
    async def story() -> None:
        stage = Stage(room=ROOM)
        count = 0

        def answer(request: ModelRequest) -> Answer:
            nonlocal count
            count += 1
            if asks_for_a_summary(request):
                return says(f"Summary {count}.")
            return weighing(READ, 100 * len(request.body["messages"])) if count < 60 else says("Done.")

        stage.model.otherwise = answer
        await stage.say("Go")
        await stage.wake()
        assert stage.types.count(COMPACTED) > 3
        for request in stage.model.requests:
            invariants.assert_request_is_valid(request)
        invariants.assert_prefixes_stay(stage.model.requests)
        assert stage.bodies("session.error") == []

    play(story)


def test_the_log_keeps_everything_that_was_summed_up() -> None:
    async def story() -> None:
        stage = Stage(script=[weighing(says("Hi."), 900), says("The summary."), says("Done.")], room=ROOM)
        await stage.say("Hello")
        await stage.wake()
        before: list[Json] = stage.bodies(*stage.types)
        await stage.send(message("And now?"))
        await stage.wake()
        assert stage.bodies(*stage.types)[: len(before)] == before

    play(story)
