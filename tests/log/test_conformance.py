"""What every log promises, whichever it is: the same behaviours run on each opener."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from unittest.mock import ANY

import pytest

from tests.log.making import (
    OTHER,
    SESSION,
    WAIT_S,
    Opener,
    asked,
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
from workbench.contracts.log import Head
from workbench.contracts.values import Document, Entry, Fact, Preview, ToolOutput, WorkProgress

pytestmark = pytest.mark.parametrize(
    "opener", [pytest.param(journaled, id="journaled"), pytest.param(trivial, id="trivial")]
)


def test_what_is_appended_is_read_in_order_and_numbered_from_one(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        said_here = [said(str(number)) for number in range(5)]
        written = await log.sessions.append(SESSION, said_here[:2])
        await log.sessions.append(OTHER, [said("elsewhere")])
        written += await log.sessions.append(SESSION, said_here[2:])
        assert [entry.seq for entry in written] == [1, 2, 3, 4, 5]
        assert ids(await log.sessions.read(SESSION)) == [said.id for said in said_here]
        assert [entry.seq for entry in await log.sessions.read(SESSION, after=3)] == [4, 5]
        assert [entry.seq for entry in await log.sessions.read(SESSION, limit=2)] == [1, 2]
        assert [entry.seq for entry in await log.sessions.read(SESSION, limit=2, newest_first=True)] == [5, 4]
        read = log.sessions.read
        assert [entry.seq for entry in await read(SESSION, after=1, before=4)] == [2, 3]
        assert [entry.seq for entry in await read(SESSION, before=4, limit=2, newest_first=True)] == [3, 2]
        kind = said_here[0].type
        assert [entry.seq for entry in await read(SESSION, types=[kind], limit=3)] == [1, 2, 3]
        assert await read(SESSION, types=["session.error"], newest_first=True) == []
        positions = [entry.position for entry in written]
        assert positions == sorted(set(positions))
        await log.close()

    run(story())


def test_a_sent_message_waits_until_it_is_taken_and_keeps_its_id(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        message = asked("hello")
        (echo,) = await log.inbox.send(SESSION, [message])
        assert (echo.seq, echo.event.processed_at) == (None, None)
        assert log.inbox.queued(SESSION) == [echo]
        assert await log.sessions.read(SESSION) == []
        assert log.states.state(SESSION).standing == "running"
        (taken,) = await log.inbox.take(SESSION)
        assert (taken.event.id, taken.seq) == (message.id, 1)
        assert taken.event.processed_at is not None
        assert taken.position > echo.position
        assert log.inbox.queued(SESSION) == []
        assert await log.inbox.take(SESSION) == []
        assert ids(await log.sessions.read(SESSION)) == [message.id]
        await log.close()

    run(story())


def test_interrupts_are_taken_first_and_only_what_is_asked_for(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        first, second = asked("first"), asked("second")
        interrupt = event("user.interrupt", processed_at=None)
        await log.inbox.send(SESSION, [first, second])
        await log.inbox.send(SESSION, [interrupt])
        assert ids(await log.inbox.take(SESSION, only=frozenset({"user.tool_confirmation"}))) == []
        assert ids(await log.inbox.take(SESSION)) == [interrupt.id, first.id, second.id]
        await log.close()

    run(story())


def test_two_takers_never_get_the_same_message(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        messages = [asked(str(number)) for number in range(6)]
        await log.inbox.send(SESSION, messages)
        taken = await asyncio.gather(*(log.inbox.take(SESSION) for _ in range(3)))
        assert sorted(event_id for part in taken for event_id in ids(part)) == sorted(said.id for said in messages)
        await log.close()

    run(story())


def test_a_follower_gets_what_was_and_what_comes_without_gap_or_repeat(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        before = await log.sessions.append(SESSION, [said(str(number)) for number in range(150)])
        all_of_it = log.sessions.follow(SESSION, after=0)
        half_of_it = log.sessions.follow(SESSION, after=before[74].position)
        from_now = log.sessions.follow(SESSION)
        assert (await frames(all_of_it, 3)) == before[:3]
        later = await log.sessions.append(SESSION, [said("later"), said("still later")])
        await log.sessions.append(OTHER, [said("not for them")])
        last = await log.inbox.send(SESSION, [asked("and this")])
        assert await frames(all_of_it, 150) == [*before[3:], *later, *last]
        assert await frames(half_of_it, 78) == [*before[75:], *later, *last]
        assert await frames(from_now, 3) == [*later, *last]
        await log.close()

    run(story())


def test_previews_reach_live_followers_between_entries_and_are_never_read_back(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        follower = log.sessions.follow(SESSION)
        log.sessions.preview(preview_start())
        log.sessions.preview(preview("Hel"))
        log.sessions.preview(preview("elsewhere", OTHER))
        written = await log.sessions.append(SESSION, [said("Hello")])
        assert await frames(follower, 3) == [preview_start(), preview("Hel"), *written]
        assert await log.sessions.read(SESSION) == written
        await log.close()

    run(story())


def test_who_comes_late_hears_what_is_on_its_way_from_its_beginning(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        written = await log.sessions.append(SESSION, [said("before")])
        for part in (preview_start(), preview("Hel"), preview("lo")):
            log.sessions.preview(part)
        late, later = log.sessions.follow(SESSION), log.sessions.follow(SESSION, after=0)
        so_far = [preview_start(), preview("Hello")]
        assert await frames(late, 2) == so_far
        assert await frames(later, 3) == [*written, *so_far]
        log.sessions.preview(preview("!"))
        assert await frames(late, 1) == await frames(later, 1) == [preview("!")]
        await log.sessions.append(SESSION, [said("Hello!", id="sevt_1")])
        assert await frames(log.sessions.follow(SESSION, after=written[0].position), 1) == await frames(late, 1)
        afterwards = log.sessions.follow(SESSION)
        ended = await log.sessions.append(SESSION, [said("more")])
        assert await frames(afterwards, 1) == ended
        await log.close()

    run(story())


def test_who_comes_late_hears_the_newest_of_what_calls_print_and_a_session_waits_for(
    opener: Opener, tmp_path: Path
) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        uses = [event("agent.tool_use", name="bash", input={}, evaluated_permission="allow") for _ in range(2)]
        written = await log.sessions.append(SESSION, uses)
        early = log.sessions.follow(SESSION)
        one, two = (Preview(SESSION, ToolOutput(use.id, "a")) for use in uses)
        newer = Preview(SESSION, ToolOutput(uses[0].id, "a\nb"))
        waits = [Preview(SESSION, WorkProgress(text, events.now())) for text in ("pulls", "builds", "")]
        for passing in (one, two, waits[0], newer, waits[1]):
            log.sessions.preview(passing)
        assert await frames(early, 5) == [one, two, waits[0], newer, waits[1]]
        so_far = log.sessions.unfinished(SESSION)
        assert sorted(map(repr, so_far)) == sorted(map(repr, (newer, two, waits[1])))
        assert await frames(log.sessions.follow(SESSION), 3) == so_far
        assert await frames(log.sessions.follow(SESSION, after=0), 5) == [*written, *so_far]
        log.sessions.preview(waits[2])
        result = event("agent.tool_result", tool_use_id=uses[0].id, content=[], is_error=False)
        ended = await log.sessions.append(SESSION, [result])
        assert await frames(early, 2) == [waits[2], *ended]
        assert log.sessions.unfinished(SESSION) == [two]
        ran, over = (Preview(SESSION, ToolOutput("sevt_ran", "", command="ls", is_over=over)) for over in (False, True))
        log.sessions.preview(ran)
        assert log.sessions.unfinished(SESSION) == [two, ran]
        log.sessions.preview(over)
        assert await frames(early, 2) == [ran, over]
        assert log.sessions.unfinished(SESSION) == [two]
        await log.close()

    run(story())


def test_an_erased_session_tells_its_followers_ends_them_and_leaves_nothing(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        await log.sessions.append(SESSION, [said("secret")], facts=[Fact("tool.started", SESSION, events.now(), {})])
        await log.inbox.send(SESSION, [asked("queued")])
        kept = await log.sessions.append(OTHER, [said("kept")])
        follower = log.sessions.follow(SESSION)
        await log.sessions.erase(SESSION)
        seen = [frame async for frame in follower]
        assert [frame.event.type for frame in seen if isinstance(frame, Entry)] == ["session.deleted"]
        assert await log.sessions.read(SESSION) == []
        assert log.inbox.queued(SESSION) == []
        assert await log.facts.facts(SESSION, "tool.started") == []
        assert await log.facts.sessions_with("tool.started") == set()
        assert [state.session_id for state in log.states.states()] == [OTHER]
        assert await log.sessions.read(OTHER) == kept
        await log.close()

    run(story())


def test_documents_are_found_by_version_and_the_newest_of_each_in_order_of_making(
    opener: Opener, tmp_path: Path
) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        first, second = Document("agent", "agent_1", 1, {"name": "a"}), Document("agent", "agent_2", 1, {"name": "b"})
        newer = Document("agent", "agent_1", 2, {"name": "a2"})
        for document in (first, second, newer, Document("environment", "env_1", 1, {})):
            await log.documents.put(document)
        assert await log.documents.newest("agent") == [newer, second]
        assert await log.documents.versions("agent", "agent_1") == [first, newer]
        assert await log.documents.get("agent", "agent_1") == newer
        assert await log.documents.get("agent", "agent_1", 1) == first
        replaced = Document("agent", "agent_1", 1, {"name": "mended"})
        await log.documents.put(replaced)
        assert await log.documents.versions("agent", "agent_1") == [replaced, newer]
        heads = await log.documents.heads("agent", ["name"])
        assert [*heads] == [Head("agent_1", ("a2",)), Head("agent_2", ("b",))]
        assert await log.documents.several("agent", {"agent_2", "agent_1", "agent_9"}) == [newer, second]
        await log.documents.remove("agent", "agent_1")
        assert await log.documents.get("agent", "agent_1") is None
        assert await log.documents.newest("agent") == [second]
        deep = Document("agent", "agent_3", 1, {"name": None, "model": {"id": "m", "n": 3}, "skills": [{"a": 1}]})
        await log.documents.put(deep)
        told = await log.documents.heads("agent", ["name", "model.id", "model.n", "skills", "none.such"])
        assert [*told] == [Head("agent_2", ("b", None, None, None, None)), Head("agent_3", (None, "m", "3", ANY, None))]
        assert json.loads(told[1].values[3] or "") == [{"a": 1}]
        assert await log.documents.several("agent", ["agent_1"]) == []
        await log.close()

    run(story())


def test_events_facts_and_documents_of_one_append_are_there_together(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        fact = Fact("tool.started", SESSION, events.now(), {"tool_use_id": "sevt_1", "name": "bash"})
        document = Document("session", SESSION, 1, {"title": "one"})
        await log.sessions.append(SESSION, [said("x")], facts=[fact], documents=[document])
        assert await log.facts.facts(SESSION, "tool.started") == [fact]
        assert await log.facts.sessions_with("tool.started") == {SESSION}
        assert await log.facts.sessions_with("sandbox.started") == set()
        assert await log.documents.get("session", SESSION) == document
        assert await log.facts.facts(SESSION, "sandbox.started") == []
        await log.close()

    run(story())


def test_the_state_says_what_the_log_says(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        call = event("agent.tool_use", name="bash", input={}, evaluated_permission="ask")
        await log.sessions.append(
            SESSION,
            [
                event("session.status_running", processed_at="2026-01-01T00:00:00Z"),
                said("May I?"),
                call,
                event(
                    "session.status_idle",
                    stop_reason={"type": "requires_action", "event_ids": [call.id]},
                    processed_at="2026-01-01T00:00:02.5Z",
                ),
            ],
        )
        state = log.states.state(SESSION)
        assert (state.status, state.waiting_for, state.active_seconds, state.last_text) == (
            "idle",
            (call.id,),
            2.5,
            "May I?",
        )
        confirmation = event("user.tool_confirmation", tool_use_id=call.id, result="allow", processed_at=None)
        await log.inbox.send(SESSION, [confirmation])
        await log.inbox.take(SESSION)
        assert log.states.state(SESSION).waiting_for == ()
        await log.close()

    run(story())


def test_a_reader_of_states_hears_of_what_concerns_it_and_of_nothing_else(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        wanted: set[str] = set()
        changes = log.states.changes(lambda state: state.session_id in wanted)
        await log.sessions.append(SESSION, [said("one")])
        await log.sessions.append(OTHER, [said("one")])
        wanted.add(OTHER)
        await log.sessions.append(SESSION, [said("two")])
        await log.sessions.append(OTHER, [said("two")])
        first = await asyncio.wait_for(anext(changes), WAIT_S)
        assert first == log.states.state(OTHER)
        await log.close()
        assert [change.session_id async for change in changes] == []

    run(story())


def test_changes_of_states_reach_a_reader_the_newest_of_each_session(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        changes = log.states.changes()
        await log.sessions.append(SESSION, [said("one")])
        first = await asyncio.wait_for(anext(changes), WAIT_S)
        assert first == log.states.state(SESSION)
        await log.close()
        assert [change.session_id async for change in changes] == []

    run(story())


def test_followers_end_when_the_log_closes(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        follower = log.sessions.follow(SESSION)
        log.sessions.preview(preview_start())
        await log.close()
        seen: list[Entry | Preview] = [frame async for frame in follower]
        assert seen == [preview_start()]

    run(story())


def test_a_state_says_what_a_session_does(opener: Opener, tmp_path: Path) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        done: list[str | None] = []
        started = event("span.model_request_start")
        use = event("agent.tool_use", name="bash", input={"command": "make test"}, evaluated_permission="allow")
        usage = {
            "input_tokens": 1,
            "output_tokens": 1,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        }
        end = event("span.model_request_end", model_request_start_id=started.id, is_error=False, model_usage=usage)
        stop = {"stop_reason": {"type": "end_turn"}}
        for one in (event("session.status_running"), started, use, end, event("session.status_idle", **stop)):
            await log.sessions.append(SESSION, [one])
            done.append(log.states.state(SESSION).activity)
        assert done == [None, "asks the model", "bash make test", "bash make test", None]
        await log.close()

    run(story())
