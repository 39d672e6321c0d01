"""Hands that give what they are told to give, and remember what was asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.contracts.values import Call, Heard, Outcome, Session, ToolOutput, text_outcome, unheard


def _echo(call: Call) -> Outcome:
    return text_outcome(f"{call.name} ran")


@dataclass
class ScriptedHands:
    """`gives` answers calls; a call whose name is in `gates`, and `provision`, waits for that event first.

    `kept` are outcomes that a restart finds again, by call id; `prints` is what each call has printed so far, as it runs.
    """

    gives: Callable[[Call], Outcome] = _echo
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    kept: dict[str, Outcome] = field(default_factory=dict)
    prints: Sequence[str] = ()
    inspected: Callable[[Call], Outcome | None] = lambda _: None
    executed: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    running: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def provision(self, session: Session) -> Outcome:
        if "provision" in self.gates:
            await self.gates["provision"].wait()
        return text_outcome(f"ready: {session.id}")

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        assert call.id not in self.executed or call.name in {"read", "glob", "grep"}, (
            "a call that may not run twice ran twice"
        )
        async with self.running:
            self.executed.append(call.id)
            self.calls.append(call)
            self.running.notify_all()
        try:
            await asyncio.sleep(0)
            for text in self.prints:
                heard(ToolOutput(call.id, text))
                await asyncio.sleep(0)
            if call.name in self.gates:
                await self.gates[call.name].wait()
        except asyncio.CancelledError:
            self.cancelled.append(call.id)
            raise
        self.finished.append(call.id)
        return self.gives(call)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        await asyncio.sleep(0)
        return self.kept.get(call.id)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        await asyncio.sleep(0)
        return self.inspected(call)

    async def acknowledge(self, session: Session, call_id: str) -> None:
        await asyncio.sleep(0)
        self.acknowledged.append(call_id)
        self.kept.pop(call_id, None)

    async def release(self, session_id: str) -> None:
        self.kept.clear()
        self.released.append(session_id)
