"""What tokens of the API open, and those of work items: which sessions, skills and memory stores a worker reaches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from workbench.catalog import sessions, work_items
from workbench.catalog.tokens import Permit, Tokens
from workbench.contracts import threads
from workbench.contracts.log import Documents
from workbench.contracts.values import SELF_HOSTED, Json
from workbench.engine.work.queue import WorkQueue


@dataclass(frozen=True)
class Wanted:
    """A session, a skill or a memory store that a worker asks for."""

    kind: str
    id: str
    writes: bool = False


@dataclass(frozen=True)
class WorkPermits:
    """Looked up at each request: an item that has stopped opens nothing."""

    queue: WorkQueue
    tokens: Tokens
    documents: Documents

    async def permit(self, secret: str) -> Permit:
        """Raises: Refused: 401, there is no such token, or it opens nothing any more."""
        of_item = self.queue.permit(secret) if secret.startswith(work_items.TOKEN_PREFIX) else None
        return of_item or await self.tokens.permit(secret)

    async def reaches(self, permit: Permit, wanted: Wanted) -> bool:
        """Whether it is one of the worker's sessions, or belongs to one; a store that is attached to be read is not written."""
        async for record in self._served(permit, wanted):
            match wanted.kind:
                case "session" if record["id"] == wanted.id:
                    return True
                case "skill" if wanted.id in _skills(record):
                    return True
                case "store" if wanted.id in _stores(record, writes=wanted.writes):
                    return True
        return False

    async def _served(self, permit: Permit, wanted: Wanted) -> AsyncIterator[Json]:
        # One session is looked up: a worker asks for its events again and again, and there may be thousands of others.
        one_id = permit.only if permit.role == "work" else wanted.id if wanted.kind == "session" else None
        if one_id is not None:
            document = await self.documents.get(sessions.KIND, one_id)
            found = [document] if document is not None else []
        else:
            found = await self.documents.newest(sessions.KIND)
        for one in found:
            is_elsewhere = one.body["workbench"]["environment"]["type"] == SELF_HOSTED
            if is_elsewhere and (permit.role == "work" or one.body["environment_id"] == permit.only):
                yield one.body


def _skills(record: Json) -> set[str]:
    """Those that the session's agent names, and those of the agents that it may start."""
    started = [skill for one in threads.roster(record["agent"]).agents for skill in one["skills"]]
    return {skill["skill_id"] for skill in (*record["agent"]["skills"], *started)}


def _stores(record: Json, *, writes: bool) -> set[str]:
    attached = [one for one in record["resources"] if one["type"] == "memory_store"]
    return {one["memory_store_id"] for one in attached if not writes or one["access"] == "read_write"}
