"""Many sessions over four workers that vanish, hang and answer twice: none is lost, each call has one result and runs at most once."""

from __future__ import annotations

import asyncio
import base64
import collections
import json
import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.api.stage import Stage, _stage
from tests.nightly.summary import Summary
from tests.trivial.model import Answer, calls, says
from workbench.contracts.brain import ModelRequest
from workbench.contracts.values import Json
from workbench.permissions.rulebook import Rulebook

WORKERS: Final = 4
VANISHES: Final = 0.03
"""How often a worker is gone before it has run a call; and as often after it has, without having answered."""
TWICE: Final = 0.05
LEASE_S: Final = 5
MOST_S: Final = 1500
GO: Final[Json] = {"type": "user.message", "content": [{"type": "text", "text": "go"}]}


@dataclass
class Ran:
    """Which calls were run, and how often the workers were dropped and refused."""

    calls: collections.Counter[str] = field(default_factory=collections.Counter)
    dropped: int = 0
    refused: int = 0


def run(count: int, chance: random.Random) -> Summary:
    """`count` sessions, each of which makes one call."""
    return asyncio.run(_simulated(count, chance))


def _answer(request: ModelRequest) -> Answer:
    is_answered = any(block["type"] == "tool_result" for turn in request.body["messages"] for block in turn["content"])
    return says("Done.") if is_answered else calls(("bash", {"command": "echo once"}))


async def _simulated(count: int, chance: random.Random) -> Summary:
    summary = Summary()
    with tempfile.TemporaryDirectory(prefix="wbqueue") as name:
        home = Path(name)
        async with _stage([], None, Rulebook(Path("/nonexistent")), home / "log", home) as stage:
            stage.model.otherwise = _answer
            async with asyncio.timeout(MOST_S):
                await _story(stage, count, chance, summary)
    return summary


async def _story(stage: Stage, count: int, chance: random.Random, summary: Summary) -> None:
    metadata = {"workbench.lease_seconds": str(LEASE_S)}
    environment = await stage.client.beta.environments.create(
        name="far", config={"type": "self_hosted"}, metadata=metadata
    )
    wanted = {"name": "far", "role": "worker", "environment_id": environment.id}
    key = (await stage.raw.post("/workbench/v1/tokens", json=wanted)).json()["token"]
    agent = await stage.agent()
    made: list[str] = []
    ran = Ran()
    workers = [asyncio.create_task(_worker(stage.port, environment.id, key, ran, chance)) for _ in range(WORKERS)]
    for _ in range(count):
        body: Json = {"agent": agent.id, "environment_id": environment.id, "initial_events": [GO]}
        made.append((await stage.raw.post("/v1/sessions", json=body)).json()["id"])
    waiting = set(made)
    while waiting:
        await asyncio.sleep(0.5)
        waiting -= {one for one in waiting if _has_ended(stage, one)}
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for session_id in made:
        entries = await stage.engine.log.sessions.read(session_id)
        uses = [one.event.id for one in entries if one.event.type == "agent.tool_use"]
        answers = [one.event.tool_use_id for one in entries if one.event.type == "user.tool_result"]
        if uses != answers:
            summary.faults.append(f"{session_id}: calls {uses}, results {answers}")
    summary.faults += [f"{call} ran {times} times" for call, times in ran.calls.items() if times > 1]
    summary.figures |= {"sessions": count, "dropped": ran.dropped, "refused answers": ran.refused}


def _has_ended(stage: Stage, session_id: str) -> bool:
    state = stage.engine.log.states.state(session_id)
    return state.status == "idle" and (state.stop_reason or {}).get("type") == "end_turn"


async def _worker(port: int, environment_id: str, key: str, ran: Ran, chance: random.Random) -> None:
    """One worker for ever; what makes it vanish leaves its item as it is."""
    work = f"/v1/environments/{environment_id}/work"
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:

        async def ask(token: str, method: str, path: str, **more: Any) -> httpx2.Response:
            return await http.request(method, path, headers={"authorization": f"Bearer {token}"}, **more)

        while True:
            item = (await ask(key, "GET", f"{work}/poll", params={"block_ms": "500"})).json()
            if item is None:
                continue
            token = json.loads(base64.urlsafe_b64decode(item["secret"]))["sessions_token"]
            place = f"{work}/{item['id']}"
            await ask(key, "POST", f"{place}/ack")
            claim = await ask(token, "POST", f"{place}/heartbeat", params={"expected_last_heartbeat": "NO_HEARTBEAT"})
            if claim.status_code != 200 or chance.random() < VANISHES:
                ran.dropped += 1
                continue
            events = f"/v1/sessions/{item['data']['id']}/events"
            call = await _call(lambda path=events, own=token: ask(own, "GET", path, params={"limit": "1000"}))
            if call is not None:
                ran.calls[call] += 1
                if chance.random() < VANISHES:
                    ran.dropped += 1
                    continue
                result = {"events": [{"type": "user.tool_result", "tool_use_id": call}]}
                for _ in range(2 if chance.random() < TWICE else 1):
                    ran.refused += (await ask(token, "POST", events, json=result)).status_code == 400
            await ask(token, "POST", f"{place}/stop", json={"force": True})


async def _call(read: Any) -> str | None:
    """The call that has no result, once it is there; None where it has one, or none comes."""
    for _ in range(100):
        told = (await read()).json()["data"]
        answered = {one["tool_use_id"] for one in told if one["type"] == "user.tool_result"}
        uses = [one["id"] for one in told if one["type"] == "agent.tool_use"]
        if uses:
            return next((one for one in uses if one not in answered), None)
        await asyncio.sleep(0.05)
    return None
