"""The tasks of a session's threads: side by side, each cut short, ended and recovered as it should be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.brain.stage import SESSION_ID, TOOLSET, agent, asking, confirm, message, play, session
from tests.brain.team import Team, coordinator, member, said_in
from tests.trivial.model import Answer, calls, says
from workbench.contracts.brain import ModelRequest
from workbench.engine.tasks import SessionTasks
from workbench.events import primary_thread_id

SESSION = "sesn_01test"
PRIMARY, CHILD = primary_thread_id(SESSION), "sthr_child"
WAIT_S = 10.0


class WaitingBrain:
    """Is at work on a thread until it is interrupted."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.ended: list[str] = []
        self.changed = asyncio.Event()

    async def wake(self, session_id: str, thread_id: str, interrupted: asyncio.Event) -> None:
        self.at_work.append(thread_id)
        self.changed.set()
        try:
            await interrupted.wait()
            interrupted.clear()
        finally:
            self.at_work.remove(thread_id)
            self.ended.append(thread_id)
            self.changed.set()

    async def until(self, at_work: list[str]) -> None:
        while sorted(self.at_work) != sorted(at_work):
            self.changed.clear()
            await self.changed.wait()


async def _given_up(session_id: str, thread_id: str) -> None:
    raise AssertionError(session_id, thread_id)


def test_threads_of_a_session_work_side_by_side_and_are_interrupted_one_by_one() -> None:
    async def story() -> None:
        brain = WaitingBrain()
        async with asyncio.timeout(WAIT_S), SessionTasks(brain, give_up=_given_up) as tasks:
            tasks.wake(SESSION)
            tasks.wake(SESSION, CHILD)
            await brain.until([PRIMARY, CHILD])
            tasks.interrupt(SESSION, CHILD)
            await brain.until([PRIMARY])
            tasks.wake(SESSION, CHILD)
            await brain.until([PRIMARY, CHILD])
            tasks.end(SESSION)
            await brain.until([])
        assert brain.ended.count(CHILD) == 2

    asyncio.run(story())


@pytest.mark.parametrize("ticks", range(1, 8))
def test_a_message_that_an_engine_took_and_left_when_it_was_killed_is_answered_by_the_next_one(ticks: int) -> None:
    async def story() -> None:
        team = Team(session())
        await team.lives(ticks, message("go"))
        await team.work(until=lambda: bool(team.stop_reasons()))
        assert team.stop_reasons() == [{"type": "end_turn"}]

    play(story)


def _leads(request: ModelRequest, _: int) -> Answer:
    text = said_in(request)
    if "was started as" not in text:
        return calls(("create_agent", {"agent": "tester", "message": "Test it."}))
    return says("It is tested." if "[Report" in text else "Waiting.")


def _tests(request: ModelRequest, number: int) -> Answer:
    return calls(("bash", {"command": "make test"})) if number == 0 else says("All tests pass.")


@pytest.mark.parametrize("ticks", range(1, 8))
@pytest.mark.parametrize("of_child", [True, False])
def test_an_answer_that_an_engine_took_and_left_when_it_was_killed_lets_its_call_run(
    ticks: int, of_child: bool
) -> None:
    async def story() -> None:
        of_lead = agent(TOOLSET if of_child else asking("bash")) | {"name": "tester", "system": "tester"}
        described = coordinator(member("tester", asking("bash"))) if of_child else of_lead
        team = Team(session(described), parts={"lead": _leads, "tester": _tests})
        await team.work(message("go"), until=lambda: team.log.state(SESSION_ID).rested_at is not None)
        [call] = team.log.state(SESSION_ID).waiting_for
        named = {"session_thread_id": team.children[0]} if of_child else {}
        await team.lives(ticks, confirm(call, **named))
        last = "It is tested." if of_child else "All tests pass."
        await team.work(until=lambda: team.log.state(SESSION_ID).last_text == last)

    play(story)


def test_an_archived_session_whose_last_event_is_a_message_is_left_alone() -> None:
    """An imported one may end so."""

    async def story() -> None:
        team = Team(session())
        await team.send(message("go"))
        await team.log.take(SESSION_ID)
        team.described = replace(team.described, archived_at=datetime(2026, 1, 1, tzinfo=UTC))
        await team.lives(50)
        assert team.types == ["user.message"]

    play(story)
