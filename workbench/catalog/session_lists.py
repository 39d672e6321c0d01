"""Sessions as lists look for them: by a few fields of every record, and whole only those that a page shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.catalog.session_wire import wire
from workbench.contracts.log import Documents, States
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
class SessionLists:
    """Of thousands of sessions a list reads a few fields, and a page of records."""

    documents: Documents
    states: States
    clock: Clock

    async def all(self) -> list[ListedSession]:
        """Every session, archived ones too, in order of making."""
        found = []
        for head in await self.documents.heads(KIND, _FIELDS):
            created_at, archived_at, agent_id, version, deployment_id, resources = head.values
            status = "terminated" if archived_at else self.states.state(head.id).standing
            found.append(
                ListedSession(
                    head.id,
                    created_at or "",
                    archived_at,
                    agent_id,
                    int(version or 0),
                    deployment_id,
                    status,
                    resources or "[]",
                )
            )
        return found

    async def wires(self, session_ids: Sequence[str]) -> list[Json]:
        """The public objects of these sessions, in this order; one that was deleted meanwhile is left out."""
        now = self.clock()
        records = {one.id: one.body for one in await self.documents.several(KIND, session_ids)}
        return [wire(records[one], self.states.state(one), now) for one in session_ids if one in records]
