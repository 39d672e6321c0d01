"""Several threads on a stage: the tasks of the engine, a scripted agent each, and crashes at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from tests.brain.stage import SESSION_ID, THREAD_ID, TOOLSET, WAIT_S, Stage, agent, session
from tests.trivial.model import Answer, ScriptedModel, says
from workbench import events
from workbench.contracts.brain import ModelRequest
from workbench.contracts.thread_facts import THREAD_CREATED
from workbench.contracts.thread_states import ThreadState
from workbench.contracts.values import Json
from workbench.engine.tasks import SessionTasks
from workbench.events import Event

Part = Callable[[ModelRequest, int], Answer]
"""What an agent answers to its n-th request, from 0."""


def member(name: str, *tools: Json, **fields: Any) -> Json:
    """An agent of a roster, as a session's copy has it; its system prompt is its name."""
    own = agent(*tools, **fields)
    return {
        "type": "agent",
        "id": f"agent_{name}",
        "version": 1,
        "description": f"{name}s.",
        **own,
        "name": name,
        "system": name,
    }


def coordinator(*members: Json, **fields: Any) -> Json:
    """The session's agent, with these to start."""
    multiagent = {"type": "coordinator", "agents": list(members)}
    return agent(TOOLSET, multiagent=multiagent, **fields) | {"name": "lead", "system": "lead"}


def said_in(request: ModelRequest) -> str:
    """All texts of the request's turns."""
    found = []
    for turn in request.body["messages"]:
        for block in turn["content"]:
            found.append(block.get("text") or "")
            found += [one.get("text", "") for one in block.get("content") or () if isinstance(one, dict)]
    return "\n".join(found)


def system_of(request: ModelRequest) -> str:
    return str(request.body["system"][0]["text"]).partition("\n")[0]


@dataclass
class Team(Stage):
    """`parts` are by the first line of each agent's system prompt."""

    parts: dict[str, Part] = field(default_factory=dict)
    tasks: SessionTasks = field(init=False)
    asked: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.model.otherwise = self._answer
        self.renew()

    def renew(self) -> None:
        """A new process on the same log."""
        self.brain = replace(self.brain, wake_thread=lambda _, thread_id: self.tasks.wake(SESSION_ID, thread_id))
        self.tasks = SessionTasks(self.brain, give_up=self._given_up)

    async def _given_up(self, session_id: str, thread_id: str) -> None:
        raise AssertionError(thread_id)

    def _answer(self, request: ModelRequest) -> Answer:
        name = system_of(request)
        number = self.asked[name] = self.asked.get(name, -1) + 1
        part = self.parts.get(name)
        return part(request, number) if part else says(f"{name} is done.")

    async def work(self, *bodies: Json, until: Callable[[], bool] | None = None) -> None:
        """Send, and let all threads work until nothing is under way."""
        self.renew()
        async with asyncio.timeout(WAIT_S), self.tasks:
            self.tasks.recover(self.log, self.log)
            await self._sent(*bodies)
            await self.quiet(until)

    async def _sent(self, *bodies: Json) -> None:
        if bodies:
            await self.send(*bodies)
        for body in bodies:
            self.tasks.wake(SESSION_ID, body.get("session_thread_id"))

    async def quiet(self, until: Callable[[], bool] | None = None) -> None:
        while not (until() if until else self.is_quiet()):  # noqa: ASYNC110 - what is looked at is no event
            await asyncio.sleep(0.002)

    def is_quiet(self) -> bool:
        state = self.log.state(SESSION_ID)
        at_work = state.status != "idle" or any(one.status != "idle" for one in state.threads)
        mail = [one for one in self.log.waiting if one.event.type == "agent.thread_message_received"]
        live = [one.task for threads in self.tasks._live.values() for one in threads.values()]
        is_resting = all(task is None or task.done() for task in live)
        return is_resting and not at_work and not mail and not state.queued and bool(self.log.rows)

    async def lives(self, ticks: int, *bodies: Json) -> None:
        """A process that is killed after so many turns of the event loop."""

        async def life() -> None:
            async with self.tasks:
                self.tasks.recover(self.log, self.log)
                await self._sent(*bodies)
                for _ in range(ticks):
                    await asyncio.sleep(0)

        self.renew()
        await life()
        self.interrupted = asyncio.Event()

    # ── what one sees ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def threads(self) -> tuple[ThreadState, ...]:
        return self.log.state(SESSION_ID).threads

    @property
    def children(self) -> list[str]:
        return [fact.body["session_thread_id"] for fact in self.log.recorded if fact.name == THREAD_CREATED.name]

    def of(self, thread_id: str | None = None) -> list[Event]:
        """The events of one thread's log; of the primary one without a name."""
        return [
            row.event
            for row in self.log.rows
            if row.thread_id == events.child_thread(SESSION_ID, thread_id or THREAD_ID)
        ]

    def types_of(self, thread_id: str | None = None) -> list[str]:
        return [event.type for event in self.of(thread_id)]

    def reports(self) -> list[str]:
        """What the primary thread heard from others."""
        return [events.text_of(event.content) for event in self.of() if event.type == "agent.thread_message_received"]


def lead(*members: Json, parts: dict[str, Part], **fields: Any) -> Team:
    return Team(session(coordinator(*members)), parts=parts, **fields)


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


__all__ = ["ScriptedModel", "Team", "coordinator", "lead", "member", "play", "said_in", "system_of"]
