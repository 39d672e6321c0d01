"""The work queue: the SDK's own worker serves sessions, each call has one result, and a key opens nothing but its queue."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

from tests.api.stage import WAIT_S, Stage, play
from tests.brain.team import said_in, system_of
from tests.trivial.model import Answer, calls, says
from workbench import events
from workbench.contracts.brain import ModelRequest
from workbench.contracts.values import Json
from workbench.engine.work.leases import MAY_HAVE_RUN, WorkLeases

ECHO = ("bash", {"command": "echo $((40 + 2)); pwd"})


async def environment(stage: Stage, **fields: Any) -> tuple[str, str]:
    """A self-hosted environment, and a key of it."""
    made = await stage.client.beta.environments.create(
        name=events.new_id("env"), config={"type": "self_hosted"}, **fields
    )
    body = {"name": events.new_id("key"), "role": "worker", "environment_id": made.id}
    key = (await stage.raw.post("/workbench/v1/tokens", json=body)).json()["token"]
    return made.id, key


async def session(stage: Stage, environment_id: str, *texts: str, **fields: Any) -> Any:
    agent = await stage.agent()
    initial: Any = [{"type": "user.message", "content": [{"type": "text", "text": text}]} for text in texts]
    return await stage.client.beta.sessions.create(
        agent=agent.id, environment_id=environment_id, initial_events=initial, **fields
    )


def client_of(stage: Stage, key: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=f"http://127.0.0.1:{stage.port}", api_key=key, max_retries=0)


@contextlib.asynccontextmanager
async def worker(stage: Stage, environment_id: str, key: str, workdir: Path) -> AsyncIterator[None]:
    """The SDK's worker at work, until this is left."""
    async with client_of(stage, key) as client:
        serving = client.beta.environments.work.worker(
            environment_id=environment_id, environment_key=key, workdir=str(workdir), max_idle=0.1
        )
        task = asyncio.create_task(serving.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(found: Callable[[list[Any]], bool], stage: Stage, session_id: str) -> list[Any]:
    """The session's events, once they are as they should be."""
    async with asyncio.timeout(WAIT_S):
        while True:
            listed = await stage.listed(session_id)
            if found(listed):
                return listed
            await asyncio.sleep(0.02)


def ended(listed: list[Any]) -> bool:
    return any(one.type == "session.status_idle" and one.stop_reason.type == "end_turn" for one in listed)


def waiting(listed: list[Any]) -> bool:
    return any(one.type == "session.status_idle" and one.stop_reason.type == "requires_action" for one in listed)


def results(listed: list[Any]) -> list[tuple[str, str]]:
    found = [one for one in listed if one.type in ("user.tool_result", "agent.tool_result")]
    return [(one.type, "".join(block.text for block in one.content or ())) for one in found]


def raw_of(stage: Stage, key: str) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{stage.port}", headers=headers, trust_env=False, timeout=WAIT_S
    )


async def claimed(raw: httpx2.AsyncClient, environment_id: str) -> tuple[Json, str, str]:
    """An item that is polled, acknowledged and claimed; its token, and its first heartbeat."""
    work = f"/v1/environments/{environment_id}/work"
    item = (await raw.get(f"{work}/poll")).json()
    token = json.loads(base64.urlsafe_b64decode(item["secret"]))["sessions_token"]
    assert (await raw.post(f"{work}/{item['id']}/ack")).json()["state"] == "starting"
    beat = await raw.post(f"{work}/{item['id']}/heartbeat", params={"expected_last_heartbeat": "NO_HEARTBEAT"})
    assert beat.status_code == 200, beat.text
    return item, token, beat.json()["last_heartbeat"]


def test_the_sdks_own_worker_runs_the_calls_of_a_session_and_no_sandbox_is_made(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        environment_id, key = await environment(stage)
        made = await session(stage, environment_id, "Go")
        await until(waiting, stage, made.id)
        async with worker(stage, environment_id, key, tmp_path):
            listed = await until(ended, stage, made.id)
            assert results(listed) == [("user.tool_result", f"42\n{tmp_path}")]
            # A worker that was idle for a while ends the item, and the next message queues a new one.
            await until_stopped(stage, environment_id)
            stage.model.script.append(calls(ECHO))
            await stage.say(made.id, "Again")
            await until(lambda now: len(results(now)) == 2, stage, made.id)
        assert stage.hands.executed == []
        assert [one["state"] for one in await items(stage, environment_id)][1] == "stopped"

    play(story, script=[calls(ECHO)])


async def until_stopped(stage: Stage, environment_id: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while (await items(stage, environment_id))[0]["state"] != "stopped":  # noqa: ASYNC110 - the queue has no stream
            await asyncio.sleep(0.05)


async def items(stage: Stage, environment_id: str) -> list[Json]:
    found: list[Json] = (await stage.raw.get(f"/workbench/v1/environments/{environment_id}/work")).json()["data"]
    assert all(one["secret"] is None for one in found)
    return found


def test_a_session_without_a_worker_waits_and_says_for_which_calls() -> None:
    async def story(stage: Stage) -> None:
        environment_id, _ = await environment(stage)
        made = await session(stage, environment_id, "Go")
        listed = await until(waiting, stage, made.id)
        use = next(one for one in listed if one.type == "agent.tool_use")
        assert use.evaluated_permission == "allow"
        assert listed[-1].stop_reason.event_ids == [use.id]
        stats = (await stage.raw.get(f"/v1/environments/{environment_id}/work/stats")).json()
        assert (stats["depth"], stats["pending"], stats["workers_polling"]) == (1, 0, 0)
        # The model is offered what workers have, and nothing of ours that they lack.
        assert "background" not in [tool["name"] for tool in stage.model.requests[0].body["tools"]]

    play(story, script=[calls(ECHO)])


def test_a_worker_that_is_gone_loses_its_lease_and_what_it_may_have_begun_is_not_run_again() -> None:
    async def story(stage: Stage) -> None:
        environment_id, key = await environment(stage, metadata={"workbench.lease_seconds": "5"})
        made = await session(stage, environment_id, "Go")
        await until(waiting, stage, made.id)
        work = f"/v1/environments/{environment_id}/work"
        async with raw_of(stage, key) as raw:
            item, old_token, beat = await claimed(raw, environment_id)
            again = await raw.post(f"{work}/{item['id']}/heartbeat", params={"expected_last_heartbeat": beat})
            assert (again.json()["ttl_seconds"], again.json()["lease_extended"]) == (5, True)
            lost = await raw.post(f"{work}/{item['id']}/heartbeat", params={"expected_last_heartbeat": beat})
            assert lost.status_code == 412
            assert lost.json()["error"]["details"]["error_code"] == "heartbeat_precondition_failed"
            assert lost.json()["error"]["details"]["current_state"]["last_heartbeat"] == again.json()["last_heartbeat"]

            later = WorkLeases(
                queue=stage.engine.work,
                log=stage.engine.log,
                clock=events.now,
                changing=stage.engine.sessions.tasks.changing,
                wake=stage.engine.sessions.tasks.wake,
            )
            stage.engine.work.clock = lambda: events.now() + timedelta(seconds=60)
            (lapsed,) = stage.engine.work.lapsed(events.now())
            await later.end(lapsed)
            listed = await until(ended, stage, made.id)
            assert (
                results(listed)
                == [("user.tool_result", MAY_HAVE_RUN), ("user.tool_result", "")][:1] + results(listed)[1:]
            )

            # Another worker gets the item; the old one learns that it lost it, and its answer comes too late.
            item, _, _ = await claimed(raw, environment_id)
            use = next(one for one in listed if one.type == "agent.tool_use")
            async with raw_of(stage, old_token) as old:
                gone = await old.post(f"{work}/{item['id']}/heartbeat", params={"expected_last_heartbeat": beat})
                assert gone.status_code == 412
                late = {"events": [{"type": "user.tool_result", "tool_use_id": use.id}]}
                assert (await old.post(f"/v1/sessions/{made.id}/events", json=late)).status_code == 403
                assert (await old.post(f"{work}/{item['id']}/stop", json={"force": True})).status_code == 403
            twice = await raw.post(f"/v1/sessions/{made.id}/events", json=late)
            assert twice.status_code == 400

    play(story, script=[calls(ECHO)])


def test_an_interrupted_call_has_a_result_that_a_worker_takes_for_one() -> None:
    async def story(stage: Stage) -> None:
        environment_id, _ = await environment(stage)
        made = await session(stage, environment_id, "Go")
        await until(waiting, stage, made.id)
        stop: Any = {"type": "user.interrupt"}
        await stage.client.beta.sessions.events.send(made.id, events=[stop])
        listed = await until(ended, stage, made.id)
        assert [kind for kind, _ in results(listed)] == ["user.tool_result"]

    play(story, script=[calls(ECHO)])


def test_an_item_that_its_worker_fails_twice_waits_for_a_person() -> None:
    async def story(stage: Stage) -> None:
        environment_id, key = await environment(stage)
        made = await session(stage, environment_id, "Go")
        await until(waiting, stage, made.id)
        async with raw_of(stage, key) as raw:
            for _ in range(2):
                item, _, _ = await claimed(raw, environment_id)
                await raw.post(f"/v1/environments/{environment_id}/work/{item['id']}/stop", json={"force": True})
            work = f"/v1/environments/{environment_id}/work"
            assert (await raw.get(f"{work}/poll", params={"block_ms": "1"})).json() is None
            assert (await raw.post(f"{work}/{item['id']}/stop", json={"force": True})).status_code == 409
            await stage.client.beta.sessions.events.send(made.id, events=[{"type": "user.interrupt"}])
            assert (await raw.get(f"{work}/poll", params={"block_ms": "900"})).json()["data"]["id"] == made.id

    play(story, script=[calls(ECHO)])


def test_a_key_opens_its_queue_and_what_a_worker_needs_of_its_sessions_and_nothing_else() -> None:
    async def story(stage: Stage) -> None:
        environment_id, key = await environment(stage)
        other_id, other_key = await environment(stage)
        made, other = await session(stage, environment_id), await session(stage, other_id)
        store = await stage.client.beta.memory_stores.create(name="notes")
        work = f"/v1/environments/{environment_id}/work"
        assert key.startswith("sk-ant-oat01-")
        async with raw_of(stage, key) as raw, raw_of(stage, other_key) as foreign:
            item, token, _ = await claimed(raw, environment_id)
            async with raw_of(stage, token) as own:
                message = {"events": [{"type": "user.message", "content": [{"type": "text", "text": "hello"}]}]}
                closed = [
                    *[
                        (one, "GET", path)
                        for one in (raw, own)
                        for path in ("/v1/sessions", "/v1/agents", "/v1/vaults")
                    ],
                    *[(one, "GET", f"/v1/sessions/{other.id}") for one in (raw, own)],
                    *[(one, "POST", f"/v1/sessions/{made.id}/archive") for one in (raw, own)],
                    *[(one, "POST", f"/v1/sessions/{made.id}/events") for one in (raw, own)],
                    *[(one, "GET", f"/v1/memory_stores/{store.id}") for one in (raw, own)],
                    *[(one, "GET", f"{work}/{item['id']}") for one in (raw, own)],
                    *[(foreign, "GET", f"{work}/poll"), (foreign, "POST", f"{work}/{item['id']}/stop")],
                    *[(own, "GET", f"{work}/poll"), (stage.raw, "GET", f"{work}/poll"), (stage.raw, "GET", work)],
                    *[
                        (stage.raw, "POST", f"{work}/{item['id']}/ack"),
                        (raw, "POST", f"/v1/environments/{environment_id}"),
                    ],
                    *[(one, "GET", "/workbench/v1/tokens") for one in (raw, own)],
                    *[(one, "GET", "/workbench/v1/status") for one in (raw, own)],
                ]
                found = [
                    await one.request(method, path, json=message if method == "POST" else None)
                    for one, method, path in closed
                ]
                assert {answer.status_code for answer in found} == {403}, [
                    (str(one.request.url), one.status_code) for one in found if one.status_code != 403
                ]
                for one in (raw, own):
                    assert (await one.get(f"/v1/sessions/{made.id}")).status_code == 200
                    assert (await one.get(f"/v1/sessions/{made.id}/events")).status_code == 200
                assert (await raw.get(work)).json()["data"][0]["secret"] is None
                assert (await raw.get(f"{work}/stats")).status_code == 200
                assert (await stage.raw.get(f"{work}/{item['id']}")).json()["state"] == "active"
                patched = await stage.raw.post(f"{work}/{item['id']}", json={"metadata": {"host": "a"}})
                assert patched.json()["metadata"] == {"host": "a"}
                # Asked to stop, the worker hears it; stopped, its token opens nothing.
                await stage.raw.post(f"{work}/{item['id']}/stop", json={})
                beat = (await own.post(f"{work}/{item['id']}/heartbeat")).json()
                assert (beat["state"], beat["lease_extended"]) == ("stopping", False)
                await stage.raw.post(f"{work}/{item['id']}/stop", json={"force": True})
                assert (await own.get(f"/v1/sessions/{made.id}")).status_code == 401

    play(story)


def test_calls_of_children_stand_on_the_sessions_stream_and_their_results_in_both_logs(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        def leads(request: ModelRequest) -> Answer:
            text = said_in(request)
            if system_of(request) != "lead":
                return says("I am done.") if "42" in text else calls(ECHO)
            started = "was started as" in text
            return says("All done.") if started else calls(("create_agent", {"agent": "helper", "message": "add"}))

        stage.model.otherwise = leads
        environment_id, key = await environment(stage)
        helper = await stage.agent(name="helper", system="helper", description="Helps.")
        lead = await stage.agent(name="lead", system="lead", multiagent={"type": "coordinator", "agents": [helper.id]})
        go: Any = {"type": "user.message", "content": [{"type": "text", "text": "Go"}]}
        made = await stage.client.beta.sessions.create(
            agent=lead.id, environment_id=environment_id, initial_events=[go]
        )
        async with worker(stage, environment_id, key, tmp_path):
            listed = await until(lambda now: ended(now) and bool(results(now)), stage, made.id)
        use = next(one for one in listed if one.type == "agent.tool_use")
        assert use.session_thread_id is not None
        assert results(listed) == [("user.tool_result", f"42\n{tmp_path}")]
        events_of = stage.client.beta.sessions.threads.events.list
        own = [one async for one in events_of(use.session_thread_id, session_id=made.id)]
        assert results(own) == results(listed)
        assert stage.hands.executed == []

    play(story)


@pytest.mark.parametrize(
    "fields", [{"resources": [{"type": "file", "file_id": "file_x"}]}, {"metadata": {"workbench.project": "/tmp"}}]
)
def test_what_only_a_sandbox_of_this_machine_has_is_refused_where_workers_run_the_tools(fields: Json) -> None:
    async def story(stage: Stage) -> None:
        environment_id, _ = await environment(stage)
        with pytest.raises(anthropic.BadRequestError, match="self-hosted"):
            await session(stage, environment_id, **fields)

    play(story)
