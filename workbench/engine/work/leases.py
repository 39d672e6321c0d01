"""Leases of workers kept: a lapsed one is queued again, and a call that its worker may have begun is not run a second time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from workbench import events
from workbench.catalog.inbound_events import for_workers
from workbench.contracts.log import Log
from workbench.contracts.tools import only_reads
from workbench.contracts.values import Clock, Entry, Json
from workbench.engine.work.queue import WorkQueue

LOOK_S: Final = 0.5
"""How often leases are looked at."""
OVERSLEPT_S: Final = 5.0
"""A look that comes so much too late was kept from coming, as by a suspend: no heartbeat could come meanwhile."""
MAY_HAVE_RUN: Final = (
    "The worker that had this call has not been heard of since, and another one goes on. The call may have run, wholly or in"
    " part: check its effect before repeating it."
)


@dataclass(frozen=True, kw_only=True)
class WorkLeases:
    """Looks after the queue as long as the engine works."""

    queue: WorkQueue
    log: Log
    clock: Clock
    changing: Callable[[str], asyncio.Lock]
    wake: Callable[[str, str | None], None]

    async def keep(self) -> None:
        """End leases that nobody extends."""
        since = looked = self.clock()
        while True:
            await asyncio.sleep(LOOK_S)
            now = self.clock()
            if now - looked > timedelta(seconds=OVERSLEPT_S):
                since = now
            looked = now
            for item in self.queue.lapsed(since):
                await self.end(item)

    async def follow(self) -> None:
        """Queue the work of sessions that wait for a worker and have none."""
        changes = self.log.states.changes(lambda state: state.session_id in self.queue.by_session)
        for session_id in list(self.queue.by_session):
            await self.queue.reconsider(session_id)
        async for state in changes:
            if state.session_id in self.queue.by_session:
                await self.queue.reconsider(state.session_id)

    async def end(self, item: Json) -> None:
        """Answer what the item's worker may have begun, and then give the item to another: in this order, or it would run it again."""
        if item["started_at"] is not None and item["state"] == "active":
            await self._answer(item["data"]["id"])
        await self.queue.let_go(item)

    async def _answer(self, session_id: str) -> None:
        async with self.changing(session_id):
            entries = await self.log.sessions.read(session_id)
            open_ids = for_workers(entries)
            results = [self._result(one) for one in entries if one.event.id in open_ids and not _is_harmless(one)]
            told = await self.log.inbox.send(session_id, results) if results else []
        for thread_id in dict.fromkeys(entry.thread_id for entry in told):
            self.wake(session_id, thread_id)

    def _result(self, call: Entry) -> events.Event:
        body: Json = {
            "type": "user.tool_result",
            "id": events.new_id("sevt"),
            "processed_at": events.timestamp(self.clock()),
            "tool_use_id": call.event.id,
            "is_error": True,
            "content": [{"type": "text", "text": MAY_HAVE_RUN}],
        }
        thread_id = getattr(call.event, "session_thread_id", None)
        return events.parse(body | ({"session_thread_id": thread_id} if thread_id else {}))


def _is_harmless(call: Entry) -> bool:
    """Whether the call changes nothing, and so may run again."""
    return call.event.type == "agent.tool_use" and only_reads(call.event.name, dict(call.event.input))
