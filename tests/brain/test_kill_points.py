"""Wherever the program stops, the next one brings the session to the rest that it would have come to."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import pytest

from tests.brain import invariants, resuming
from tests.brain.kill_points import POINTS, Crash, MortalForks, MortalHands, MortalLog, MortalModel, Process, Sandbox
from tests.brain.kill_stories import ASKED, MID_CALL, MID_TEXT, STORIES, Story
from tests.brain.stage import SESSION_ID, THREAD_ID, WAIT_S, Ticking, confirm, message
from tests.trivial.checkpoints import TrivialCheckpoints
from tests.trivial.log import TrivialLog
from tests.trivial.model import Answer
from tests.trivial.servers import ScriptedServers
from workbench import events
from workbench.brain import context
from workbench.brain.calls import INTERRUPTED, MAY_HAVE_RUN
from workbench.brain.history import ThreadHistory
from workbench.brain.loop import Brain
from workbench.brain.retry import Retries
from workbench.contracts import tools
from workbench.contracts.brain import ModelRequest
from workbench.contracts.facts import MESSAGE_CUT
from workbench.contracts.values import Group, Json, Session
from workbench.events import Event, text_of
from workbench.permissions.gate import RuledGate
from workbench.permissions.rules import Rules

SEEDS = range(2)
OVER = "span.outcome_evaluation_end"
MOST_WAKES = 20
ONLY_AFTER = {
    "hands.recover": "before hands.execute of a call",
    "log.append of the result of a lost call": "before hands.execute of a call",
}
"""What only a program does that follows one which was stopped, and where that one was."""


@dataclass
class World:
    """What outlives a program: the log, the sandbox, the model's endpoint, and the person."""

    story: Story
    log: TrivialLog = field(init=False)
    checkpoints: TrivialCheckpoints = field(default_factory=TrivialCheckpoints)
    sandbox: Sandbox = field(init=False)
    requests: list[ModelRequest] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    past: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.log = TrivialLog(clock=Ticking())
        self.sandbox = Sandbox(self.story.gives)

    async def session(self, session_id: str) -> Session | None:
        return self.story.described

    async def send(self, *bodies: Json) -> None:
        made = [events.parse({"id": events.new_id("sevt"), **body}) for body in bodies]
        self.sent += [event.id for event in made]
        await self.log.send(SESSION_ID, made)

    def is_interrupted(self) -> bool:
        return any(row.event.type == "user.interrupt" for row in self.log.queued(SESSION_ID))

    async def live(self, process: Process) -> None:
        """One life: until the process dies, or there is nothing left to do."""

        async def meanwhile(moment: str) -> None:
            await self._act(moment)
            if self.is_interrupted():
                process.interrupted.set()
                await asyncio.Event().wait()

        async def paused(_: float) -> None:
            await process.around("patience.sleep", lambda: asyncio.sleep(0))

        def answer(request: ModelRequest) -> Answer:
            self.requests.append(request)
            return self.story.answer(request, self.log)

        log = MortalLog(process, self.log)
        model = MortalModel(process, answer, lambda: meanwhile(MID_TEXT))
        brain = Brain(
            inbox=log,
            log=log,
            facts=log,
            checkpoints=self.checkpoints,
            states=self.log,
            sessions=_MortalSessions(process, self),
            servers=ScriptedServers(),
            forks=MortalForks(process),
            hands=MortalHands(process, self.sandbox, lambda: meanwhile(MID_CALL)),
            models=lambda _: model,
            clock=self.log.clock,
            gate=lambda: RuledGate(Rules()),
            patience=Retries(tries=2, sleep=paused, chance=lambda: 0.0),
            room=self.story.room,
        )
        for _ in range(MOST_WAKES):
            if self.is_interrupted():
                process.interrupted.set()
            try:
                async with asyncio.timeout(WAIT_S):
                    await brain.wake(SESSION_ID, THREAD_ID, process.interrupted)
            except* Crash:
                pass
            else:
                assert process.died_at is None, "the brain swallowed its own end"
            if process.died_at is not None or not await self._was_answered():
                return
        raise AssertionError("it never comes to rest")

    async def _act(self, moment: str) -> bool:
        if moment in self.past or moment not in self.story.meanwhile:
            return False
        self.past.add(moment)
        await self.send(*self.story.meanwhile[moment])
        return True

    async def _was_answered(self) -> bool:
        """Whether the person, who is asked something, said anything."""
        waiting = self.log.state(SESSION_ID).waiting_for
        if not waiting or await self._act(ASKED):
            return bool(waiting)
        uses: dict[str, Any] = {event.id: event for event in self.events}
        for call in waiting:
            if uses[call].type == "agent.custom_tool_use":
                answered = {"type": "user.custom_tool_result", "custom_tool_use_id": call}
                await self.send({**answered, "processed_at": self.log.clock()})
            else:
                await self.send(confirm(call, self.story.verdicts[uses[call].input["command"]]))
        return True

    @property
    def events(self) -> list[Event]:
        return [row.event for row in self.log.rows]

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type == kind]

    def cut(self) -> set[str]:
        """Messages of answers that did not come whole."""
        return {fact.body["event_id"] for fact in self.log.recorded if fact.name == MESSAGE_CUT.name}

    def stops(self) -> list[Json]:
        """The stop reason of every idle; the ids in it are each log's own."""
        return [events.dump(event)["stop_reason"] | {"event_ids": []} for event in self.of("session.status_idle")]


@dataclass(frozen=True)
class _MortalSessions:
    process: Process
    world: World

    async def session(self, session_id: str) -> Session | None:
        return await self.process.around("sessions.session", lambda: self.world.session(session_id))

    async def group(self, name: str) -> Group:
        return Group(name, None, ())


def lived(name: str, *lives: Process, forgets: bool = False) -> World:
    """The story told by these processes, one after the other, and by a last one that nothing stops."""

    async def told() -> World:
        world = World(STORIES[name])
        await world.send(
            message("Go") if (goal := world.story.outcome) is None else goal | {"processed_at": world.log.clock()}
        )
        for process in lives:
            await world.live(process)
            if forgets:
                world.sandbox.kept.clear()
        await world.live(Process())
        return world

    return asyncio.run(told())


@cache
def undisturbed(name: str) -> tuple[World, Counter[str]]:
    """The story without a stop, and how often it passes each point."""
    process = Process()
    return lived(name, process), process.passages


def told_with(point: str) -> dict[str, int]:
    """The stories that pass a point, and how often."""
    return {name: count for name in STORIES if (count := undisturbed(name)[1][point])}


def first_life(point: str) -> str:
    return next((before for promise, before in ONLY_AFTER.items() if point.endswith(f" {promise}")), "")


# ── what must hold ────────────────────────────────────────────────────────────────────────────────────────────────────


def assert_as_undisturbed(world: World, calm: World) -> None:
    assert world.stops() == calm.stops()
    # What was on its way when a process died is gone with it; what was cut for another reason stays.
    said, said_calmly = (
        [text_of(one.content) for one in here.of("agent.message") if one.id not in here.cut()] for here in (world, calm)
    )
    assert said == said_calmly
    assert [one.result for one in world.of(OVER)] == [one.result for one in calm.of(OVER)]
    begun = [one.id for one in world.of("span.outcome_evaluation_start")]
    assert [one.outcome_evaluation_start_id for one in world.of(OVER)] == begun
    assert [events.dump(one).get("stop_details") for one in world.of("session.status_idle")] == [
        events.dump(one).get("stop_details") for one in calm.of("session.status_idle")
    ]


def assert_nothing_is_lost_or_doubled(world: World) -> None:
    invariants.assert_log_is_sound(world.events)
    invariants.assert_log_is_at_rest(world.events)
    ids = [event.id for event in world.events]
    assert len(ids) == len(set(ids))
    taken = [one for one in ids if one in world.sent]
    assert sorted(taken) == sorted(world.sent)
    assert world.log.waiting == []


def assert_effects_are_told(world: World) -> None:
    """No effect twice; a result tells what there is of it, or that it may be."""
    happened = Counter(call.id for call in world.sandbox.effects)
    repeatable = {
        call.id
        for call in world.sandbox.effects
        if tools.only_reads(call.name, call.input) or call.id.endswith("-text")
    }
    assert all(count == 1 for call, count in happened.items() if call not in repeatable)
    by_content = Counter(str(call.input) for call in world.sandbox.effects if call.id not in repeatable)
    assert all(count == 1 for count in by_content.values())
    open_ended = {INTERRUPTED.content[0]["text"], MAY_HAVE_RUN.content[0]["text"]}
    for result in world.of("agent.tool_result"):
        text = text_of(result.content)
        assert text in open_ended or bool(happened[result.tool_use_id]) is not bool(result.is_error)


def assert_requests_are_valid(world: World) -> None:
    async def following() -> ModelRequest:
        resumed = await resuming.resumed(world.story.described, world.log, await world.checkpoints.kept(SESSION_ID))
        await resuming.assert_same(world.story.described, world.log, resumed)
        history = await ThreadHistory.opened(SESSION_ID, THREAD_ID, world.log, world.log)
        await history.turn()
        return context.request(world.story.described, history.entries, history.notes)

    for request in [*world.requests, asyncio.run(following())]:
        invariants.assert_request_is_valid(request)
    invariants.assert_prefixes_stay(world.requests)


def assert_it_came_to_the_same(world: World, name: str) -> None:
    assert_nothing_is_lost_or_doubled(world)
    assert_effects_are_told(world)
    assert_requests_are_valid(world)
    assert_as_undisturbed(world, undisturbed(name)[0])


# ── the tests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_at_least_forty_points_and_the_stories_pass_every_one_and_no_other() -> None:
    assert len(POINTS) == len(set(POINTS)) >= 40
    passed = {point for name in STORIES for point in undisturbed(name)[1]}
    assert passed == {point for point in POINTS if not first_life(point)}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_that_nothing_stops_keeps_what_must_hold(name: str) -> None:
    assert_it_came_to_the_same(undisturbed(name)[0], name)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_program_that_stops_at_a_point_is_followed_by_one_that_ends_the_same(point: str, seed: int) -> None:
    before = first_life(point)
    for name, passages in told_with(before or point).items():
        chance = Random(f"{point} {seed} {name}")
        dying = Process(point, 1 if before else chance.randint(1, passages))
        again = Process(most_points=chance.randint(1, 60)) if chance.random() < 0.6 else Process()
        lives = [Process(before), dying, again] if before else [dying, again]
        forgets = chance.random() < 0.3
        world = lived(name, *lives, forgets=forgets)
        assert dying.died_at == point, name
        assert_it_came_to_the_same(world, name)
