"""The public quick start, with the unmodified SDK over a real port."""

from __future__ import annotations

import asyncio
import threading

import anthropic
import pytest

from tests.api.stage import TOKEN, Stage, play
from tests.trivial.model import calls, says

NORMAL_TURN = [
    "user.message",
    "session.status_running",
    "session.thread_status_running",
    "span.model_request_start",
    "agent.message",
    "span.model_request_end",
    "session.thread_status_idle",
    "session.usage",
    "session.status_idle",
]


def test_the_quick_start_runs_unchanged_with_the_synchronous_client() -> None:
    async def story(stage: Stage) -> None:
        done = asyncio.get_running_loop().create_future()

        def program() -> None:
            seen = _quick_start(stage.port)
            stage_loop.call_soon_threadsafe(done.set_result, seen)

        stage_loop = asyncio.get_running_loop()
        threading.Thread(target=program, daemon=True).start()
        assert await done == [None, *NORMAL_TURN]

    play(story, script=[says("Hello.")])


def _quick_start(port: int) -> list[str | None]:
    with anthropic.Anthropic(base_url=f"http://127.0.0.1:{port}", api_key=TOKEN) as client:
        agent = client.beta.agents.create(
            name="a", model="claude-opus-5-5", system="s", tools=[{"type": "agent_toolset_20260401"}]
        )
        environment = client.beta.environments.create(
            name="e", config={"type": "cloud", "networking": {"type": "unrestricted"}}
        )
        session = client.beta.sessions.create(agent=agent.id, environment_id=environment.id, title="t")
        seen: list[str | None] = []
        with client.beta.sessions.events.stream(session.id) as stream:
            message = {"type": "user.message", "content": [{"type": "text", "text": "hi"}]}
            client.beta.sessions.events.send(session.id, events=[message])  # type: ignore[list-item]
            for event in stream:
                # The queued echo comes first: the same event, not yet processed.
                queued = event.type == "user.message" and event.processed_at is None
                seen.append(None if queued else event.type)
                if event.type == "session.status_idle":
                    break
        assert [s.id for s in client.beta.sessions.list()] == [session.id]
        client.beta.sessions.archive(session.id)
        client.beta.sessions.delete(session.id)
        assert [s.id for s in client.beta.sessions.list()] == []
        return seen


def test_what_is_sent_before_anybody_listens_is_not_lost_to_the_stream_opened_afterwards() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("first")
        assert session.status == "running"
        seen = [event.type for event in await stage.until_idle(session.id) if event.type != "user.message"]
        assert seen == NORMAL_TURN[1:]
        await stage.say(session.id, "second")
        again = [event.type for event in await stage.until_idle(session.id) if event.type != "user.message"]
        assert again == NORMAL_TURN[1:]

    play(story, script=[says("One."), says("Two.")])


def test_previews_are_a_prefix_of_the_message_and_stand_in_no_list() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        go = stage.say(session.id, "go")
        seen = await stage.until_idle(session.id, then=go, event_deltas=["agent.message"])
        deltas = [event for event in seen if event.type == "event_delta"]
        message = next(event for event in seen if event.type == "agent.message")
        joined = "".join(event.delta.content.text for event in deltas)
        assert deltas
        assert message.content[0].text.startswith(joined)
        assert {event.event_id for event in deltas} == {message.id}
        assert not [event for event in await stage.listed(session.id) if event.type.startswith("event_")]

    play(story, script=[says("One two three four.")])


def test_a_tool_runs_and_its_result_comes_back_in_order() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session("go")
        types = [event.type for event in await stage.until_idle(session.id)]
        use, result = types.index("agent.tool_use"), types.index("agent.tool_result")
        assert use < types.index("span.model_request_end") < result
        assert stage.hands.executed == stage.hands.acknowledged

    play(story, script=[calls(("bash", {"command": "true"})), says("Done.")])


def test_an_asked_call_waits_until_it_is_allowed_and_messages_are_refused_meanwhile() -> None:
    async def story(stage: Stage) -> None:
        ask = {"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}
        session = await stage.session("go", tools=[ask])
        idle = (await stage.until_idle(session.id))[-1]
        assert idle.stop_reason.type == "requires_action"
        [call_id] = idle.stop_reason.event_ids
        with pytest.raises(anthropic.BadRequestError, match=call_id):
            await stage.say(session.id, "hurry")
        assert stage.hands.executed == []
        answer = {"type": "user.tool_confirmation", "tool_use_id": call_id, "result": "allow"}
        await stage.client.beta.sessions.events.send(session.id, events=[answer])  # type: ignore[list-item]
        assert (await stage.until_idle(session.id))[-1].stop_reason.type == "end_turn"
        assert stage.hands.executed == [call_id]

    play(story, script=[calls(("bash", {"command": "true"})), says("Done.")])
