"""The thread is the log's unit: each has entries, facts, an inbox and followers of its own in one session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.log.making import (
    SESSION,
    WAIT_S,
    Opener,
    event,
    frames,
    ids,
    journaled,
    preview,
    preview_start,
    run,
    said,
    trivial,
)
from workbench import events
from workbench.contracts.facts import FILES_COUNTED, SESSION_SPENT
from workbench.contracts.log import Post
from workbench.contracts.questions import QueryLimits
from workbench.contracts.thread_facts import WORKFLOW_ANSWERED
from workbench.contracts.values import Entry, Fact
from workbench.log import open_log, rebuild

CHILD = "sthr_child"
PRIMARY = events.primary_thread_id(SESSION)
openers = pytest.mark.parametrize(
    "opener", [pytest.param(journaled, id="journaled"), pytest.param(trivial, id="trivial")]
)


@openers
def test_a_threads_entries_are_its_own_and_numbered_with_the_sessions(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        words = [said(str(number)) for number in range(4)]
        await log.sessions.append(SESSION, words[:1])
        (first,) = await log.sessions.append(SESSION, words[1:2], thread_id=CHILD)
        await log.sessions.append(SESSION, words[2:3], thread_id=PRIMARY)
        await log.sessions.append(SESSION, words[3:], thread_id=CHILD)
        assert (first.seq, first.thread_id) == (2, CHILD)
        assert [entry.seq for entry in await log.sessions.read(SESSION)] == [1, 3]
        assert await log.sessions.read(SESSION, thread_id=PRIMARY) == await log.sessions.read(SESSION)
        assert ids(await log.sessions.read(SESSION, thread_id=CHILD)) == [words[1].id, words[3].id]
        assert [entry.seq for entry in await log.sessions.read(SESSION, thread_id=CHILD, after=2)] == [4]
        assert [one.seq for one in await log.sessions.read(SESSION, thread_id=CHILD, newest_first=True, limit=1)] == [4]
        assert log.states.state(SESSION).last_text == "2"
        await log.close()

    run(story())


@openers
def test_what_a_client_sends_to_a_thread_waits_for_it_alone(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        interrupt = replace_none(event("user.interrupt", session_thread_id=CHILD))
        other = replace_none(event("user.interrupt", session_thread_id=PRIMARY))
        await log.inbox.send(SESSION, [interrupt, other])
        assert ids(log.inbox.queued(SESSION)) == [other.id]
        assert ids(log.inbox.queued(SESSION, thread_id=CHILD)) == [interrupt.id]
        taken = await log.inbox.take(SESSION, thread_id=CHILD)
        assert [(entry.event.id, entry.thread_id) for entry in taken] == [(interrupt.id, CHILD)]
        assert log.inbox.queued(SESSION, thread_id=CHILD) == []
        assert ids(log.inbox.queued(SESSION)) == [other.id]
        assert ids(await log.sessions.read(SESSION, thread_id=CHILD)) == [interrupt.id]
        await log.close()

    run(story())


@openers
def test_facts_of_a_thread_and_of_the_session_are_told_apart(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        own = Fact("mcp.listed", SESSION, events.now(), {"server": "a", "tools": []})
        childs = replace(own, thread_id=CHILD)
        await log.facts.record(own)
        await log.facts.record(childs)
        assert await log.facts.facts(SESSION, "mcp.listed") == [own]
        assert await log.facts.facts(SESSION, "mcp.listed", thread_id=CHILD) == [childs]
        await log.close()

    run(story())


@openers
def test_a_thread_is_followed_alone_with_its_previews(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        words = [said("one"), said("two"), said("three")]
        await log.sessions.append(SESSION, words[:1], thread_id=CHILD)
        child, session = log.sessions.follow(SESSION, thread_id=CHILD, after=0), log.sessions.follow(SESSION, after=0)
        log.sessions.preview(replace(preview_start(), thread_id=CHILD))
        log.sessions.preview(replace(preview("Hm"), thread_id=CHILD))
        await log.sessions.append(SESSION, words[1:2])
        await log.sessions.append(SESSION, words[2:], thread_id=CHILD)
        async with asyncio.timeout(WAIT_S):
            heard = await frames(child, 4)
            (of_session,) = await frames(session, 1)
        assert [one.event.id for one in heard if isinstance(one, Entry)] == [words[0].id, words[2].id]
        assert [one.thread_id for one in heard] == [CHILD] * 4
        assert isinstance(of_session, Entry)
        assert of_session.event.id == words[1].id
        await log.close()

    run(story())


def test_threads_outlive_a_restart_and_a_lost_database(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        fact = Fact("mcp.listed", SESSION, events.now(), {"server": "a", "tools": []}, CHILD)
        await log.sessions.append(SESSION, [said("one")])
        await log.sessions.append(SESSION, [said("two")], thread_id=CHILD, facts=[fact])
        interrupt = replace_none(event("user.interrupt", session_thread_id=CHILD))
        await log.inbox.send(SESSION, [interrupt])
        kept = await log.sessions.read(SESSION, thread_id=CHILD)
        await log.close()
        for lose in (False, True):
            if lose:
                await rebuild(tmp_path)
            log = await open_log(tmp_path)
            assert await log.sessions.read(SESSION, thread_id=CHILD) == kept
            assert [entry.seq for entry in await log.sessions.read(SESSION)] == [1]
            assert await log.facts.facts(SESSION, "mcp.listed", thread_id=CHILD) == [fact]
            assert ids(log.inbox.queued(SESSION, thread_id=CHILD)) == [interrupt.id]
            assert log.inbox.queued(SESSION) == []
            await log.close()

    run(story())


def replace_none(one: events.Event) -> events.Event:
    """As a client sends it: processed by nobody yet."""
    return one.model_copy(update={"processed_at": None})


@openers
def test_what_is_posted_to_several_threads_is_one_write_and_what_waits_is_taken_by_its_thread(
    opener: Opener, tmp_path: Path
) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        created = event("session.thread_created", agent_name="tester", session_thread_id=CHILD)
        words = [{"type": "text", "text": "look"}]
        sent = event("agent.thread_message_sent", to_session_thread_id=CHILD, content=words)
        task = event("agent.thread_message_received", from_session_thread_id=PRIMARY, content=words)
        posts = [Post(created), Post(sent), Post(task, CHILD, waits=True)]
        written = await log.sessions.post(SESSION, posts)
        assert [(one.thread_id, one.seq) for one in written] == [(None, 1), (None, 2), (CHILD, None)]
        assert log.inbox.queued(SESSION) == []
        assert [one.agent_name for one in log.states.state(SESSION).threads] == ["tester"]
        (taken,) = await log.inbox.take(SESSION, thread_id=CHILD)
        assert (taken.event.id, taken.seq) == (task.id, 3)
        await log.close()

    run(story())


@openers
def test_a_call_of_a_child_that_asks_waits_for_the_session_and_its_answer_stands_in_both_logs(
    opener: Opener, tmp_path: Path
) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        named = {"agent_name": "tester", "session_thread_id": CHILD}
        call = event("agent.tool_use", name="bash", input={"command": "ls"}, evaluated_permission="ask")
        shown = call.model_copy(update={"session_thread_id": CHILD})
        idle = {"stop_reason": {"type": "requires_action", "event_ids": [call.id]}}
        posts = [
            Post(event("session.thread_created", **named)),
            Post(call, CHILD),
            Post(shown),
            Post(event("session.thread_status_idle", **named, **idle), CHILD),
            Post(event("session.thread_status_idle", **named, **idle)),
        ]
        await log.sessions.post(SESSION, posts)
        assert log.states.state(SESSION).waiting_for == (call.id,)
        answer = replace_none(
            event("user.tool_confirmation", tool_use_id=call.id, result="allow", session_thread_id=CHILD)
        )
        await log.inbox.send(SESSION, [answer])
        (taken,) = await log.inbox.take(SESSION, thread_id=CHILD)
        assert taken.event.id == answer.id
        assert ids(await log.sessions.read(SESSION))[-1] == answer.id
        state = log.states.state(SESSION)
        assert (state.waiting_for, state.threads[0].waiting_for) == ((), ())
        await log.close()

    run(story())


@openers
def test_a_run_counts_the_agents_that_gave_nothing_also_after_a_restart(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        phases = [{"id": "wphs_1", "name": "look", "description": None}]
        for run_id in ("wrun_1", "wrun_2"):
            named = {"workflow_run_id": run_id, "name": "all", "description": None, "phases": phases}
            await log.sessions.post(SESSION, [Post(event("workflow_run.created", **named))])
        for number, error in enumerate((None, "the model refused", "it did not fit")):
            who = {"agent_name": "agent", "session_thread_id": f"sthr_{number}"}
            await log.sessions.post(SESSION, [Post(event("session.thread_created", **who, workflow_run_id="wrun_1"))])
            body = {"session_thread_id": f"sthr_{number}", "workflow_run_id": "wrun_1", "place": str(number)}
            answer = WORKFLOW_ANSWERED.made(SESSION, events.now(), {**body, "value": None, "error": error})
            await log.sessions.post(SESSION, [Post(event("session.thread_status_terminated", **who))], facts=[answer])
        counted = [("wrun_1", 3, 3, 2), ("wrun_2", 0, 0, 0)]
        assert [(one.run_id, one.agents, one.done, one.failed) for one in log.states.state(SESSION).runs] == counted
        await log.close()
        if opener is journaled:
            again = await open_log(tmp_path)
            assert [
                (one.run_id, one.agents, one.done, one.failed) for one in again.states.state(SESSION).runs
            ] == counted
            await again.close()

    run(story())


@openers
def test_what_a_session_has_spent_is_told_as_it_was_noted_last(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        for usd in ("0.0041", "0.0123456"):
            spent = SESSION_SPENT.made(SESSION, events.now(), {"usd": usd})
            await log.sessions.post(SESSION, [Post(event("session.status_running"))], facts=[spent])
        await log.facts.record(FILES_COUNTED.made(SESSION, events.now(), {"changed": 3}))
        told = log.states.state(SESSION)
        assert (told.spent_usd, told.changed_files) == (0.0123456, 3)
        # Whoever follows the log up to where the state is waits for no fact.
        assert told.position == (await log.sessions.read(SESSION))[-1].position
        await log.close()
        if opener is journaled:
            again = await open_log(tmp_path)
            assert again.states.state(SESSION) == told
            await again.close()

    run(story())


def test_a_call_that_is_shown_in_two_logs_is_one_call_in_questions(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        call = event("agent.tool_use", name="bash", input={"command": "ls"}, evaluated_permission="ask")
        shown = call.model_copy(update={"session_thread_id": CHILD})
        answer = event("user.tool_confirmation", tool_use_id=call.id, result="allow", session_thread_id=CHILD)
        result = event("agent.tool_result", tool_use_id=call.id, content=[{"type": "text", "text": "a.py"}])
        await log.sessions.post(SESSION, [Post(call, CHILD), Post(shown), Post(answer, CHILD), Post(answer)])
        await log.sessions.post(SESSION, [Post(result, CHILD)])
        asked = await log.questions.ask(
            "SELECT count(*), any_value(result), any_value(thread_id) FROM tool_calls", QueryLimits()
        )
        assert [list(row) for row in asked.rows] == [[1, "a.py", CHILD]]
        approvals = await log.questions.ask("SELECT answer FROM approvals", QueryLimits())
        assert [list(row) for row in approvals.rows] == [["allow"]]
        await log.close()

    run(story())
