"""Outcomes over the API, with the public SDK: how they are defined, what is refused, and what a session tells of them."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.api.test_budget import DEAR, limit
from tests.brain.test_outcomes import SATISFIED_WITH_A_FAILURE, TWO, verdict
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import says
from workbench.contracts.forks import fork_id
from workbench.contracts.values import Call, Outcome, text_outcome

Json = dict[str, Any]


def defines(rubric: Any = TWO, **fields: Any) -> Json:
    rubric = {"type": "text", "content": rubric} if isinstance(rubric, str) else rubric
    return {"type": "user.define_outcome", "description": "Draw a ball.", "rubric": rubric, **fields}


async def refusal(stage: Stage, session_id: str, *events: Json) -> tuple[int, str]:
    with pytest.raises(anthropic.APIStatusError) as refused:
        await stage.client.beta.sessions.events.send(session_id, events=list(events))  # type: ignore[arg-type]
    return refused.value.status_code, str(refused.value.body["error"]["message"])  # type: ignore[index]


async def results_of(stage: Stage, session_id: str) -> list[str]:
    session = await stage.client.beta.sessions.retrieve(session_id)
    return [one.result for one in session.outcome_evaluations]


def test_a_program_of_the_public_guide_defines_an_outcome_and_streams_its_evaluations_to_the_end() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        seen: list[Any] = []
        async with await stage.client.beta.sessions.events.stream(session.id) as stream:
            sent = await stage.client.beta.sessions.events.send(session.id, events=[defines(max_iterations=5)])  # type: ignore[list-item]
            echo: Any = sent.data[0] if sent.data else None
            async for event in stream:
                seen.append(event)
                if event.type == "session.status_idle":
                    break
        assert echo.processed_at is not None
        assert echo.outcome_id.startswith("outc_")
        assert (echo.rubric.type, echo.rubric.content, echo.max_iterations) == ("text", TWO, 5)
        ends = [one for one in seen if one.type == "span.outcome_evaluation_end"]
        assert [(one.iteration, one.result, one.outcome_id) for one in ends] == [
            (0, "needs_revision", echo.outcome_id),
            (1, "satisfied", echo.outcome_id),
        ]
        assert [one.type for one in seen].count("session.status_running") == 1
        (evaluation,) = (await stage.client.beta.sessions.retrieve(session.id)).outcome_evaluations
        assert evaluation.completed_at is not None
        told = evaluation.to_dict()
        assert {**told, "completed_at": None, "explanation": None} == {
            "type": "outcome_evaluation",
            "outcome_id": echo.outcome_id,
            "description": "Draw a ball.",
            "iteration": 1,
            "result": "satisfied",
            "explanation": None,
            "completed_at": None,
        }
        assert stage.engine.log.states.state(session.id).standing == "idle"

    play(story, script=[says("First."), verdict("", "it is square"), says("Second."), verdict("", "")])


def test_a_session_can_begin_with_an_outcome_beside_messages_and_is_born_running() -> None:
    async def story(stage: Stage) -> None:
        agent = await stage.agent()
        environment = await stage.client.beta.environments.create(name="e")
        said = {"type": "user.message", "content": [{"type": "text", "text": "Use red."}]}

        async def create(*initial: Json) -> Any:
            return await stage.client.beta.sessions.create(
                agent=agent.id,
                environment_id=environment.id,
                initial_events=list(initial),  # type: ignore[arg-type]
            )

        for wrong in ([defines(), defines()], [{"type": "user.define_outcome", "description": "x"}]):
            with pytest.raises(anthropic.BadRequestError):
                await create(*wrong)
        assert [one async for one in stage.client.beta.sessions.list()] == []
        session = await create(defines(), said)
        assert (session.status, [one.result for one in session.outcome_evaluations]) == ("running", ["pending"])
        if not any(one.type == "session.status_idle" for one in await stage.listed(session.id)):
            await stage.until_idle(session.id)
        assert await results_of(stage, session.id) == ["satisfied"]

    play(story, script=[says("First."), verdict("", "")])


def test_what_does_not_fit_is_refused_whole_with_a_reason() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        wrong: list[tuple[Json, str]] = [
            ({"type": "user.define_outcome", "description": "x"}, "rubric"),
            (defines("x" * 262_145), "rubric"),
            (defines(" \n"), "blank"),
            (defines(max_iterations=0), "max_iterations"),
            (defines(max_iterations=21), "max_iterations"),
            (defines(max_iterations=True), "max_iterations"),
            (defines(description=""), "description"),
            ({**defines(), "outcome_id": "outc_1"}, "outcome_id"),
        ]
        for event, named in wrong:
            status, said = await refusal(stage, session.id, event)
            assert (status, named in said) == (400, True), said
        assert (await refusal(stage, session.id, defines(), defines()))[0] == 400
        assert (await refusal(stage, session.id, {"type": "user.interrupt"}, defines()))[0] == 400
        assert (await refusal(stage, session.id, defines({"type": "file", "file_id": "file_nothing"})))[0] == 404
        assert await stage.listed(session.id) == []
        await stage.client.beta.sessions.events.send(session.id, events=[defines("x" * 262_144)])  # type: ignore[list-item]

    play(story, script=[says("Done."), verdict("")])


def test_a_file_rubric_is_its_text_from_the_moment_that_it_is_taken() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        for content, fault in ((b"\xff\xfe", "UTF-8"), (b"x" * 262_145, "characters"), (b" ", "empty")):
            file = await stage.client.beta.files.upload(file=("rubric.md", content, "text/plain"))
            status, said = await refusal(stage, session.id, defines({"type": "file", "file_id": file.id}))
            assert (status, fault in said) == (400, True), said
        file = await stage.client.beta.files.upload(file=("rubric.md", TWO.encode(), "text/markdown"))
        rubric = {"type": "file", "file_id": file.id}
        sent = await stage.client.beta.sessions.events.send(session.id, events=[defines(rubric)])  # type: ignore[list-item]
        echo: Any = sent.data[0] if sent.data else None
        assert (echo.rubric.type, echo.rubric.content) == ("text", TWO)

    play(story, script=[says("Done."), verdict("", "")])


def test_one_outcome_at_once_and_the_next_when_it_has_ended_with_the_oldest_first() -> None:
    held = asyncio.Event()

    async def story(stage: Stage) -> None:
        session = await stage.session()
        await stage.client.beta.sessions.events.send(session.id, events=[defines()])  # type: ignore[list-item]
        status, said = await refusal(stage, session.id, defines())
        assert (status, "outc_" in said) == (400, True)
        await stage.until_idle(
            session.id,
            then=stage.client.beta.sessions.events.send(session.id, events=[{"type": "user.interrupt"}]),
        )
        await stage.until_idle(
            session.id,
            then=stage.client.beta.sessions.events.send(session.id, events=[defines("- red")]),  # type: ignore[list-item]
        )
        assert await results_of(stage, session.id) == ["interrupted", "satisfied"]

    play(story, script=[[held], says("Done."), verdict("")])


def test_at_the_budget_no_outcome_is_taken() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session(budget=limit(300))
        await stage.until_idle(session.id, then=stage.say(session.id, "Hi"))
        status, said = await refusal(stage, session.id, defines())
        assert (status, "budget" in said) == (400, True)

    play(story, script=[DEAR])


def test_commands_run_in_a_copy_that_is_gone_afterwards_also_where_the_grader_is_no_good() -> None:
    ran: list[Call] = []

    def gives(call: Call) -> Outcome:
        ran.append(call)
        return text_outcome("1 failed", is_error=True)

    hands = ScriptedHands(gives=gives)

    async def story(stage: Stage) -> None:
        session = await stage.session()
        copy = fork_id(session.id)
        rubric = f"- `make test` exits 0\n{TWO}"
        await stage.until_idle(
            session.id,
            then=stage.client.beta.sessions.events.send(session.id, events=[defines(rubric)]),  # type: ignore[list-item]
        )
        assert "make test" in ran[0].input["command"]
        assert await stage.files.forks() == []
        assert hands.released[-1] == copy
        assert session.id not in hands.released
        types = [one.type for one in await stage.listed(session.id)]
        assert types[-5:-3] == ["span.outcome_evaluation_end", "session.error"]
        assert await results_of(stage, session.id) == ["interrupted"]

    play(story, script=[says("Done."), SATISFIED_WITH_A_FAILURE, says("No.")], hands=hands)


def test_an_engine_that_begins_removes_the_copies_that_are_left() -> None:
    async def story(stage: Stage) -> None:
        stage.files.texts["grad_01left"] = {"a": "b"}
        await stage.engine._forks.remove_left()
        assert await stage.files.forks() == []
        assert stage.hands.released == ["grad_01left"]

    play(story)
