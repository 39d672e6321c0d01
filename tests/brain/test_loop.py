"""One message, all the way: what the brain writes, and in which order."""

from __future__ import annotations

import asyncio

from tests.brain.stage import (
    END,
    SESSION_ID,
    START,
    Stage,
    play,
    session,
    turn,
)
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import answers, calls, says
from workbench.contracts.values import Preview
from workbench.events import DeltaEvent, StartEvent


def test_a_plain_turn_is_written_in_the_public_order() -> None:
    async def story() -> None:
        stage = Stage(script=[says("Hello.", thinks=True)])
        await stage.say("Hi")
        await stage.wake()
        assert stage.types == turn(START, "agent.thinking", "agent.message", END)
        assert stage.stop_reasons() == [{"type": "end_turn"}]
        assert stage.bodies("agent.message")[0]["content"] == [{"type": "text", "text": "Hello."}]

    play(story)


def test_calls_run_between_two_requests_and_the_second_carries_their_results() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("read", {"file_path": "a"}), text="Let me look."), says("It says a.")])
        await stage.say("Read a")
        await stage.wake()
        assert stage.types == turn(
            START, "agent.message", "agent.tool_use", END, "agent.tool_result", START, "agent.message", END
        )
        (use,) = stage.ids("agent.tool_use")
        assert stage.results() == [(use, "read ran", False)]
        assert stage.hands.acknowledged == [use]
        result = stage.model.requests[1].body["messages"][-1]["content"][0]
        assert (result["type"], result["content"]) == ("tool_result", [{"type": "text", "text": "read ran"}])

    play(story)


def test_a_call_is_recorded_as_started_before_it_runs() -> None:
    async def story() -> None:
        gate = asyncio.Event()
        stage = Stage(script=[calls(("bash", {"command": "x"}))], hands=ScriptedHands(gates={"bash": gate}))
        await stage.say("Run x")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until_executed(1)
            (fact,) = await stage.log.facts(SESSION_ID, "tool.started")
            assert fact.body == {"tool_use_id": stage.hands.executed[0], "name": "bash"}
            gate.set()

    play(story)


def test_previews_are_a_prefix_of_the_message_that_follows_under_their_id() -> None:
    async def story() -> None:
        stage = Stage(script=[says("One two three.", "Four.", thinks=True)])
        follower = stage.log.follow(SESSION_ID)
        await stage.say("Count")
        await stage.wake()
        stage.log.close()
        previews = [frame.event async for frame in follower if isinstance(frame, Preview)]
        starts = [(one.event.type, one.event.id) for one in previews if isinstance(one, StartEvent)]
        deltas = [one for one in previews if isinstance(one, DeltaEvent)]
        assert starts == [
            ("agent.thinking", stage.ids("agent.thinking")[0]),
            ("agent.message", stage.ids("agent.message")[0]),
        ]
        assert {one.event_id for one in deltas} == set(stage.ids("agent.message"))
        joined = ["".join(one.delta.content.text for one in deltas if one.delta.index == index) for index in (0, 1)]
        assert joined == ["One two three.", "Four."]

    play(story)


def test_a_thought_is_stamped_with_its_end_and_not_with_the_end_of_the_answer() -> None:
    async def story() -> None:
        ended, whole = asyncio.Event(), asyncio.Event()
        thinks, thought, *rest = says("One two three.", thinks=True)
        stage = Stage(script=[[thinks, thought, ended.set, whole, *rest]])
        await stage.say("Count")
        waking = asyncio.create_task(stage.wake())
        await asyncio.wait_for(ended.wait(), 10)
        between = stage.log.clock()
        whole.set()
        await waking
        moments = {event.type: event.processed_at for event in stage.events if event.processed_at}
        assert moments["span.model_request_start"] < moments["agent.thinking"] < between < moments["agent.message"]

    play(story)


def test_calls_of_one_answer_run_together_but_bash_calls_in_order() -> None:
    async def story() -> None:
        gate = asyncio.Event()
        hands = ScriptedHands(gates={"bash": gate})
        script = [calls(("bash", {"command": "1"}), ("bash", {"command": "2"}), ("read", {"file_path": "a"}))]
        stage = Stage(script=script, hands=hands)
        await stage.say("Go")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until("agent.tool_result")
            first, second, read = stage.ids("agent.tool_use")
            assert set(hands.executed) == {first, read}
            assert [call for call, _, _ in stage.results()] == [read]
            gate.set()
        assert [call for call, _, _ in stage.results()] == [read, first, second]

    play(story)


def test_a_message_sent_mid_turn_is_taken_after_the_results_and_never_splits_the_turn() -> None:
    async def story() -> None:
        gate = asyncio.Event()
        stage = Stage(
            script=[calls(("bash", {"command": "x"})), says("Both.")], hands=ScriptedHands(gates={"bash": gate})
        )
        await stage.say("First")
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.wake())
            await stage.until_executed(1)
            await stage.say("Second")
            gate.set()
        steps = [START, "agent.tool_use", END, "agent.tool_result", "user.message", START, "agent.message", END]
        assert stage.types == turn(*steps)
        said = stage.model.requests[1].body["messages"][-1]["content"]
        assert [block["type"] for block in said] == ["tool_result", "text"]

    play(story)


def test_messages_that_waited_together_are_answered_together() -> None:
    async def story() -> None:
        stage = Stage()
        await stage.say("One", "Two")
        await stage.wake()
        assert stage.types == ["user.message", *turn(START, "agent.message", END)]
        assert len(stage.model.requests) == 1

    play(story)


def test_a_wake_with_nothing_to_do_writes_nothing() -> None:
    async def story() -> None:
        stage = Stage()
        await stage.wake()
        assert stage.types == []
        await stage.say("Hi")
        await stage.wake()
        written = stage.types
        await stage.wake()
        assert stage.types == written

    play(story)


def test_a_refusal_ends_the_turn_with_its_details_and_runs_nothing() -> None:
    async def story() -> None:
        call = {"type": "tool_use", "id": "t", "name": "bash", "input": {"command": "x"}}
        details = {"type": "refusal", "category": "cyber", "explanation": "No."}
        stage = Stage(script=[answers([call], stop_reason="refusal", stop_details=details)])
        await stage.say("Go")
        await stage.wake()
        assert stage.types == turn(START, END)
        (idle,) = stage.bodies("session.status_idle")
        assert (idle["stop_reason"], idle["stop_details"]) == ({"type": "refusal"}, details)

    play(story)


def test_a_refusal_of_a_kind_that_is_new_is_told_without_its_kind() -> None:
    async def story() -> None:
        details = {"type": "refusal", "category": "brand_new", "explanation": None}
        stage = Stage(script=[answers([], stop_reason="refusal", stop_details=details)])
        await stage.say("Go")
        await stage.wake()
        assert stage.bodies("session.status_idle")[0]["stop_details"]["category"] is None

    play(story)


def test_text_cut_at_the_output_limit_is_kept_and_continued() -> None:
    async def story() -> None:
        stage = Stage(script=[says("First half", stop_reason="max_tokens"), says("second half.")])
        await stage.say("Go")
        await stage.wake()
        assert stage.types == turn(START, "agent.message", END, START, "agent.message", END)
        roles = [one["role"] for one in stage.model.requests[1].body["messages"]]
        assert roles == ["user", "assistant", "user"]

    play(story)


def test_a_call_cut_at_the_output_limit_never_runs_and_is_told_to_the_model() -> None:
    async def story() -> None:
        cut = calls(("read", {"file_path": "a"}), ("write", {"file_path": "b"}), stop_reason="max_tokens")
        stage = Stage(script=[cut])
        await stage.say("Go")
        await stage.wake()
        read, write = stage.ids("agent.tool_use")
        assert stage.hands.executed == [read]
        assert {call: failed for call, _, failed in stage.results()} == {read: False, write: True}
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def test_an_answer_that_is_cut_again_and_again_ends_with_an_error() -> None:
    async def story() -> None:
        stage = Stage(script=[says("more", stop_reason="max_tokens")] * 20)
        await stage.say("Go")
        await stage.wake()
        assert len(stage.model.requests) == stage.brain.patience.continuations + 1
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]

    play(story)


def test_usage_comes_directly_before_each_idle_and_counts_all_requests() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("read", {"file_path": "a"})), says("Done.")])
        await stage.say("Go")
        await stage.wake()
        (used,) = [body["usage"] for body in stage.bodies("session.usage")]
        assert used.pop("active_seconds") > 0
        assert used == {
            "input_tokens": 20,
            "output_tokens": 10,
            "cache_read_input_tokens": 6,
            "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 0},
            "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
            "list_cost": {"amount": "0", "currency": "USD"},
        }

    play(story)


def test_a_session_at_its_cap_stops_before_the_next_request_and_goes_on_when_it_is_raised() -> None:
    async def story() -> None:
        cap = {"type": "limit", "max_list_cost": {"amount": "0", "currency": "USD"}}
        stage = Stage(session(budget=cap))
        await stage.say("Go")
        await stage.wake()
        await stage.wake()
        assert stage.model.requests == []
        stage.change(budget=None)
        await stage.wake()
        assert stage.stop_reasons() == [{"type": "budget_reached"}, {"type": "end_turn"}]

    play(story)
