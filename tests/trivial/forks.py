"""Copies of sessions that are nothing but what they are told to hold, and answer as they are told to."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from workbench.contracts.forks import Evidence, Fork, ForkRefused
from workbench.contracts.values import Call, Outcome, Session, text_outcome


def _ran(call: Call) -> Outcome:
    return text_outcome(f"{call.name} looked")


@dataclass
class TrivialFork:
    """Its `gives` answers calls."""

    evidence: Evidence
    gives: Callable[[Call], Outcome]
    calls: list[Call]
    slow: Callable[[Call], Awaitable[Outcome]] | None = None

    async def execute(self, call: Call) -> Outcome:
        self.calls.append(call)
        return await self.slow(call) if self.slow else self.gives(call)


@dataclass
class TrivialForks:
    """`evidence` is asked at each copy; `open` counts those that were not left, `refusal` is why there is none."""

    gives: Callable[[Call], Outcome] = _ran
    evidence: Callable[[], Evidence] = lambda: Evidence("the same")
    refusal: str = ""
    slow: Callable[[Call], Awaitable[Outcome]] | None = None
    """Answers calls in place of `gives`."""
    calls: list[Call] = field(default_factory=list)
    made: int = 0
    open: int = 0

    @contextlib.asynccontextmanager
    async def fork(self, session: Session, seq: int) -> AsyncIterator[Fork]:
        if self.refusal:
            raise ForkRefused(self.refusal)
        self.made += 1
        self.open += 1
        try:
            yield TrivialFork(self.evidence(), self.gives, self.calls, self.slow)
        finally:
            self.open -= 1
