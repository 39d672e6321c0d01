"""A coordinator that waits: woken by what comes, within its turn; nothing to wait for, a person, and a crash end or renew the wait."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.brain.stage import INTERRUPT, SESSION_ID, message
from tests.brain.team import Part, Team, lead, member, play, said_in
from tests.trivial.model import Answer, calls, says
from workbench.contracts.brain import ModelRequest
from workbench.contracts.thread_facts import DELEGATION_ANSWERED


def waiting(**given: Any) -> Part:
    """Starts an agent, waits in the next step, and says what it heard."""

    def answer(request: ModelRequest, number: int) -> Answer:
        if number == 0:
            return calls(("create_agent", {"agent": "tester", "message": "Run the tests."}))
        if number == 1:
            return calls(("wait_for_agents", given))
        return says("Heard." if "[Report" in said_in(request) else "Nothing.")

    return answer


async def waits(team: Team) -> list[str]:
    """What the waits of the coordinator were answered."""
    answered = await team.log.facts(SESSION_ID, DELEGATION_ANSWERED.name)
    return [one.body["text"] for one in answered if "was started" not in one.body["text"]]


def test_a_report_ends_the_wait_and_is_read_in_the_same_turn() -> None:
    async def story() -> None:
        team = lead(member("tester"), parts={"lead": waiting()})
        await team.work(message("Have it tested."))
        assert await waits(team) == ["Something has come for you; it follows."]
        said = [one for one in team.of() if one.type == "agent.message"]
        assert len(said) == 1, "the turn ends once, with the report read"
        types = team.types_of()
        assert types.count("session.status_idle") == types.count("session.thread_status_idle") - 1 == 1

    play(story)


def test_with_nobody_at_work_there_is_nothing_to_wait_for() -> None:
    async def story() -> None:
        def answer(request: ModelRequest, number: int) -> Answer:
            return calls(("wait_for_agents", {})) if number == 0 else says("So be it.")

        team = lead(member("tester"), parts={"lead": answer})
        await team.work(message("Wait."))
        assert await waits(team) == ["No agent of yours is at work, and nothing is to come."]

    play(story)


def at_work(team: Team, begun: asyncio.Event, never: asyncio.Event) -> None:
    """An agent that does not end by itself."""
    team.parts["tester"] = lambda *_: [begun.set, never, *says("x")]


async def until_waiting(team: Team, begun: asyncio.Event) -> None:
    await begun.wait()
    await team.quiet(lambda: team.asked.get("lead", 0) >= 1 and team.types_of()[-1] == "span.model_request_end")


def test_a_person_who_interrupts_ends_the_wait_and_one_who_speaks_is_heard_at_once() -> None:
    async def story() -> None:
        begun, never = asyncio.Event(), asyncio.Event()
        team = lead(member("tester"), parts={"lead": waiting()})
        at_work(team, begun, never)

        async def speaks() -> None:
            await until_waiting(team, begun)
            await team.send(message("How is it?"))
            team.tasks.wake(SESSION_ID, None)
            await team.quiet(lambda: team.types_of().count("agent.message") == 1)
            await team.send({**INTERRUPT, "session_thread_id": team.children[0]})
            team.tasks.interrupt(SESSION_ID, team.children[0])
            team.tasks.wake(SESSION_ID, team.children[0])

        async with asyncio.TaskGroup() as group:
            group.create_task(team.work(message("Have it tested.")))
            group.create_task(speaks())
        assert await waits(team) == ["Something has come for you; it follows."]

        other = lead(member("tester"), parts={"lead": waiting()})
        again = asyncio.Event()
        at_work(other, again, never)

        async def interrupts() -> None:
            await until_waiting(other, again)
            for thread_id in (None, other.children[0]):
                await other.send(INTERRUPT if thread_id is None else {**INTERRUPT, "session_thread_id": thread_id})
                other.tasks.interrupt(SESSION_ID, thread_id)
                other.tasks.wake(SESSION_ID, thread_id)

        async with asyncio.TaskGroup() as group:
            group.create_task(other.work(message("Have it tested.")))
            group.create_task(interrupts())
        assert "interrupted" in (await waits(other))[0]

    play(story)


def test_a_wait_goes_on_after_a_crash_and_hears_the_report_once() -> None:
    async def story() -> None:
        begun, never = asyncio.Event(), asyncio.Event()
        team = lead(member("tester"), parts={"lead": waiting()})
        at_work(team, begun, never)
        await team.lives(400, message("Have it tested."))
        assert await waits(team) == []
        team.parts.pop("tester")
        await team.work()
        assert await waits(team) == ["Something has come for you; it follows."]
        assert len(team.reports()) == 1

    play(story)
