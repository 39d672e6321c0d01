"""Random lives of a session: whatever is sent, answered, interrupted or stopped, the log stays sound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.brain import invariants
from tests.brain.stage import (
    INTERRUPT,
    SESSION_ID,
    TOOLSET,
    WAIT_S,
    Stage,
    agent,
    asking,
    confirm,
    judging,
    message,
    session,
)
from tests.trivial.model import Answer, answers, calls, says, weighing
from workbench.brain.compaction import Room
from workbench.contracts.brain import ModelFault, TextDelta
from workbench.contracts.values import Json, text_outcome

LOOKUP: Json = {"type": "custom", "name": "lookup", "description": "", "input_schema": {"type": "object"}}
TOOLSET_OF_ALL_KINDS: Json = {
    **TOOLSET,
    "configs": [*asking("write")["configs"], *judging("edit")["configs"]],
}
NAMES = st.sampled_from(["bash", "read", "write", "edit", "lookup", "nothing"])
STEPS = st.integers(0, 60)


def _faults(retry: bool) -> Answer:
    return [TextDelta(0, "Half"), ModelFault("model_overloaded_error", "Busy.", retry)]


def _calls(names: list[str], stop_reason: str) -> Answer:
    return calls(*((name, {"n": number}) for number, name in enumerate(names)), text="Now.", stop_reason=stop_reason)


ANSWERS = st.one_of(
    st.builds(_calls, st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(["tool_use", "tool_use", "max_tokens"])),
    st.builds(
        says, st.text(min_size=1, max_size=3), stop_reason=st.sampled_from(["end_turn", "max_tokens", "refusal"])
    ),
    st.just(answers([])),
    st.builds(says, st.sampled_from(["1 low", "1 high", "1 low\n2 high"])),
    st.builds(_faults, st.booleans()),
    st.builds(weighing, st.just(_calls(["bash", "read"], "tool_use")), st.just(900)),
    st.just([ModelFault("model_request_failed_error", "Too long.", retry=False, context_too_long=True)]),
)


class Lives(RuleBasedStateMachine):
    """One session: bash runs, write asks, edit is judged, lookup is the client's."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stage = Stage(session(agent(TOOLSET_OF_ALL_KINDS, LOOKUP)), tries=2, room=Room(window_tokens=1000))
        self.sent: list[str] = []

    def teardown(self) -> None:
        with self.runner:
            self._do(self.stage.wake)
            invariants.assert_log_is_at_rest(self.stage.events)

    def _do(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(WAIT_S):
                await story()

        self.runner.run(bounded())

    # ── what may happen ───────────────────────────────────────────────────────────────────────────────────────────────

    @rule(answer=ANSWERS)
    def the_model_will_say(self, answer: Answer) -> None:
        self.stage.model.script.append(answer)

    @rule(text=st.text(max_size=3))
    def a_person_says(self, text: str) -> None:
        async def story() -> None:
            self.sent += await self.stage.say(text)

        self._do(story)

    @rule()
    def a_person_interrupts(self) -> None:
        async def story() -> None:
            await self.stage.send(INTERRUPT)

        self._do(story)

    @precondition(lambda self: bool(invariants.unanswered_calls(self.stage.events)))
    @rule(pick=st.integers(0, 9), result=st.sampled_from(["allow", "deny"]))
    def a_person_answers(self, pick: int, result: str) -> None:
        waiting = invariants.unanswered_calls(self.stage.events)
        call = waiting[pick % len(waiting)]
        use = next(event for event in self.stage.events if event.id == call)

        async def story() -> None:
            if use.type == "agent.custom_tool_use":
                await self.stage.send({"type": "user.custom_tool_result", "custom_tool_use_id": call})
            elif use.type == "agent.tool_use" and use.evaluated_permission == "ask":
                await self.stage.send(confirm(call, result))

        self._do(story)

    @rule()
    def it_wakes(self) -> None:
        self._do(self.stage.wake)
        invariants.assert_log_is_at_rest(self.stage.events)

    @rule(steps=STEPS, kept=st.booleans())
    def it_wakes_and_the_program_stops(self, steps: int, kept: bool) -> None:
        async def story() -> None:
            async with asyncio.TaskGroup() as group:
                wake = group.create_task(self.stage.wake())
                await self._let_run(steps)
                await self.stage.crash(wake)
            if kept:
                for call in self.stage.hands.finished:
                    self.stage.hands.kept[call] = text_outcome("kept")

        self._do(story)

    @rule(steps=STEPS, bodies=st.lists(st.sampled_from([INTERRUPT, message("Also")]), min_size=1, max_size=3))
    def it_wakes_and_a_person_sends(self, steps: int, bodies: list[Json]) -> None:
        async def story() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.stage.wake())
                await self._let_run(steps)
                ids = await self.stage.send(*bodies)
                self.sent += [sent for sent, body in zip(ids, bodies, strict=True) if body != INTERRUPT]
            # What came after the wake had looked a last time is for the next one, as in the engine.
            await self.stage.wake()

        self._do(story)
        invariants.assert_log_is_at_rest(self.stage.events)

    async def _let_run(self, steps: int) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)

    # ── what must hold ────────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_log_is_sound(self) -> None:
        invariants.assert_log_is_sound(self.stage.events)

    @invariant()
    def every_request_is_valid_and_begins_with_the_one_before(self) -> None:
        for request in self.stage.model.requests:
            invariants.assert_request_is_valid(request)
        invariants.assert_prefixes_stay(self.stage.model.requests)

    @invariant()
    def no_message_is_lost(self) -> None:
        log = self.stage.log
        known = {
            *(row.event.id for row in log.queued(SESSION_ID)),
            *(event.id for event in self.stage.events),
        }
        assert set(self.sent) <= known

    @invariant()
    def nothing_that_asks_runs_without_an_answer(self) -> None:
        allowed = {event.tool_use_id for event in self.stage.events if event.type == "user.tool_confirmation"}
        asked = {
            event.id
            for event in self.stage.events
            if event.type == "agent.tool_use" and event.evaluated_permission == "ask"
        }
        assert not (asked - allowed) & set(self.stage.hands.executed)


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=120,
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
