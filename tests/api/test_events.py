"""/v1/sessions/{id}/events: batches, queues, lists and streams."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.sandboxes.test_media import png
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import answers, calls, says
from workbench.brain.compaction import Room
from workbench.catalog.pages import Cursor
from workbench.contracts.brain import ModelFault

HELLO = {"type": "user.message", "content": [{"type": "text", "text": "hello"}]}


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "user.message", "content": []},
        {"type": "user.message", "content": [{"type": "redacted"}]},
        {"type": "user.message"},
        {"type": "agent.message", "content": []},
        {"type": "user.tool_confirmation", "tool_use_id": "sevt_none", "result": "allow"},
        {"type": "user.custom_tool_result", "custom_tool_use_id": "sevt_none"},
        {"type": "user.tool_result", "tool_use_id": "sevt_none"},
        {"type": "user.interrupt", "session_thread_id": "sthr_other"},
        {"type": "system.message", "content": [{"type": "text", "text": "x"}], "colour": "red"},
        "nonsense",
    ],
)
def test_one_bad_event_refuses_the_whole_batch(bad: Any) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        answer = await stage.raw.post(f"/v1/sessions/{session.id}/events", json={"events": [HELLO, bad]})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].startswith("events.1")
        assert await stage.listed(session.id) == []
        assert stage.log.queued(session.id) == []

    play(story)


def test_a_message_sent_in_mid_turn_waits_unprocessed_and_is_taken_between_steps() -> None:
    gate = asyncio.Event()

    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        async with stage.hands.running:
            await stage.hands.running.wait_for(lambda: stage.hands.executed)
        echo = (await stage.say(session.id, "more")).data[0]
        assert echo.processed_at is None
        assert [e.id for e in await stage.listed(session.id) if e.processed_at is None] == [echo.id]
        gate.set()
        seen = await stage.until_idle(session.id)
        types = [e.type for e in seen if e.processed_at]
        assert types.index("agent.tool_result") < types.index("user.message", 1)
        taken = [e for e in await stage.listed(session.id) if e.id == echo.id]
        assert [e.processed_at is not None for e in taken] == [True]

    play(story, script=[calls(("bash", {"command": "x"})), says("Done.")], hands=ScriptedHands(gates={"bash": gate}))


def test_an_interrupt_cuts_the_answer_and_then_the_queue_goes_on() -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        await asked.wait()
        await stage.client.beta.sessions.events.send(session.id, events=[HELLO, {"type": "user.interrupt"}])  # type: ignore[list-item]
        seen = await stage.until_idle(session.id, idles=2)
        types = [event.type for event in seen]
        assert "agent.message" not in types[: types.index("session.status_idle")]
        assert [e.stop_reason.type for e in seen if e.type == "session.status_idle"] == ["end_turn", "end_turn"]
        texts = [e.content[0].text for e in await stage.listed(session.id) if e.type == "agent.message"]
        assert texts == ["Second."]

    play(story, script=[[asked.set, never, *says("First.")], says("Second.")])


def test_a_custom_tool_is_answered_by_its_client() -> None:
    tool = {"type": "custom", "name": "weather", "description": "d", "input_schema": {"type": "object"}}

    async def story(stage: Stage) -> None:
        session = await stage.session("go", tools=[tool])
        idle = (await stage.until_idle(session.id))[-1]
        [call_id] = idle.stop_reason.event_ids
        result: Any = {
            "type": "user.custom_tool_result",
            "custom_tool_use_id": call_id,
            "content": [{"type": "text", "text": "sun"}],
        }
        echo = await stage.client.beta.sessions.events.send(session.id, events=[result])
        assert echo.data is not None
        assert echo.data[0].processed_at is not None
        assert (await stage.until_idle(session.id))[-1].stop_reason.type == "end_turn"
        assert "sun" in json.dumps(stage.model.requests[-1].body)
        with pytest.raises(anthropic.BadRequestError):
            await stage.client.beta.sessions.events.send(session.id, events=[result])

    play(story, script=[calls(("weather", {})), says("Sunny.")])


def test_lists_go_both_ways_filter_by_type_and_page() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        await stage.until_idle(session.id)
        ids = [e.id for e in await stage.listed(session.id)]
        paged = [e.id async for e in stage.client.beta.sessions.events.list(session.id, limit=2)]
        back = [e.id async for e in stage.client.beta.sessions.events.list(session.id, limit=2, order="desc")]
        assert paged == ids == back[::-1]
        only = await stage.listed(session.id, types=["agent.message", "user.message"])
        assert [e.type for e in only] == ["user.message", "agent.message"]
        path = f"/v1/sessions/{session.id}/events"
        assert (await stage.raw.get(path, params={"types[]": "session.deleted"})).status_code == 400
        assert (await stage.raw.get(path, params={"limit": 1001})).status_code == 400
        assert (await stage.raw.get(path, params={"created_at[gt]": "soon"})).status_code == 400

    play(story)


def test_pages_over_log_and_queue_are_the_list_in_both_orders_and_read_no_more_than_they_give(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = asyncio.Event()

    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        async with stage.hands.running:
            await stage.hands.running.wait_for(lambda: stage.hands.executed)
        for number in range(3):
            await stage.say(session.id, f"more {number}")
        whole = await stage.listed(session.id)
        assert [event.processed_at is None for event in whole][-4:] == [False, True, True, True]
        events_of = stage.client.beta.sessions.events.list
        asked: list[int] = []
        read = stage.log.read

        async def counted(*given: Any, **named: Any) -> Any:
            rows = await read(*given, **named)
            asked.append(len(rows))
            return rows

        monkeypatch.setattr(stage.log, "read", counted)
        for size in (1, 2, 3, 50):
            assert [e.id async for e in events_of(session.id, limit=size)] == [e.id for e in whole]
            back = [e.id async for e in events_of(session.id, limit=size, order="desc")]
            assert back == [e.id for e in whole[::-1]]
            assert max(asked) <= size + 1
            asked.clear()
        path = f"/v1/sessions/{session.id}/events"
        for key in ("²", "9" * 5000, "~~~"):
            for order in ("asc", "desc"):
                page = Cursor(order, key).text()
                assert (await stage.raw.get(path, params={"page": page, "order": order})).status_code == 200
        gate.set()
        await stage.until_idle(session.id)

    play(story, script=[calls(("bash", {"command": "x"})), says("Done.")], hands=ScriptedHands(gates={"bash": gate}))


@pytest.mark.parametrize("query", [{"event_deltas[]": "agent.tool_use"}, {"event_deltas[]": ["agent.message"] * 101}])
def test_a_stream_previews_messages_and_thinking_only(query: dict[str, Any]) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        answer = await stage.raw.get(f"/v1/sessions/{session.id}/events/stream", params=query)
        assert answer.status_code == 400

    play(story)


def test_only_who_asks_for_it_is_told_what_a_running_call_prints() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        public, own = f"/v1/sessions/{session.id}/events/stream", f"/workbench/v1/sessions/{session.id}/stream"
        asks = {"event_deltas[]": "engine.tool_output"}
        streams = [(public, {}), (public, asks), (own, {"after": "0"}), (own, {"after": "0"} | asks)]
        heard: asyncio.Queue[str] = asyncio.Queue()
        told = [asyncio.create_task(_printed(stage, path, query, heard)) for path, query in streams]
        assert [await heard.get() for _ in streams] == ["open"] * 4
        await stage.say(session.id, "go")
        assert sorted([await heard.get() for _ in range(4)]) == ["one", "one", "one\ntwo", "one\ntwo"]
        (use,) = [one for one in await stage.listed(session.id) if one.type == "agent.tool_use"]
        newest = {"type": "engine.tool_output", "text": "one\ntwo", "tool_use_id": use.id, "lines_before": 0}
        late = asyncio.create_task(_printed(stage, public, asks, heard))
        assert [await heard.get() for _ in range(2)] == ["open", "one\ntwo"]
        previews = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/previews")).json()
        assert previews == {"data": [newest]}
        stage.hands.gates["bash"].set()
        assert await asyncio.gather(*told, late) == [[], ["one", "one\ntwo"], [], ["one", "one\ntwo"], ["one\ntwo"]]
        assert (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/previews")).json() == {"data": []}

    hands = ScriptedHands(prints=("one", "one\ntwo"), gates={"bash": asyncio.Event()})
    play(story, script=[calls(("bash", {"command": "x"})), says("Done.")], hands=hands)


def test_what_a_persons_command_prints_is_told_as_it_comes_and_stays_nowhere() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        own = f"/workbench/v1/sessions/{session.id}"
        told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def follow() -> None:
            query = {"after": "0", "event_deltas[]": "engine.tool_output"}
            async with stage.raw.stream("GET", f"{own}/stream", params=query) as answer:
                told.put_nowait({})
                async for line in answer.aiter_lines():
                    if line.startswith("data: ") and (body := json.loads(line[6:])).get("type") == "engine.tool_output":
                        told.put_nowait(body)

        following = asyncio.create_task(follow())
        assert await told.get() == {}
        running = asyncio.create_task(stage.raw.post(f"{own}/command", json={"command": "make " + "x" * 1000}))
        came = [await told.get() for _ in range(3)]
        assert [(one["text"], one["is_over"]) for one in came] == [("", False), ("one", False), ("one\ntwo", False)]
        assert {one["command"] for one in came} == {("make " + "x" * 1000)[:300]}
        assert (await stage.raw.get(f"{own}/previews")).json() == {"data": [came[-1]]}
        stage.hands.gates["bash"].set()
        answer = (await running).json()
        assert (await told.get(), came[0]["tool_use_id"]) == (came[0] | {"is_over": True}, answer["id"])
        assert (await stage.raw.get(f"{own}/previews")).json() == {"data": []}
        assert await stage.listed(session.id) == []
        following.cancel()

    play(story, hands=ScriptedHands(prints=("one", "one\ntwo"), gates={"bash": asyncio.Event()}))


async def _printed(stage: Stage, path: str, query: dict[str, str], heard: asyncio.Queue[str]) -> list[str]:
    """The outputs that a stream tells until the session rests."""
    texts = []
    async with stage.raw.stream("GET", path, params=query) as answer:
        heard.put_nowait("open")
        async for line in answer.aiter_lines():
            body = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if body.get("type") == "engine.tool_output":
                texts.append(body["text"])
                heard.put_nowait(body["text"])
            if body.get("type") == "session.status_idle":
                break
    return texts


def test_a_stream_resumed_from_any_cursor_has_neither_gap_nor_repeat() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        await stage.until_idle(session.id)
        whole = await _frames(stage, session.id, 0)
        for index, (cursor, _) in enumerate(whole[:-1]):
            assert await _frames(stage, session.id, cursor) == whole[index + 1 :]

    play(story, script=[calls(("bash", {"command": "x"}), ("read", {"file_path": "a"})), says("Done.")])


async def _frames(stage: Stage, session_id: str, after: int) -> list[tuple[int, str]]:
    """(cursor, event id) up to the idle."""
    seen, cursor = [], 0
    async with stage.raw.stream(
        "GET", f"/workbench/v1/sessions/{session_id}/stream", params={"after": after}
    ) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                cursor = int(line[4:])
            elif line.startswith("data: ") and line != "data: {}":
                body = json.loads(line[6:])
                seen.append((cursor, body["id"]))
                if body["type"] == "session.status_idle":
                    break
    return seen


def test_a_send_repeated_after_a_lost_answer_is_posted_once() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        path, body = f"/v1/sessions/{session.id}/events", {"events": [HELLO]}
        first = (await stage.raw.post(path, json=body)).json()
        again = (await stage.raw.post(path, json=body, headers={"x-stainless-retry-count": "1"})).json()
        assert first == again
        await stage.until_idle(session.id)
        assert len(await stage.listed(session.id, types=["user.message"])) == 1

    play(story)


def test_a_refusal_ends_the_turn_with_its_details() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        idle = (await stage.until_idle(session.id))[-1]
        assert (idle.stop_reason.type, idle.stop_details.category) == ("refusal", "cyber")

    details = {"type": "refusal", "category": "cyber", "explanation": "no"}
    play(story, script=[answers([], stop_reason="refusal", stop_details=details)])


def test_the_feed_tells_every_change_of_every_session() -> None:
    async def story(stage: Stage) -> None:
        first = await stage.session("go", title="one")
        await stage.until_idle(first.id)
        async with stage.raw.stream("GET", "/workbench/v1/feed") as answer:
            lines = answer.aiter_lines()
            assert (await _next_state(lines))["title"] == "one"
            second = await stage.session("go", title="two")
            statuses: list[str] = []
            while statuses[-1:] != ["idle"]:
                state = await _next_state(lines)
                assert state["session_id"] == second.id
                statuses.append(state["status"])
        assert set(statuses) == {"running", "idle"}

    play(story)


async def _next_state(lines: Any) -> dict[str, Any]:
    async for line in lines:
        if line.startswith("data: ") and line != "data: {}":
            state: dict[str, Any] = json.loads(line[6:])
            return state
    raise AssertionError("the feed ended")


@pytest.mark.parametrize(
    ("model", "window"),
    [("claude-opus-5-5", 1_000_000), ("claude-haiku-4-5", 200_000), ("my-local-model", None), ("offline", None)],
)
def test_the_feed_tells_the_window_of_a_model_that_is_known_and_none_of_another(model: str, window: int | None) -> None:
    async def story(stage: Stage) -> None:
        agent = await stage.agent(model=model)
        environment = await stage.client.beta.environments.create(name="plain")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        told = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/state")).json()
        assert told["context_window"] == window

    play(story)


def test_a_window_of_ones_own_stands_in_place_of_what_is_known() -> None:
    assert [Room(window_tokens=32_000).window(model) for model in ("claude-opus-5-5", "my-local-model")] == [32_000] * 2
    assert Room().window("my-local-model") is None


def test_a_session_whose_turn_failed_says_where_and_goes_on_with_the_next_message() -> None:
    fault = ModelFault("billing_error", "no credit", retry=False)

    async def story(stage: Stage) -> None:
        session = await stage.session("find the fault")
        idle = (await stage.until_idle(session.id))[-1]
        assert idle.stop_reason.type == "retries_exhausted"
        told = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/state")).json()
        assert (told["last_error"], told["last_error_type"]) == ("no credit", "billing_error")
        more = {"type": "user.message", "content": [{"type": "text", "text": "Please go on where you stopped."}]}
        send = stage.client.beta.sessions.events.send(session.id, events=[more])  # type: ignore[list-item]
        idle = (await stage.until_idle(session.id, then=send))[-1]
        assert idle.stop_reason.type == "end_turn"
        assert "find the fault" in json.dumps(stage.model.requests[-1].body["messages"])
        told = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/state")).json()
        assert (told["last_error"], told["last_error_type"]) == (None, None)

    play(story, script=[[fault], says("Found.")])


def test_the_feed_tells_a_session_in_which_nothing_has_happened_yet() -> None:
    async def story(stage: Stage) -> None:
        first = await stage.session(title="before")
        async with stage.raw.stream("GET", "/workbench/v1/feed") as answer:
            lines = answer.aiter_lines()
            assert (await _next_state(lines))["title"] == "before"
            second = await stage.session(title="meanwhile")
            told = await _next_state(lines)
            assert (told["title"], told["status"], told["deleted"]) == ("meanwhile", "idle", False)
            await stage.client.beta.sessions.update(second.id, title="renamed")
            assert (await _next_state(lines))["title"] == "renamed"
            await stage.client.beta.sessions.delete(first.id)
            assert (await _next_state(lines))["deleted"]
        async with stage.raw.stream("GET", "/workbench/v1/feed") as answer:
            states = [line async for line in _until_live(answer.aiter_lines())]
        assert [state["title"] for state in states if not state["deleted"]] == ["renamed"]

    play(story)


async def _until_live(lines: Any) -> Any:
    async for line in lines:
        if line == "data: {}":
            return
        if line.startswith("data: "):
            yield json.loads(line[6:])


def block(kind: str, media_type: str, content: bytes) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(content).decode()}
    return {"type": kind, "source": source}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (block("image", "image/png", b"<svg/>"), "data: is no picture and no PDF (SVG text)"),
        (block("image", "image/png", png()[:-2]), "data: is a broken PNG"),
        (block("image", "image/jpeg", png()), "media_type: the content is image/png, not image/jpeg"),
        (block("image", "image/png", png(9000, 9000)), "is 9000x9000 pixels; a model takes at most 8000"),
        (block("document", "application/pdf", b"%PDF-1.4 cut"), "data: is a broken PDF"),
        (block("document", "image/png", png()), "image/png is no PDF; send a picture as an image"),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "%"}}, "data: is no base64"),
    ],
)
def test_a_picture_that_no_model_takes_is_refused_with_its_place(bad: dict[str, Any], words: str) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        message = {"type": "user.message", "content": [{"type": "text", "text": "See"}, bad]}
        answer = await stage.raw.post(f"/v1/sessions/{session.id}/events", json={"events": [message]})
        assert answer.status_code == 400
        said = answer.json()["error"]["message"]
        assert said.startswith("events.0.content.1.")
        assert words in said
        assert stage.log.queued(session.id) == []

    play(story)
