"""Agents that start others, as the SDK sees it: rosters, threads, their events and streams, interrupts and archiving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.brain.team import said_in, system_of
from tests.trivial.model import Answer, calls, says
from workbench.contracts.brain import ModelRequest
from workbench.contracts.values import Json

GO: Any = {"type": "user.message", "content": [{"type": "text", "text": "go"}]}
ASKS: Any = {"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}


def leads(request: ModelRequest, *tasks: str) -> Answer:
    text = said_in(request)
    if "was started as" not in text:
        return calls(*(("create_agent", {"agent": "worker", "message": one}) for one in tasks))
    return says("All done." if text.count("[Report") >= len(tasks) else "Waiting.")


def script(stage: Stage, *tasks: str, worker: Any = lambda _: says("I am done.")) -> None:
    stage.model.otherwise = lambda one: leads(one, *tasks) if system_of(one) == "lead" else worker(one)


async def team(stage: Stage, *, tools: Any = None, **fields: Any) -> tuple[Any, Any, Any]:
    """A worker, its coordinator, and a session at work."""
    worker = await stage.agent(
        name="worker", system="worker", description="Works.", **({"tools": tools} if tools else {})
    )
    lead = await stage.agent(name="lead", system="lead", multiagent={"type": "coordinator", "agents": [worker.id]})
    environment = await stage.client.beta.environments.create(name="e")
    session = await stage.client.beta.sessions.create(
        agent=lead.id, environment_id=environment.id, initial_events=[GO], **fields
    )
    return worker, lead, session


async def until(stage: Stage, is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that a change of the session's state brings."""
    changes = stage.log.changes()
    while not await is_so():
        await anext(changes)


async def until_rest(stage: Stage, session_id: str) -> None:
    async def rests() -> bool:
        return bool((await stage.client.beta.sessions.retrieve(session_id)).status == "idle")

    await until(stage, rests)


async def threads_of(stage: Stage, session_id: str) -> list[Any]:
    return [one async for one in stage.client.beta.sessions.threads.list(session_id)]


def test_a_coordinator_starts_two_agents_whose_threads_are_there_as_the_public_guide_shows() -> None:
    async def story(stage: Stage) -> None:
        script(stage, "one", "two")
        worker, lead, session = await team(stage)
        assert session.agent.multiagent.agents[0].name == "worker"
        assert lead.multiagent.agents[0].model_dump() == {"id": worker.id, "type": "agent", "version": 1}
        await until_rest(stage, session.id)
        beta = stage.client.beta.sessions
        threads = await threads_of(stage, session.id)
        assert [one.parent_thread_id for one in threads] == [None, threads[0].id, threads[0].id]
        assert [one.agent.name for one in threads] == ["lead", "worker", "worker"]
        assert [one.status for one in threads] == ["idle"] * 3
        assert threads[1].usage is not None
        assert threads[1].stats is not None
        shown = [one async for one in beta.events.list(session.id)]
        assert [one.type for one in shown].count("session.thread_created") == 2
        assert [one.type for one in shown].count("agent.thread_message_received") == 2
        first = await beta.threads.retrieve(threads[1].id, session_id=session.id)
        assert first.id == threads[1].id
        own = [one async for one in beta.threads.events.list(threads[1].id, session_id=session.id)]
        assert own[0].type == "agent.thread_message_received"
        assert own[-1].type == "session.thread_status_idle"
        total = (await beta.retrieve(session.id)).usage
        assert total.input_tokens == sum(
            one.usage.input_tokens for one in threads if one.usage and one.usage.input_tokens
        )

    play(story)


def test_a_threads_stream_tells_its_own_events_and_previews_alone() -> None:
    gate = asyncio.Event()

    async def story(stage: Stage) -> None:
        script(stage, "one", worker=lambda _: [gate, *says("I am done.")])
        _, _, session = await team(stage)

        async def is_started() -> bool:
            return len(await threads_of(stage, session.id)) == 2

        await until(stage, is_started)
        found = await threads_of(stage, session.id)
        seen = []
        threads = stage.client.beta.sessions.threads
        stream = await threads.events.stream(found[1].id, session_id=session.id, event_deltas=["agent.message"])
        async with stream as heard:
            gate.set()
            async for event in heard:
                seen.append(event.type)
                if event.type == "session.thread_status_idle":
                    break
        assert "event_delta" in seen
        assert "agent.message" in seen
        assert "session.usage" not in seen

    play(story)


def test_a_childs_question_is_answered_by_its_event_alone() -> None:
    async def story(stage: Stage) -> None:
        def works(request: ModelRequest) -> Answer:
            is_done = any(turn["role"] == "assistant" for turn in request.body["messages"])
            return says("Cleaned.") if is_done else calls(("bash", {"command": "rm -r x"}))

        script(stage, "one", worker=works)
        _, _, session = await team(stage, tools=[ASKS])
        await until_rest(stage, session.id)
        told = await stage.listed(session.id)
        (call,) = [one for one in told if one.type == "agent.tool_use"]
        assert call.session_thread_id.startswith("sthr_")
        assert told[-1].stop_reason.event_ids == [call.id]
        allow: Any = {"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"}
        sent: Any = await stage.client.beta.sessions.events.send(session.id, events=[allow])
        (echo,) = sent.data
        assert echo.session_thread_id == call.session_thread_id

        async def is_told() -> bool:
            return "All done." in str(await stage.listed(session.id))

        await until(stage, is_told)
        await until_rest(stage, session.id)

    play(story)


def test_a_child_is_interrupted_archived_and_then_takes_nothing_more() -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def story(stage: Stage) -> None:
        script(stage, "one", worker=lambda _: [begun.set, never, *says("late")])
        _, _, session = await team(stage)
        await begun.wait()
        beta = stage.client.beta.sessions
        child = (await threads_of(stage, session.id))[1]
        with pytest.raises(anthropic.BadRequestError, match="running"):
            await beta.threads.archive(child.id, session_id=session.id)
        await beta.events.send(session.id, events=[{"type": "user.interrupt", "session_thread_id": child.id}])
        await until_rest(stage, session.id)
        assert "agent.thread_message_received" not in [one.type for one in await stage.listed(session.id)]
        archived = await beta.threads.archive(child.id, session_id=session.id)
        assert (archived.status, archived.archived_at is None) == ("terminated", False)
        with pytest.raises(anthropic.BadRequestError, match="terminated"):
            await beta.events.send(session.id, events=[{"type": "user.interrupt", "session_thread_id": child.id}])
        await beta.archive(session.id)
        with pytest.raises(anthropic.NotFoundError):
            await beta.threads.retrieve("sthr_nothing", session_id=session.id)

    play(story)


def test_an_interrupt_without_a_thread_ends_the_work_of_all() -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def story(stage: Stage) -> None:
        script(stage, "one", "two", worker=lambda _: [begun.set, never, *says("late")])
        _, _, session = await team(stage)
        await begun.wait()
        await stage.client.beta.sessions.events.send(session.id, events=[{"type": "user.interrupt"}])
        await until_rest(stage, session.id)
        threads = await threads_of(stage, session.id)
        assert {one.status for one in threads} == {"idle"}
        assert [one.type for one in await stage.listed(session.id)].count("user.interrupt") == 1

    play(story)


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ({"type": "coordinator", "agents": []}, "at least 1"),
        ({"type": "coordinator", "agents": ["agent_nothing"]}, "no agent agent_nothing"),
        ({"type": "coordinator", "agents": ["WORKER", "WORKER"]}, "in the list already"),
        ({"type": "coordinator", "agents": ["GONE"]}, "archived"),
        ({"type": "coordinator", "agents": ["LEAD"]}, "one level deep"),
        ({"type": "coordinator", "agents": [{"type": "advisor", "model": "m"}] * 2}, "one advisor"),
        ({"type": "multiagent_20261001", "advisor": {"type": "enabled"}}, "needs a model"),
        (
            {"type": "multiagent_20261001", "subagents": {"type": "enabled", "inline_agents": {"type": "disabled"}}},
            "at least",
        ),
        ({"type": "team"}, "multiagent.type"),
    ],
)
def test_a_roster_that_cannot_work_is_refused_with_its_place(block: Json, word: str) -> None:
    async def story(stage: Stage) -> None:
        ids = {"WORKER": (await stage.agent(name="worker")).id}
        gone = await stage.agent(name="gone")
        await stage.client.beta.agents.archive(gone.id)
        ids["GONE"] = gone.id
        ids["LEAD"] = (await stage.agent(name="l", multiagent={"type": "coordinator", "agents": [ids["WORKER"]]})).id
        given = block | ({"agents": [ids.get(str(one), one) for one in block["agents"]]} if "agents" in block else {})
        with pytest.raises(anthropic.APIStatusError, match=word):
            await stage.agent(multiagent=given)

    play(story)


def test_the_block_of_three_members_is_whole_by_default_and_merges_level_by_level() -> None:
    async def story(stage: Stage) -> None:
        worker = await stage.agent(name="worker")
        agent = await stage.agent(multiagent={"type": "multiagent_20261001"})
        enabled = {"type": "enabled", "inline_agents": {"type": "enabled"}, "predefined_agents": []}
        whole = {
            "type": "multiagent_20261001",
            "advisor": {"type": "disabled"},
            "subagents": enabled,
            "workflows": enabled,
        }
        assert agent.multiagent.model_dump() == whole

        async def update(block: Any) -> Any:
            current = await stage.client.beta.agents.retrieve(agent.id)
            changed = await stage.client.beta.agents.update(agent.id, version=current.version, multiagent=block)
            return changed.multiagent.model_dump() if changed.multiagent else None

        kept = await update(
            {"type": "multiagent_20261001", "subagents": {"type": "enabled", "predefined_agents": [worker.id]}}
        )
        reference = {"id": worker.id, "type": "agent", "version": 1}
        assert kept["subagents"] == {**enabled, "predefined_agents": [reference]}
        off = await update({"type": "multiagent_20261001", "workflows": {"type": "disabled"}})
        assert off == {**whole, "subagents": kept["subagents"], "workflows": {"type": "disabled"}}
        assert (await update({"type": "multiagent_20261001", "subagents": None}))["subagents"] == enabled
        own = await update({"type": "coordinator", "agents": [{"type": "self"}]})
        assert own["agents"] == [{"id": agent.id, "type": "agent", "version": 5}]
        assert await update(None) is None

    play(story)


def test_an_agent_is_defined_when_it_is_started_and_has_no_id() -> None:
    async def story(stage: Stage) -> None:
        def answers(request: ModelRequest) -> Answer:
            if system_of(request) != "lead":
                return says(f"{system_of(request)}!")
            inline = {"name": "poet", "description": "Rhymes.", "system": "You rhyme", "message": "Rhyme."}
            return says("Done.") if "was started as" in said_in(request) else calls(("create_agent", inline))

        stage.model.otherwise = answers
        agent = await stage.agent(name="lead", system="lead", multiagent={"type": "multiagent_20261001"})
        environment = await stage.client.beta.environments.create(name="e")
        session = await stage.client.beta.sessions.create(
            agent=agent.id, environment_id=environment.id, initial_events=[GO]
        )
        await until_rest(stage, session.id)
        child = (await threads_of(stage, session.id))[1]
        assert (child.agent.type, child.agent.name) == ("inline", "poet")
        assert "You rhyme!" in str(await stage.listed(session.id))

    play(story)


def test_the_feed_and_the_list_of_runs_tell_of_threads_and_a_threads_stream_is_resumed() -> None:
    async def story(stage: Stage) -> None:
        script(stage, "one")
        _, _, session = await team(stage)
        await until_rest(stage, session.id)
        http = stage.raw
        told = (await http.get(f"/workbench/v1/sessions/{session.id}/state")).json()
        (child,) = told["threads"]
        assert (child["agent_name"], child["status"], child["stop_reason"]) == ("worker", "idle", "end_turn")
        assert (told["primary_status"], told["runs"], child["last_text"]) == ("idle", [], "I am done.")
        assert (await http.get(f"/workbench/v1/sessions/{session.id}/workflow_runs")).json() == {"data": []}
        query = {"after": 0, "thread_id": child["id"]}
        async with http.stream("GET", f"/workbench/v1/sessions/{session.id}/stream", params=query) as answer:
            kinds = [line async for line in _lines(answer, "session.thread_status_idle")]
        assert kinds[0] == "event: agent.thread_message_received"
        assert "event: session.usage" not in kinds

    play(story)


PROGRAM = "a = parallel([agent('good'), agent('bad', name='looker', on_error='skip')])\nresult = [a, agent('last')]"


def test_an_open_run_tells_how_many_of_its_agents_failed_and_which() -> None:
    async def story(stage: Stage) -> None:
        def answers(request: ModelRequest) -> Answer:
            text = said_in(request)
            if system_of(request) == "lead":
                begins = "was started as" not in text
                return calls(("start_workflow", {"name": "all", "program": PROGRAM})) if begins else says("Waiting.")
            if "bad" in text:
                return says("No.", stop_reason="refusal")
            return [asyncio.Event()] if "last" in text else says("Good.")

        stage.model.otherwise = answers
        agent = await stage.agent(name="lead", system="lead", multiagent={"type": "multiagent_20261001"})
        environment = await stage.client.beta.environments.create(name="e")
        session = await stage.client.beta.sessions.create(
            agent=agent.id, environment_id=environment.id, initial_events=[GO]
        )
        path = f"/workbench/v1/sessions/{session.id}"

        async def is_at_last() -> bool:
            runs = (await stage.raw.get(f"{path}/state")).json()["runs"]
            return [(one["agents"], one["done"], one["failed"]) for one in runs] == [(3, 2, 1)]

        await until(stage, is_at_last)
        [run] = (await stage.raw.get(f"{path}/workflow_runs")).json()["data"]
        assert (run["done"], run["failed"], run["errors"]) == (2, 1, ["looker: the model refused"])
        # No interrupt ends it; a person does, and the agent reads that.
        assert (await stage.raw.post(f"{path}/workflow_runs/wrun_none/stop")).status_code == 404
        for _ in range(2):
            ended = (await stage.raw.post(f"{path}/workflow_runs/{run['id']}/stop")).json()
            assert (ended["id"], ended["result"]) == (run["id"], {"type": "stopped"})
        await until_rest(stage, session.id)
        assert "(wrun_" in said_in(stage.model.requests[-1])
        assert "has ended: stopped" in said_in(stage.model.requests[-1])

    play(story)


@pytest.mark.parametrize("act", ["archive", "delete"])
def test_a_session_at_which_only_a_run_works_can_be_ended_and_the_run_ends_with_it(act: str) -> None:
    async def story(stage: Stage) -> None:
        stage.model.otherwise = lambda request: (
            [asyncio.Event()]
            if system_of(request) != "lead"
            else says("Waiting.")
            if "was started as" in said_in(request)
            else calls(("start_workflow", {"name": "all", "program": "result = agent('last')"}))
        )
        agent = await stage.agent(name="lead", system="lead", multiagent={"type": "multiagent_20261001"})
        environment = await stage.client.beta.environments.create(name="e")
        session = await stage.client.beta.sessions.create(
            agent=agent.id, environment_id=environment.id, initial_events=[GO]
        )

        async def is_waiting() -> bool:
            state = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/state")).json()
            return state["primary_status"] == "idle" and bool(state["runs"] and state["threads"])

        await until(stage, is_waiting)
        if act == "delete":
            await stage.client.beta.sessions.delete(session.id)
            return
        await stage.client.beta.sessions.archive(session.id)
        ended = [one for one in await stage.listed(session.id) if one.type == "workflow_run.status_ended"]
        assert [one.result.type for one in ended] == ["stopped"]
        assert (await stage.client.beta.sessions.retrieve(session.id)).status == "terminated"

    play(story)


async def _lines(answer: Any, last: str) -> AsyncIterator[str]:
    """The names of events up to this one."""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            yield line
            if line == f"event: {last}":
                return
