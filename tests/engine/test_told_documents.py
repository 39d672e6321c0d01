"""Changes of the configuration are told exactly when they were made, at whatever step the engine is killed."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from tests.trivial.log import TrivialLog
from workbench import events
from workbench.contracts.values import Document
from workbench.engine.automation.told_documents import INTENT, ToldDocuments


class Killed(Exception):
    """The process ends here."""


class Outbox:
    """What was told, each id once."""

    def __init__(self, *kinds: str) -> None:
        self.kinds, self.told = kinds, dict[str, str]()

    async def wants(self, kind: str) -> bool:
        return kind in self.kinds

    async def tell(self, kind: str, resource_id: str, *, of: str = "", at: datetime | None = None, **more: str) -> None:
        self.told[of] = f"{kind} {resource_id}"


class Mortal:
    """Documents of a process that is killed before or after its n-th write."""

    def __init__(self, log: TrivialLog, steps: int) -> None:
        self._log, self._left = log, steps

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Killed

    async def put(self, document: Document) -> None:
        self._step()
        await self._log.put(document)
        self._step()

    async def remove(self, kind: str, document_id: str) -> None:
        self._step()
        await self._log.remove(kind, document_id)
        self._step()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def agent(**fields: Any) -> Document:
    return Document("agent", "agent_1", 1, {"archived_at": None, "updated_at": "1", **fields})


@pytest.mark.parametrize("steps", range(8))
def test_a_change_is_told_once_wherever_the_engine_is_killed_and_one_that_was_not_made_never(steps: int) -> None:
    async def story() -> None:
        log, outbox = TrivialLog(), Outbox("agent.created", "vault.deleted")
        mortal: Any = Mortal(log, steps)
        try:
            await ToldDocuments(mortal, outbox, events.now).put(agent())
        except Killed:
            await ToldDocuments(log, outbox, events.now).recover()
        is_made = await log.get("agent", "agent_1") is not None
        assert list(outbox.told.values()) == ["agent.created agent_1"] * is_made
        await log.put(Document("vault", "vlt_1", 1, {}))
        mortal = Mortal(log, steps)
        outbox.told.clear()
        try:
            await ToldDocuments(mortal, outbox, events.now).remove("vault", "vlt_1")
        except Killed:
            await ToldDocuments(log, outbox, events.now).recover()
        is_gone = await log.get("vault", "vlt_1") is None
        assert list(outbox.told.values()) == ["vault.deleted vlt_1"] * is_gone
        assert await log.newest(INTENT) == []

    asyncio.run(story())


def test_what_nobody_wants_to_hear_costs_no_write() -> None:
    async def story() -> None:
        log = TrivialLog()
        await ToldDocuments(Mortal(log, 2), Outbox("agent.archived"), events.now).put(agent())
        assert await log.newest(INTENT) == []

    asyncio.run(story())
