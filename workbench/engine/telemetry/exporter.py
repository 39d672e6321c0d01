"""Sends the spans of sessions to an OTLP endpoint whenever they rest: from the log, by a cursor, never in a turn's way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.contracts.facts import MODEL_REQUESTED
from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Document, Json
from workbench.contracts.vault import VaultRefused
from workbench.contracts.web import Posted
from workbench.engine.surprises import survived
from workbench.engine.telemetry.otlp import PATH, body
from workbench.engine.telemetry.spans import About, Span, folded
from workbench.events import primary_thread_id, timestamp

CURSOR: Final = "telemetry_cursor"
SINCE: Final = "telemetry_since"
MOST_SPANS: Final = 500
"""Of one request."""
AGAIN_S: Final = 30.0
"""How long a session whose spans could not be sent waits for the next try."""

Post = Callable[[str, dict[str, str], bytes, str | None], Awaitable[Posted]]

logger = logging.getLogger("workbench.engine")


@dataclass(kw_only=True)
class Telemetry:
    """`endpoint` is the base address of an OTLP receiver over HTTP, None for no export; `key_as` as in `WebWays.post`."""

    log: Log
    post: Post
    clock: Clock
    endpoint: str | None
    key_as: str | None = None
    with_content: bool = False
    _waiting: set[str] = field(default_factory=set)
    _is_told: bool = False
    """Whether the last failure was told, which is told once until one request succeeds."""

    async def follow(self) -> None:
        """Until this is cancelled: first what rested while no engine ran."""
        if self.endpoint is None:
            return
        changes = self.log.states.changes()
        await self._begin()
        self._waiting |= {state.session_id for state in self.log.states.states()}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send_waiting())
            async for state in changes:
                if state.deleted:
                    self._waiting.discard(state.session_id)
                    await self.log.documents.remove(CURSOR, state.session_id)
                elif state.status in ("idle", "terminated"):
                    self._waiting.add(state.session_id)

    async def _send_waiting(self) -> None:
        pause = 0.5
        while True:
            await asyncio.sleep(pause)
            pause = 0.5
            # Sorted: with one that cannot be sent, the others come as they were.
            for session_id in sorted(self._waiting):
                self._waiting.discard(session_id)
                with survived("the spans of session %s could not be sent", session_id):
                    if not await self.export(session_id):
                        self._waiting.add(session_id)
                        pause = AGAIN_S
                        break

    async def _begin(self) -> None:
        """What was before the export was turned on for this endpoint is not sent."""
        assert self.endpoint is not None
        if await self.log.documents.get(SINCE, self.endpoint) is None:
            since = {"since": timestamp(self.clock())}
            await self.log.documents.put(Document(SINCE, self.endpoint, 1, since))

    async def export(self, session_id: str) -> bool:
        """Send what a session has finished since the last time; False where it is to be tried again."""
        assert self.endpoint is not None
        document = await self.log.documents.get("session", session_id)
        since = await self.log.documents.get(SINCE, self.endpoint)
        if document is None or since is None or document.body["created_at"] < since.body["since"]:
            return True
        known = await self.log.documents.get(CURSOR, session_id)
        cursor: Json = known.body if known else {"seq": document.body["workbench"].get("copied_through", 0), "open": {}}
        seq, opened, spans = await self._finished(document.body, cursor)
        if seq == cursor["seq"]:
            return True
        for place in range(0, len(spans), MOST_SPANS):
            if not await self._sent(spans[place : place + MOST_SPANS]):
                return False
        # Last: what is sent twice after a crash has the same ids.
        await self.log.documents.put(Document(CURSOR, session_id, 1, {"seq": seq, "open": opened}))
        return True

    async def _finished(self, record: Json, cursor: Json) -> tuple[int, Json, list[Span]]:
        """Up to where the log was read, what is still open there, and the spans that ended before."""
        session_id = record["id"]
        # Threads are read one after the other: what is written meanwhile waits for the next look in all of them.
        until = self.log.states.state(session_id).seq
        own = await self.log.sessions.read(session_id)
        children = [one.event.session_thread_id for one in own if one.event.type == "session.thread_created"]
        opened, spans = dict(cursor["open"]), []
        for thread_id in (primary_thread_id(session_id), *children):
            entries = await self.log.sessions.read(session_id, thread_id=thread_id, after=cursor["seq"])
            facts = await self.log.facts.facts(session_id, MODEL_REQUESTED.name, thread_id=thread_id)
            models = {one.body["model_request_start_id"]: one.body["model"] for one in facts}
            about = About(record, models, self.with_content)
            seen = [entry for entry in entries if (entry.seq or 0) <= until]
            opened, found = folded(about, opened, seen, thread_id)
            spans += found
        return max(until, int(cursor["seq"])), opened, spans

    async def _sent(self, spans: Sequence[Span]) -> bool:
        assert self.endpoint is not None
        headers = {"content-type": "application/json"}
        try:
            posted = await self.post(self.endpoint.rstrip("/") + PATH, headers, body(spans), self.key_as)
        except VaultRefused as refused:
            posted = Posted(None, str(refused))
        status = posted.status or 0
        if 200 <= status < 300:
            self._is_told = False
            return True
        if not self._is_told:
            logger.warning("the telemetry endpoint %s takes no spans: %s", self.endpoint, posted.error or status)
            self._is_told = True
        # What the receiver finds wrong stays wrong: it is not sent for ever.
        return status in (400, 413, 422)
