"""What a prompt cache makes of the requests of a long session, by the rules that its vendor documents."""

from __future__ import annotations

import pytest

from tests.brain import invariants
from tests.brain.stage import INTERRUPT, Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import Answer, calls, says
from workbench.bench.caching import PromptCache, blocks_of
from workbench.brain.caching import FOR_AN_HOUR, FOR_MINUTES, Mark, with_breakpoints
from workbench.contracts.brain import ModelRequest, Reply
from workbench.contracts.values import Json, text_outcome


@pytest.mark.parametrize("pause_s", [30, 1200], ids=["without pauses", "with pauses of twenty minutes"])
def test_of_what_is_sent_again_over_fifty_turns_19_of_20_parts_are_read_from_the_cache(pause_s: int) -> None:
    async def story() -> None:
        cache, steps, left = PromptCache(), 0, 0
        stage = Stage(hands=ScriptedHands(gives=lambda call: text_outcome(f"{call.id} " * 80)))

        def answer(request: ModelRequest) -> Answer:
            nonlocal steps, left
            cache.now_s += 20
            cache.take(request)
            steps, left = steps + 1, left - 1
            # Turns of one to six requests, with up to twenty-two calls at once.
            many = [("read", {"file_path": f"{steps}-{number}.py"}) for number in range(steps * 7 % 23)]
            return calls(*many, text="Then this.") if left else says("So.")

        stage.model.otherwise = answer
        for number in range(50):
            cache.now_s += pause_s
            left = 1 + number % 6
            await stage.say(f"Now look at part {number}, please.")
            # Each wake begins with nothing but the log, as after a restart.
            await stage.wake()
        assert len(stage.stop_reasons()) == 50
        assert len(stage.model.requests) > 120
        assert cache.read / cache.resent >= 0.95
        for request in stage.model.requests[::10]:
            invariants.assert_request_is_valid(request)

    play(story)


def test_an_interrupted_step_with_many_calls_is_still_found_in_the_cache() -> None:
    async def story() -> None:
        cache = PromptCache()
        stage = Stage(script=[calls(*[("bash", {"command": "x"})] * 40)])
        await stage.say("Go")
        await stage.send(INTERRUPT)
        await stage.wake()
        await stage.say("On" * 2000)
        await stage.wake()
        await stage.say("And on")
        await stage.wake()
        for request in stage.model.requests:
            cache.take(request)
        assert cache.read == cache.resent > 4000

    play(story)


def test_tokens_cached_for_an_hour_are_told_and_paid_as_such() -> None:
    async def story() -> None:
        split = {"ephemeral_5m_input_tokens": 250_000, "ephemeral_1h_input_tokens": 750_000}
        usage = {"cache_creation_input_tokens": 1_000_000, "cache_creation": split}
        stage = Stage(script=[[Reply(({"type": "text", "text": "Hi."},), "end_turn", usage)]])
        await stage.say("Hi")
        await stage.wake()
        (used,) = [body["usage"] for body in stage.bodies("session.usage")]
        assert used["cache_creation"] == split
        assert used["list_cost"] == {"amount": str(int(500 * (0.25 * 1.25 + 0.75 * 2) + 0.5)), "currency": "USD"}

    play(story)


def test_an_hours_breakpoint_never_stands_behind_one_of_minutes() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("read", {"file_path": "a"})), calls(("read", {"file_path": "b"})), says("So.")])
        await stage.say("Go")
        await stage.wake()
        await stage.say("On")
        await stage.wake()
        found = [[control.get("ttl", "5m") for _, control in blocks_of(one) if control] for one in stage.model.requests]
        assert found == [["1h", "1h"], ["1h", "1h", "5m"], ["1h", "1h", "5m", "5m"], ["1h", "1h", "1h", "1h"]]

    play(story)


def test_breakpoints_are_this_end_the_end_before_and_the_start_of_the_turn() -> None:
    turns = [{"role": "user", "content": [{"type": "text", "text": str(number)}]} for number in range(5)]
    marks = [Mark(0, 0, True), Mark(1, 0, True), Mark(2, 0, False), Mark(3, 0, False), Mark(4, 0, False)]
    marked = with_breakpoints(turns, marks)
    assert [turn["content"][0].get("cache_control") for turn in marked] == [
        None,
        FOR_AN_HOUR,
        None,
        FOR_MINUTES,
        FOR_MINUTES,
    ]
    assert turns[1]["content"] == [{"type": "text", "text": "1"}]


def test_breakpoints_change_nothing_of_the_turns_that_they_are_put_into() -> None:
    def drafted() -> list[Json]:
        return [
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "c"}]},
        ]

    turns = drafted()
    marked = with_breakpoints(turns, [Mark(0, 0, True), Mark(0, 1, False)])
    assert turns == drafted()
    assert [block.get("cache_control") for block in marked[0]["content"]] == [FOR_AN_HOUR, FOR_MINUTES]
    assert marked[1] == drafted()[1]
