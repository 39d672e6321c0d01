"""Sessions as lists look for them: by a few fields of every record, and whole only those that a page shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.catalog.session_wire import wire
from workbench.contracts.log import Documents, Head, States
from workbench.contracts.values import Clock, Json

KIND: Final = "session"
_FIELDS: Final = ("created_at", "archived_at", "agent.id", "agent.version", "deployment_id", "resources")


@dataclass(frozen=True)
class ListedSession:
    """What lists are filtered and ordered by."""

    id: str
    created_at: str
    archived_at: str | None
    agent_id: str | None
    agent_version: int
    deployment_id: str | None
    status: str
    resources: str
    """As JSON: few lists ask for it."""

    def has_store(self, store_id: str) -> bool:
        """Whether the memory store is attached."""
        return any(one.get("memory_store_id") == store_id for one in json.loads(self.resources))


@dataclass(frozen=True)
class SessionsInOrder:
    """All sessions, archived ones too, by when they were made: each is made out only when it is asked for."""

    keys: Sequence[str]
    """What cursors of lists are made of."""
    heads: Sequence[Head]
    states: States

    def at(self, place: int) -> ListedSession:
        head = self.heads[place]
        created_at, archived_at, agent_id, version, deployment_id, resources = head.values
        status = "terminated" if archived_at else self.states.state(head.id).standing
        return ListedSession(
            head.id,
            created_at or "",
            archived_at,
            agent_id,
            int(version or 0),
            deployment_id,
            status,
            resources or "[]",
        )


@dataclass
class SessionLists:
    """Of thousands of sessions a list looks at a few fields of those around a page, and reads a page of records."""

    documents: Documents
    states: States
    clock: Clock
    _read: Sequence[Head] = ()
    """What `_ordered` was made of: the very same while no session was made or changed."""
    _ordered: SessionsInOrder | None = None

    async def in_order(self) -> SessionsInOrder:
        heads = await self.documents.heads(KIND, _FIELDS)
        if self._ordered is None or heads is not self._read:
            keyed = sorted((f"{head.values[0] or ''} {head.id}", head) for head in heads)
            keys, ordered = [key for key, _ in keyed], [head for _, head in keyed]
            self._read, self._ordered = heads, SessionsInOrder(keys, ordered, self.states)
        return self._ordered

    async def all(self) -> list[ListedSession]:
        """Every session, archived ones too, by when it was made."""
        known = await self.in_order()
        return [known.at(place) for place in range(len(known.keys))]

    async def wires(self, session_ids: Sequence[str]) -> list[Json]:
        """The public objects of these sessions, in this order; one that was deleted meanwhile is left out."""
        now = self.clock()
        records = {one.id: one.body for one in await self.documents.several(KIND, session_ids)}
        return [wire(records[one], self.states.state(one), now) for one in session_ids if one in records]
