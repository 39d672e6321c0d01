"""Calls that wait for a person or a client."""

from __future__ import annotations

import asyncio

from tests.brain.stage import (
    END,
    SESSION_ID,
    START,
    Stage,
    agent,
    asking,
    confirm,
    play,
    session,
)
from tests.trivial.model import calls, says


def test_an_allowed_call_of_the_same_answer_runs_while_another_waits() -> None:
    async def story() -> None:
        stage = Stage(session(agent(asking("bash"))), [calls(("bash", {"command": "x"}), ("read", {"file_path": "a"}))])
        await stage.say("Go")
        await stage.wake()
        bash, read = stage.ids("agent.tool_use")
        assert [call for call, _, _ in stage.results()] == [read]
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [bash]}]
        (asked, allowed) = stage.bodies("agent.tool_use")
        assert (asked["evaluated_permission"], asked["evaluation"]) == ("ask", {"type": "always_ask"})
        assert (allowed["evaluated_permission"], allowed["evaluation"]) == ("allow", {"type": "always_allow"})
        await stage.send(confirm(bash))
        await stage.wake()
        idle = ["session.thread_status_idle", "session.usage", "session.status_idle"]
        running = ["session.status_running", "session.thread_status_running"]
        tail = ["user.tool_confirmation", *running, "agent.tool_result", START, "agent.message", END, *idle]
        assert stage.types[-len(tail) :] == tail

    play(story)


def test_answering_some_calls_names_the_remainder_again() -> None:
    async def story() -> None:
        script = [calls(("bash", {"command": "1"}), ("bash", {"command": "2"}))]
        stage = Stage(session(agent(asking("bash"))), script)
        await stage.say("Go")
        await stage.wake()
        first, second = stage.ids("agent.tool_use")
        await stage.send(confirm(second, "deny", deny_message="Not that one."))
        await stage.wake()
        assert stage.results() == [(second, "Not that one.", True)]
        await stage.wake()
        await stage.send(confirm(first, "deny"))
        await stage.wake()
        assert stage.results()[1:] == [(first, "Permission to use bash has been denied.", True)]
        assert stage.stop_reasons() == [
            {"type": "requires_action", "event_ids": [first, second]},
            {"type": "requires_action", "event_ids": [first]},
            {"type": "end_turn"},
        ]
        assert stage.hands.executed == []

    play(story)


def test_a_message_that_waits_stays_in_the_inbox_until_every_call_is_answered() -> None:
    async def story() -> None:
        stage = Stage(session(agent(asking("bash"))), [calls(("bash", {"command": "x"}))])
        await stage.say("Go")
        await stage.wake()
        await stage.say("And this")
        await stage.wake()
        assert len(stage.log.queued(SESSION_ID)) == 1
        await stage.send(confirm(stage.ids("agent.tool_use")[0]))
        await stage.wake()
        tail = ["agent.tool_result", "user.message", START, "agent.message", END]
        assert stage.types[-8:-3] == tail

    play(story)


def test_a_custom_call_waits_for_its_client_and_is_never_gated() -> None:
    async def story() -> None:
        lookup = {"type": "custom", "name": "lookup", "description": "d", "input_schema": {"type": "object"}}
        stage = Stage(session(agent(lookup)), [calls(("lookup", {"q": 1})), says("42.")])
        await stage.say("Look up")
        await stage.wake()
        (use,) = stage.ids("agent.custom_tool_use")
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [use]}]
        text = [{"type": "text", "text": "42"}]
        await stage.send({"type": "user.custom_tool_result", "custom_tool_use_id": use, "content": text})
        await stage.wake()
        assert stage.stop_reasons()[-1] == {"type": "end_turn"}
        assert stage.model.requests[1].body["messages"][-1]["content"][0]["content"] == text

    play(story)


def test_a_call_of_a_tool_that_is_not_offered_is_refused_before_any_policy() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("teleport", {}))])
        await stage.say("Go")
        await stage.wake()
        (use,) = stage.bodies("agent.tool_use")
        assert use["evaluated_permission"] == "deny"
        assert "evaluation" not in use
        assert stage.results() == [
            (
                use["id"],
                "There is no tool 'teleport' in this session. Tools you can use: bash, background, read, write, edit, glob, grep, web_search, web_fetch, session_history, propose_plan, update_tasks.",
                True,
            )
        ]
        assert stage.hands.executed == []

    play(story)


def test_a_denial_of_a_call_that_needed_no_answer_still_gives_it_one_result() -> None:
    async def story() -> None:
        stage = Stage(script=[calls(("bash", {"command": "x"}))])
        await stage.say("Go")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until("agent.tool_use")
            await stage.crash(wake)
        (use,) = stage.ids("agent.tool_use")
        await stage.send(confirm(use, "deny"))
        await stage.wake()
        assert stage.results() == [(use, "Permission to use bash has been denied.", True)]

    play(story)
