"""Dreams that begin by themselves: after so many sessions, after quiet, or after so long, as a store's or an agent's owner wrote."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from workbench.catalog.agents import KIND as AGENT
from workbench.catalog.errors import Refused
from workbench.catalog.sessions import KIND as SESSION
from workbench.contracts.log import Documents, LogUnusable, States
from workbench.contracts.values import Clock, Json
from workbench.engine.dreams import dream_metadata
from workbench.engine.dreams.dream_metadata import Rested
from workbench.engine.dreams.dreaming import Dreaming
from workbench.engine.dreams.records import AGENT_ID as DREAMER
from workbench.engine.dreams.records import DEFAULT_BUDGET_CENTS, ENDED, Wanted, store_of
from workbench.engine.memory import MemoryAccess
from workbench.engine.surprises import survived

LOOK_EVERY_S: Final = 60.0
MOST_SESSIONS: Final = 100
"""What one dream may read: the newest ones."""

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class Wish:
    """That dreams of a store begin by themselves: over the sessions that have it attached, or over all of one agent."""

    store_id: str
    metadata: Mapping[str, str]
    agent_id: str | None

    def means(self, session: Json) -> bool:
        if self.agent_id is not None:
            return bool(session["agent"]["id"] == self.agent_id)
        return any(one.get("memory_store_id") == self.store_id for one in session["resources"])


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Looks now and then whether a dream is due."""

    documents: Documents
    states: States
    memory: MemoryAccess
    dreaming: Dreaming
    clock: Clock
    pause: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.pause(LOOK_EVERY_S)
            with survived("the schedule of dreams failed by surprise"):
                try:
                    await self.look()
                except LogUnusable as trouble:
                    # The disk or the end of the engine: looked at again, and lost is nothing.
                    logger.warning("no dream was begun: %s", trouble)

    async def look(self) -> list[Json]:
        """Begin what is due; gives the dreams that were begun."""
        begun = []
        for wish in await self._wishes():
            dreams = [one for one in await self.dreaming.records.newest() if store_of(one) == wish.store_id]
            if any(one["status"] not in ENDED for one in dreams):
                continue
            own = [one for one in dreams if one["workbench"].get("agent_id") == wish.agent_id]
            last = datetime.fromisoformat(own[0]["created_at"]) if own else None
            ids = dream_metadata.due(wish.metadata, last, await self._rested(wish), self.clock())
            if ids and (dream := await self._begun(wish, ids[-MOST_SESSIONS:])) is not None:
                begun.append(dream)
        return begun

    async def _wishes(self) -> list[Wish]:
        """Of stores, and of agents."""
        stores = [
            Wish(store["id"], store["metadata"], None)
            for store in await self.memory.stores.newest()
            if not store["archived_at"]
        ]
        agents = [
            Wish(metadata[dream_metadata.STORE], metadata, agent.id)
            for agent in await self.documents.newest(AGENT)
            if dream_metadata.STORE in (metadata := agent.body["metadata"]) and not agent.body["archived_at"]
        ]
        return [wish for wish in (*stores, *agents) if any(key in wish.metadata for key in dream_metadata.KEYS)]

    async def _rested(self, wish: Wish) -> list[Rested]:
        """The sessions at rest that are meant, in the order of their last events."""
        found = []
        for document in await self.documents.newest(SESSION):
            state, agent_id = self.states.state(document.id), document.body["agent"]["id"]
            at_rest = state.standing not in ("running", "rescheduling") and state.last_event_at is not None
            if at_rest and agent_id != DREAMER and wish.means(document.body):
                assert state.last_event_at is not None
                found.append(Rested(document.id, state.last_event_at))
        return sorted(found, key=lambda one: one.last_at)

    async def _begun(self, wish: Wish, session_ids: list[str]) -> Json | None:
        model = wish.metadata.get(dream_metadata.MODEL) or "offline"
        asked = Wanted(wish.store_id, tuple(sorted(session_ids)), model, None, is_update=False)
        try:
            return await self.dreaming.create(
                asked,
                budget_cents=dream_metadata.budget_cents(wish.metadata, DEFAULT_BUDGET_CENTS),
                landing=dream_metadata.landing_of(wish.metadata),
                agent_id=wish.agent_id,
            )
        except Refused as refused:
            logger.warning("the dream of %s was not begun: %s", wish.store_id, refused.message)
            return None
