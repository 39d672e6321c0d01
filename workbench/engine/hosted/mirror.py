"""Mirror of other services: their sessions appear here as they are made, and each event of theirs once, in order, without a gap."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from workbench import events
from workbench.catalog.sessions import KIND
from workbench.contracts.log import Log
from workbench.contracts.values import Document, Json
from workbench.contracts.web import Answered
from workbench.engine.hosted.mirrored import (
    Names,
    cursor_of,
    facts_of,
    model_of,
    parsed,
    primary_there,
    record_of,
    service_of,
)
from workbench.engine.hosted.services import Away, HostedServices, read, said
from workbench.engine.surprises import survived

CURSOR: Final = "hosted_cursor"
LOOK_S: Final = 3.0
"""How often the newest sessions of a service are listed; those at work are read each time."""
ALL_EVERY: Final = 20
"""At each so-manieth look all its sessions are listed, and not only a page."""
AWAY_S: Final = 30.0
PAGE: Final = 100
_EVENTS_PAGE: Final = 1000
_AT_REST: Final = ("idle", "terminated")

logger = logging.getLogger("workbench.engine")


@dataclass(kw_only=True)
class HostedMirror:
    """Reads only; what a person sends goes to the service itself, and comes back as everything else does."""

    log: Log
    services: HostedServices
    made: Callable[[str], None]
    changing: Callable[[str], asyncio.Lock]
    troubles: dict[str, str] = field(default_factory=dict)
    """Why a service cannot be read now, by its name."""
    _ids: dict[str, str] = field(default_factory=dict)
    _seen: dict[str, str] = field(default_factory=dict)
    _looks: dict[str, int] = field(default_factory=dict)
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Know the sessions that were mirrored before: nothing of this engine may run them."""
        for head in await self.log.documents.heads(KIND, ["workbench.hosted"]):
            if (name := head.values[0]) is not None:
                self._ids[head.id] = name

    def is_elsewhere(self, session_id: str) -> bool:
        """Whether the session is one of another service."""
        return session_id in self._ids

    def name_of(self, session_id: str) -> str:
        """The service where a session is that is elsewhere."""
        return self._ids[session_id]

    def of(self, name: str) -> list[str]:
        """The sessions that are mirrored of a service."""
        return [session_id for session_id, service in self._ids.items() if service == name]

    def forget(self, session_id: str) -> None:
        """It was deleted there and here."""
        self._ids.pop(session_id, None)
        self._seen.pop(session_id, None)

    def hurry(self) -> None:
        """A service was added, or something was sent: look now."""
        self._hurry.set()

    async def keep(self) -> None:
        """Until this is cancelled: read every service."""
        while True:
            # Before the services are read: one that is added meanwhile is looked at next.
            self._hurry.clear()
            services, answering = await self.services.all(), 0
            for service in services:
                with survived("the service %s could not be mirrored", service["name"]):
                    answering += await self._answers(service)
            pause = LOOK_S if answering == len(services) else AWAY_S
            with contextlib.suppress(TimeoutError):
                # Without a service there is nothing to look for until one is added.
                await asyncio.wait_for(self._hurry.wait(), pause if services else None)

    async def _answers(self, service: Json) -> bool:
        """Look at it; whether it could be read. The engine's log tells once why not."""
        name = service["name"]
        try:
            await self.look(service)
        except Away as away:
            if self.troubles.get(name) != str(away):
                logger.warning("the service %s cannot be read: %s", name, away)
            self.troubles[name] = str(away)
            return False
        self.troubles.pop(name, None)
        return True

    async def look(self, service: Json) -> None:
        """Take in what is new of one service.

        Raises:
            Away: it cannot be read.
        """
        name = service["name"]
        looks = self._looks[name] = self._looks.get(name, -1) + 1
        listed: set[str] = set()
        async for wire in self._sessions(service, every=looks % ALL_EVERY == 0):
            listed.add(wire["id"])
            await self._see(service, wire)
        for session_id in [one for one in self.of(name) if one not in listed and one not in self._seen]:
            await self.refresh(session_id)

    async def refresh(self, session_id: str) -> None:
        """Read one session again.

        Raises:
            Away: its service cannot be read.
        """
        service = await self.services.get(self._ids[session_id])
        answer = await self.services.request(service, "GET", f"/v1/sessions/{session_id}")
        if answer.status == 404:
            await self._gone(session_id)
        elif answer.status == 200:
            await self._see(service, read(answer))

    # ── one session ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _see(self, service: Json, wire: Json) -> None:
        digest = hashlib.sha256(json.dumps(wire, sort_keys=True).encode()).hexdigest()
        if self._seen.get(wire["id"]) == digest:
            return
        with survived("session %s of %s could not be mirrored", wire["id"], service["name"]):
            async with self.changing(wire["id"]):
                await self._take(service, wire)
            # What works on is read at the next look, whether its object changes or not.
            if wire["status"] in _AT_REST:
                self._seen[wire["id"]] = digest
            else:
                self._seen.pop(wire["id"], None)

    async def _take(self, service: Json, wire: Json) -> None:
        session_id = str(wire["id"])
        known = await self.log.documents.get(KIND, session_id)
        if known is not None and service_of(known.body) != service["name"]:
            logger.warning("session %s of %s is here already, and stays as it is", session_id, service["name"])
            self._seen[session_id] = ""
            return
        self._ids[session_id] = service["name"]
        record = record_of(wire, service["name"], known.body if known else None)
        if known is None or known.body != record:
            await self.log.documents.put(Document(KIND, session_id, 1, record))
            if known is None:
                self.made(session_id)
        base = f"/v1/sessions/{session_id}"
        model = model_of(wire["agent"], "unknown")
        names = await self._thread(service, session_id, f"{base}/events", None, None, model)
        if names is not None and self.log.states.state(session_id).threads:
            async for thread in self._pages(service, f"{base}/threads", {"limit": str(_EVENTS_PAGE)}):
                if thread.get("parent_thread_id"):
                    own = model_of(thread["agent"], model)
                    path = f"{base}/threads/{thread['id']}/events"
                    await self._thread(service, session_id, path, str(thread["id"]), names, own)

    async def _thread(
        self, service: Json, session_id: str, path: str, thread_id: str | None, names: Names | None, model: str
    ) -> Names | None:
        """Take what is new of one thread; the primary one tells under which id it is known there."""
        key = thread_id or session_id
        kept = await self.log.documents.get(CURSOR, key)
        cursor = cursor_of(kept.body if kept else None)
        there = names.there if names else kept.body["there"] if kept else ""
        query = {"limit": str(_EVENTS_PAGE)}
        if thread_id is None and cursor.at is not None:
            # The list of another thread knows no filter, and is read whole.
            query["created_at[gte]"] = cursor.at.isoformat()
        fresh = cursor.new([one async for one in self._pages(service, path, query)])
        there = there or primary_there(fresh)
        known = Names(there, events.primary_thread_id(session_id))
        read_on = cursor.after(fresh)
        if read_on != cursor:
            inward: list[Json] = json.loads(known.inward(json.dumps(fresh).encode()))
            taken = parsed(inward, session_id)
            document = Document(CURSOR, key, 1, read_on.body | {"there": there})
            facts = [*facts_of(session_id, model, taken)]
            await self.log.sessions.append(session_id, taken, thread_id=thread_id, facts=facts, documents=(document,))
        return known

    async def _gone(self, session_id: str) -> None:
        """It was deleted there: its history stays here, ended."""
        async with self.changing(session_id):
            document = await self.log.documents.get(KIND, session_id)
            if document is not None and not document.body["archived_at"]:
                moment = document.body["updated_at"]
                await self.log.documents.put(Document(KIND, session_id, 1, document.body | {"archived_at": moment}))
                self.made(session_id)
        self._seen[session_id] = ""

    async def outward(self, session_id: str, content: bytes) -> bytes:
        """A request's body with the ids that the service knows."""
        kept = await self.log.documents.get(CURSOR, session_id)
        return Names(kept.body["there"], events.primary_thread_id(session_id)).outward(content) if kept else content

    # ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _sessions(self, service: Json, *, every: bool) -> AsyncIterator[Json]:
        query = {"include_archived": "true", "limit": str(PAGE), "created_at[gte]": service["since"]}
        async for one in self._pages(service, "/v1/sessions", query, most=None if every else 1):
            yield one

    async def _pages(
        self, service: Json, path: str, query: dict[str, str], most: int | None = None
    ) -> AsyncIterator[Json]:
        page: str | None = None
        while True:
            target = f"{path}?{urlencode(query | ({'page': page} if page else {}))}"
            body = _list(await self.services.request(service, "GET", target))
            for one in body["data"]:
                yield one
            page, most = body.get("next_page"), most - 1 if most else None
            if not page or most == 0:
                return


def _list(answer: Answered) -> dict[str, Any]:
    body = read(answer)
    if answer.status != 200 or not isinstance(body.get("data"), list):
        raise Away(f"it answers {answer.status}: {said(answer)}")
    return body
