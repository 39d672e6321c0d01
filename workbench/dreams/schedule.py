"""Dreams that begin by themselves: after so many sessions, after quiet, or after so long, as each store's owner wrote down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from workbench.catalog.refusals import Refused
from workbench.catalog.sessions import KIND as SESSION
from workbench.contracts import Clock, Documents, Json, LogUnusable, States
from workbench.dreams.dreaming import Dreaming
from workbench.dreams.records import AGENT_ID, DEFAULT_BUDGET_CENTS, ENDED, Wanted, store_of
from workbench.memory import scheduling
from workbench.memory.scheduling import Rested
from workbench.remembering import Remembering

LOOK_EVERY_S: Final = 60.0
MOST_SESSIONS: Final = 100
"""What one dream may read: the newest ones."""

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Looks now and then whether a store's dream is due."""

    documents: Documents
    states: States
    memory: Remembering
    dreaming: Dreaming
    clock: Clock
    pause: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.pause(LOOK_EVERY_S)
            try:
                await self.look()
            except LogUnusable as trouble:
                # The disk or the end of the engine: looked at again, and lost is nothing.
                logger.warning("no dream was begun: %s", trouble)
            except Exception:
                logger.exception("the schedule of dreams failed by surprise")

    async def look(self) -> list[Json]:
        """Begin what is due; gives the dreams that were begun."""
        begun = []
        for store in await self.memory.stores.newest():
            metadata = store["metadata"]
            if store["archived_at"] or not any(key in metadata for key in scheduling.KEYS):
                continue
            dreams = [one for one in await self.dreaming.records.newest() if store_of(one) == store["id"]]
            if any(one["status"] not in ENDED for one in dreams):
                continue
            last = datetime.fromisoformat(dreams[0]["created_at"]) if dreams else None
            ids = scheduling.due(metadata, last, await self._rested(store["id"]), self.clock())
            if ids and (dream := await self._begun(store, ids[-MOST_SESSIONS:])) is not None:
                begun.append(dream)
        return begun

    async def _rested(self, store_id: str) -> list[Rested]:
        """The sessions at rest that had the store attached, in the order of their last events."""
        found = []
        for document in await self.documents.newest(SESSION):
            state = self.states.state(document.id)
            attached = any(one.get("memory_store_id") == store_id for one in document.body["resources"])
            at_rest = state.standing not in ("running", "rescheduling") and state.last_event_at is not None
            if attached and at_rest and document.body["agent"]["id"] != AGENT_ID:
                assert state.last_event_at is not None
                found.append(Rested(document.id, state.last_event_at))
        return sorted(found, key=lambda one: one.last_at)

    async def _begun(self, store: Json, session_ids: list[str]) -> Json | None:
        metadata = store["metadata"]
        budget = metadata.get(scheduling.BUDGET, "")
        asked = Wanted(
            store["id"], tuple(sorted(session_ids)), metadata.get(scheduling.MODEL) or "offline", None, is_update=False
        )
        try:
            return await self.dreaming.create(
                asked,
                budget_cents=int(budget) if budget.isascii() and budget.isdigit() else DEFAULT_BUDGET_CENTS,
                lands=scheduling.lands_by_itself(metadata),
            )
        except Refused as refused:
            logger.warning("the dream of %s was not begun: %s", store["id"], refused.message)
            return None
