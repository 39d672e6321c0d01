"""One session on a stage: a brain, the trivial log, a scripted model and scripted hands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.brain import resuming
from tests.trivial.checkpoints import TrivialCheckpoints
from tests.trivial.forks import TrivialForks
from tests.trivial.hands import ScriptedHands
from tests.trivial.log import TrivialLog
from tests.trivial.model import Answer, ScriptedModel
from tests.trivial.servers import ScriptedServers
from workbench import events
from workbench.brain.compaction import Room
from workbench.brain.loop import Brain
from workbench.brain.outcomes.grader import GraderLimits
from workbench.brain.retry import Retries
from workbench.contracts.values import Group, Json, Session
from workbench.events import Event
from workbench.permissions.gate import RuledGate
from workbench.permissions.rules import Rules

SESSION_ID = "sesn_01test"
THREAD_ID = events.primary_thread_id(SESSION_ID)
WAIT_S = 60.0
TOOLSET: Json = {"type": "agent_toolset_20260401"}


def agent(*tools: Json, model: str = "claude-opus-5", **fields: Any) -> Json:
    """An agent's snapshot with these tools; the whole built-in toolset when none are named."""
    return {
        "name": "tester",
        "model": {"id": model},
        "system": "Be brief.",
        "tools": list(tools or (TOOLSET,)),
        **fields,
    }


def asking(*names: str) -> Json:
    """A toolset that asks before these tools."""
    ask = {"type": "always_ask"}
    return {**TOOLSET, "configs": [{"name": name, "permission_policy": ask} for name in names]}


def judging(*names: str) -> Json:
    """A toolset that has calls of these tools judged."""
    return {**TOOLSET, "configs": [{"name": name, "permission_policy": {"type": "auto"}} for name in names]}


def session(described: Json | None = None, **fields: Any) -> Session:
    made_at = datetime(2026, 10, 1, tzinfo=UTC)
    return Session(
        id=SESSION_ID,
        thread_id=events.primary_thread_id(SESSION_ID),
        agent=described or agent(),
        environment={},
        project=fields.pop("project", None),
        created_at=made_at,
        **fields,
    )


@dataclass
class Ticking:
    """A clock that moves a millisecond at each look."""

    moment: datetime = datetime(2026, 10, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


@dataclass
class Stage:
    """The parts, and what a client does: send, wait, look."""

    described: Session = field(default_factory=session)
    script: list[Answer] = field(default_factory=list)
    hands: ScriptedHands = field(default_factory=ScriptedHands)
    servers: ScriptedServers = field(default_factory=ScriptedServers)
    tries: int = 3
    room: Room = field(default_factory=Room)
    rules: Rules = field(default_factory=Rules)
    pauses: list[float] = field(default_factory=list)
    pause: asyncio.Event | None = None
    forks: TrivialForks = field(default_factory=TrivialForks)
    grader_limits: GraderLimits = field(default_factory=GraderLimits)
    at_rest: asyncio.Event | None = None
    checkpoints: TrivialCheckpoints = field(default_factory=TrivialCheckpoints)
    log: TrivialLog = field(init=False)
    model: ScriptedModel = field(init=False)
    brain: Brain = field(init=False)
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.log = TrivialLog(clock=Ticking())
        self.model = ScriptedModel(self.script)
        self.brain = Brain(
            inbox=self.log,
            log=self.log,
            facts=self.log,
            checkpoints=self.checkpoints,
            states=self.log,
            sessions=self,
            hands=self.hands,
            servers=self.servers,
            models=lambda _: self.model,
            clock=self.log.clock,
            patience=Retries(tries=self.tries, sleep=self._sleep, chance=lambda: 0.0),
            room=self.room,
            gate=lambda: RuledGate(self.rules),
            forks=self.forks,
            grader_limits=self.grader_limits,
            is_at_rest=self._is_at_rest,
        )

    async def _is_at_rest(self, _: str) -> bool:
        return self.at_rest is None or self.at_rest.is_set()

    async def session(self, session_id: str) -> Session | None:
        return self.described if session_id == SESSION_ID else None

    async def group(self, name: str) -> Group:
        return Group(name, None, (SESSION_ID,))

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.pause is not None:
            await self.pause.wait()

    # ── what a client does ────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, *bodies: Json) -> list[str]:
        """Into the inbox, or into the log where the API does so; the ids."""
        made = [events.parse({"id": events.new_id("sevt"), **self._stamp(body)}) for body in bodies]
        await self.log.send(SESSION_ID, made)
        if any(event.type == "user.interrupt" for event in made):
            self.interrupted.set()
        return [event.id for event in made]

    def _stamp(self, body: Json) -> Json:
        if body["type"] in {"user.custom_tool_result", "user.tool_result", "user.define_outcome"}:
            return {**body, "processed_at": self.log.clock()}
        return body

    async def say(self, *texts: str) -> list[str]:
        return await self.send(*(message(text) for text in texts))

    async def wake(self) -> None:
        await asyncio.wait_for(self.brain.wake(SESSION_ID, THREAD_ID, self.interrupted), WAIT_S)
        kept = await self.checkpoints.kept(SESSION_ID)
        await resuming.assert_same(self.described, self.log, await resuming.resumed(self.described, self.log, kept))

    async def crash(self, wake: asyncio.Task[None]) -> None:
        """End a wake as a stop of the program does: at whatever it is waiting for."""
        wake.cancel()
        await asyncio.wait({wake})
        self.interrupted = asyncio.Event()

    # ── what a client sees ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def events(self) -> list[Event]:
        return [row.event for row in self.log.rows]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def bodies(self, *kinds: str) -> list[Json]:
        return [events.dump(event) for event in self.events if event.type in kinds]

    def ids(self, kind: str) -> list[str]:
        return [event.id for event in self.events if event.type == kind]

    def results(self) -> list[tuple[str, str, bool]]:
        """Call id, text and error flag of each agent.tool_result."""
        return [
            (event.tool_use_id, events.text_of(event.content), bool(event.is_error))
            for event in self.events
            if event.type == "agent.tool_result"
        ]

    def stop_reasons(self) -> list[Json]:
        return [body["stop_reason"] for body in self.bodies("session.status_idle")]

    async def until(self, kind: str, count: int = 1) -> None:
        """Wait until the log holds so many events of a kind."""
        follower = self.log.follow(SESSION_ID, after=0)
        async with asyncio.timeout(WAIT_S):
            while count:
                frame = await anext(follower)
                count -= frame.event.type == kind and getattr(frame, "seq", None) is not None
        await follower.aclose()

    async def until_executed(self, count: int) -> None:
        async with asyncio.timeout(WAIT_S), self.hands.running:
            await self.hands.running.wait_for(lambda: len(self.hands.executed) >= count)

    def change(self, **fields: Any) -> None:
        self.described = replace(self.described, **fields)


def message(text: str) -> Json:
    return {"type": "user.message", "content": [{"type": "text", "text": text}]}


def confirm(call_id: str, result: str = "allow", **fields: Any) -> Json:
    return {"type": "user.tool_confirmation", "tool_use_id": call_id, "result": result, **fields}


def outcome(rubric: str, description: str = "Make it so.", rounds: int = 3) -> Json:
    return {
        "type": "user.define_outcome",
        "outcome_id": events.new_id("outc"),
        "description": description,
        "rubric": {"type": "text", "content": rubric},
        "max_iterations": rounds,
    }


INTERRUPT: Json = {"type": "user.interrupt"}


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run one story to its end, within a bound."""

    async def bounded() -> None:
        async with asyncio.timeout(WAIT_S * 2):
            await story()

    asyncio.run(bounded())


def turn(
    *steps: str, stop: Sequence[str] = ("session.thread_status_idle", "session.usage", "session.status_idle")
) -> list[str]:
    """The types of one whole turn around these."""
    return ["user.message", "session.status_running", "session.thread_status_running", *steps, *stop]


START, END = "span.model_request_start", "span.model_request_end"
