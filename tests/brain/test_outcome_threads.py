"""Outcomes of agents that have others work for them: graded when all of these rest, and by the primary thread alone."""

from __future__ import annotations

import asyncio

from tests.brain.stage import INTERRUPT, SESSION_ID, THREAD_ID, asking, confirm, outcome
from tests.brain.team import Part, Team, lead, member, play, said_in
from tests.brain.test_outcomes import TWO, verdict
from tests.brain.test_threads import leading
from tests.trivial.model import Answer, calls, says
from workbench.brain.outcomes.grader_requests import ORDER
from workbench.contracts.brain import ModelRequest
from workbench.contracts.values import Entry

BEGIN, OVER = "span.outcome_evaluation_start", "span.outcome_evaluation_end"
GRADER = ORDER.partition("\n")[0]
CONTENT: dict[str, Part] = {GRADER: lambda *_: verdict("", "")}


def has_rested(team: Team) -> bool:
    return "session.status_idle" in team.types


def order(team: Team, *kinds: str) -> list[str]:
    """The events of these types in the primary log, in order."""
    return [kind for kind in team.types_of() if kind in kinds]


def test_nothing_is_graded_before_every_report_was_heard_and_the_session_never_rests_meanwhile() -> None:
    async def story() -> None:
        held = asyncio.Event()
        parts = {**leading(("tester", "go"), ("fixer", "go")), **CONTENT}
        team = lead(member("tester"), member("fixer"), parts={**parts, "fixer": lambda *_: [held, *says("Fixed.")]})

        def reported() -> bool:
            held.set() if team.types_of().count("agent.thread_message_received") == 1 else None
            return has_rested(team)

        await team.work(outcome(TWO), until=reported)
        kinds = ("agent.thread_message_received", BEGIN, OVER, "session.status_idle", "session.status_running")
        assert order(team, *kinds) == [
            "session.status_running",
            *["agent.thread_message_received"] * 2,
            BEGIN,
            OVER,
            "session.status_idle",
        ]
        assert not [kind for child in team.children for kind in team.types_of(child) if "outcome" in kind]
        grading = team.model.requests[-1]
        assert "All is done." in said_in(grading)

    play(story)


def test_a_child_that_is_interrupted_and_reports_nothing_keeps_no_outcome_waiting() -> None:
    async def story() -> None:
        held = asyncio.Event()
        parts = {**leading(("tester", "go")), **CONTENT, "tester": lambda *_: [held]}
        team = lead(member("tester"), parts=parts)
        sent: list[str] = []

        def interrupted() -> bool:
            if not sent and team.log.state(SESSION_ID).primary == "idle" and team.children:
                sent.append(team.children[0])
                sending.append(asyncio.create_task(interrupt(sent[0])))
            return has_rested(team)

        async def interrupt(child: str) -> None:
            await team.send({**INTERRUPT, "session_thread_id": child})
            team.tasks.interrupt(SESSION_ID, child)
            team.tasks.wake(SESSION_ID, child)

        sending: list[asyncio.Task[None]] = []
        await team.work(outcome(TWO), until=interrupted)
        assert order(team, BEGIN, OVER, "session.status_idle", "session.status_running") == [
            "session.status_running",
            BEGIN,
            OVER,
            "session.status_idle",
        ]

    play(story)


def test_a_child_that_asks_rests_the_session_and_the_outcome_is_graded_after_its_report() -> None:
    async def story() -> None:
        def tests(_: ModelRequest, number: int) -> Answer:
            return calls(("bash", {"command": "pytest"})) if number == 0 else says("Green.")

        parts = {**leading(("tester", "go")), **CONTENT, "tester": tests}
        team = lead(member("tester", asking("bash")), parts=parts)
        await team.work(outcome(TWO), until=lambda: has_rested(team))
        assert team.stop_reasons()[-1]["type"] == "requires_action"
        assert BEGIN not in team.types_of()
        (child,) = team.children
        call = next(event.id for event in team.of(child) if event.type == "agent.tool_use")
        await team.work(
            confirm(call, session_thread_id=child), until=lambda: team.types.count("session.status_idle") == 2
        )
        assert order(team, BEGIN, OVER, "session.status_idle") == [
            "session.status_idle",
            BEGIN,
            OVER,
            "session.status_idle",
        ]
        assert team.stop_reasons()[-1] == {"type": "end_turn"}

    play(story)


def test_a_report_that_comes_just_after_the_queue_was_taken_is_heard_before_the_grading() -> None:
    async def story() -> None:
        held = asyncio.Event()
        parts = {**leading(("tester", "go"), ("fixer", "go")), **CONTENT}
        team = lead(member("tester"), member("fixer"), parts={**parts, "fixer": lambda *_: [held, *says("Fixed.")]})
        take = team.log.take

        async def take_then_hear(
            session_id: str, *, thread_id: str | None = None, only: frozenset[str] | None = None
        ) -> list[Entry]:
            taken = await take(session_id, thread_id=thread_id, only=only)
            is_primary = thread_id in {None, THREAD_ID}
            if is_primary and only and not held.is_set() and "All is done." in str(team.of()):
                held.set()
                while not team.log.queued(SESSION_ID):  # noqa: ASYNC110 - what is looked at is no event
                    await asyncio.sleep(0)
            return taken

        team.log.take = take_then_hear  # type: ignore[method-assign]
        await team.work(outcome(TWO), until=lambda: has_rested(team))
        assert held.is_set()
        heard = [kind for kind in team.types_of() if kind in {"agent.thread_message_received", BEGIN}]
        assert heard == ["agent.thread_message_received", "agent.thread_message_received", BEGIN]

    play(story)
