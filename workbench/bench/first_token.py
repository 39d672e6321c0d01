"""Does the first token wait for a container? Sandboxes that take 0, 2, 10 and 60 seconds to start, side by side."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

from workbench import events
from workbench.bench.figure import Figure, median
from workbench.brain.loop import Brain
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.brain import ModelRequest, Reply, TextDelta
from workbench.contracts.values import Call, Heard, Json, Outcome, Preview, Session, text_outcome, unheard
from workbench.log import Log, open_log
from workbench.permissions.gate import RuledGate
from workbench.permissions.rules import Rules

STARTS_S = (0.0, 2.0, 10.0, 60.0)
RUNS = 15
USAGE: Json = {"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


class SlowHands:
    """A sandbox whose start takes its time."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s

    async def provision(self, session: Session) -> Outcome:
        await asyncio.sleep(self._start_s)
        return text_outcome("ready")

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        return await self.provision(session)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        return None

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        return None

    async def acknowledge(self, session: Session, call_id: str) -> None:
        return None

    async def release(self, session_id: str) -> None:
        return None


class NoServers:
    """No MCP servers: the agent has none."""

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...]:
        return ()

    async def call(self, session: Session, server: Json, call: Call) -> Outcome:
        return text_outcome("there is none", is_error=True)

    async def go_on(
        self, session: Session, server: Json, call: Call, replies: Mapping[str, Json], state: Json | None
    ) -> Outcome:
        return text_outcome("there is none", is_error=True)

    async def abandon(self, session_id: str, call_id: str) -> None:
        return None

    async def release(self, session_id: str) -> None:
        return None


class TalkingModel:
    """Says a word, then calls a tool."""

    async def reply(self, request: ModelRequest) -> AsyncIterator[TextDelta | Reply]:
        yield TextDelta(0, "word")
        call = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": "true"}}
        yield Reply(({"type": "text", "text": "word"}, call), "tool_use", USAGE)


def slow_starts() -> Iterator[Figure]:
    """The slowest start's median time to the first token, beside that of an instant one."""
    taken = asyncio.run(_measured())
    shown = ", ".join(f"{start:g} s: {median(times):.1f} ms" for start, times in taken.items())
    worst = max(median(times) for start, times in taken.items() if start)
    yield Figure(
        "first token, slow ÷ instant sandbox", worst / median(taken[0.0]), "×", 1.05, note=f"{shown}; n={RUNS}"
    )


async def _measured() -> dict[float, list[float]]:
    taken: dict[float, list[float]] = {start: [] for start in STARTS_S}
    with tempfile.TemporaryDirectory(prefix="wb") as folder:
        log = await open_log(Path(folder))
        try:
            # By turns, so that whatever else the machine does falls on all of them.
            for _ in range(RUNS):
                for start in STARTS_S:
                    taken[start].append(await _first_token_ms(log, start))
        finally:
            await log.close()
    return taken


async def _first_token_ms(log: Log, start_s: float) -> float:
    agents, environments = Agents(log.documents, events.now), Environments(log.documents, events.now)
    records = SessionRecords(log.documents, log.states, agents, environments, events.now)
    brain = Brain(
        inbox=log.inbox,
        log=log.sessions,
        facts=log.facts,
        states=log.states,
        sessions=records,
        hands=SlowHands(start_s),
        servers=NoServers(),
        models=lambda _: TalkingModel(),
        clock=events.now,
        gate=lambda: RuledGate(Rules()),
    )
    agent = await agents.create({"name": "bench", "model": "m", "tools": [{"type": "agent_toolset_20260401"}]})
    environment = await environments.create({"name": events.new_id("env")})
    draft = await records.drafted({"agent": agent["id"], "environment_id": environment["id"]})
    follower = log.sessions.follow(draft.id)
    await log.inbox.send(draft.id, [_message()], documents=(draft,))
    since = time.perf_counter()
    working = asyncio.ensure_future(brain.wake(draft.id, events.primary_thread_id(draft.id), asyncio.Event()))
    async for item in follower:
        if isinstance(item, Preview) and item.event.type == "event_delta":
            break
    taken = (time.perf_counter() - since) * 1000
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await follower.aclose()
    return taken


def _message() -> events.Event:
    words = [{"type": "text", "text": "go"}]
    return events.parse({"type": "user.message", "id": events.new_id("sevt"), "content": words, "processed_at": None})
