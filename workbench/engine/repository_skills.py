"""Skills of cloned repositories: found when the clone is there, and told to the agent by a message of the log.

The clone needs the sandbox, and the first request of a session waits for no sandbox: so they cannot stand in the system prompt,
which stays the same to the byte. They come as a message, which is a part of the log from then on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from workbench import events
from workbench.catalog.own_instructions import wants_skills
from workbench.catalog.sessions import SessionRecords
from workbench.contracts import skill_notices
from workbench.contracts.facts import FILES_REWOUND, REPOSITORY_CLONED, SKILLS_FOUND, in_force
from workbench.contracts.hands import Hands
from workbench.contracts.log import Log
from workbench.contracts.skills import FoundSkill, SkillSources
from workbench.contracts.values import Clock, Json, Session
from workbench.engine.session_skills import reads
from workbench.text import signs

MOST_TOLD: Final = 50
_NAMES: Final = (REPOSITORY_CLONED.name, SKILLS_FOUND.name, FILES_REWOUND.name)

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class RepositorySkills:
    """`wake` has the brain look at a session; `changing` is the lock that every change of one takes."""

    log: Log
    records: SessionRecords
    sources: SkillSources
    clock: Clock
    hands: Callable[[], Hands]
    wake: Callable[[str], None]
    changing: Callable[[str], asyncio.Lock]
    _running: defaultdict[str, set[asyncio.Task[None]]] = field(default_factory=lambda: defaultdict(set))

    def prepare(self, session_id: str) -> None:
        """Have the session's repositories cloned while the model is asked, where they are not yet."""
        self._hold(session_id, self._prepare(session_id))

    def look(self, session: Session, repository: Json) -> None:
        """Look for skills in a repository that has been cloned, once for each clone."""
        self._hold(session.id, self._look(session, repository))

    def end(self, session_id: str) -> None:
        """End what is under way for a session."""
        for task in self._running.pop(session_id, set()):
            task.cancel()

    async def close(self) -> None:
        """End all of it; the next engine looks again."""
        running = [task for tasks in self._running.values() for task in tasks]
        for session_id in list(self._running):
            self.end(session_id)
        await asyncio.gather(*running, return_exceptions=True)

    def _hold(self, session_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running[session_id].add(task)
        task.add_done_callback(lambda ended: self._forget(session_id, ended))

    def _forget(self, session_id: str, ended: asyncio.Task[None]) -> None:
        self._running[session_id].discard(ended)
        if not self._running[session_id]:
            del self._running[session_id]
        if not ended.cancelled() and (fault := ended.exception()) is not None:
            logger.error("the repositories of session %s: a surprise", session_id, exc_info=fault)

    async def _prepare(self, session_id: str) -> None:
        session = await self.records.session(session_id)
        if session is None or session.archived_at is not None or not session.repositories:
            return
        cloned = await self._noted(session_id, REPOSITORY_CLONED.name)
        if any(one["id"] not in cloned for one in session.repositories):
            # What fails is told by the hands themselves.
            await self.hands().provision(session)

    async def _noted(self, session_id: str, name: str) -> set[str]:
        """The resources of which this is noted and true."""
        noted = in_force(await self.log.facts.facts(session_id, *_NAMES))
        return {fact.body["resource_id"] for fact in noted if fact.name == name}

    async def _look(self, session: Session, repository: Json) -> None:
        document = await self.records.document(session.id)
        wanted = wants_skills(document.body["metadata"]) and reads(session.agent)
        found = await self.sources.find_cloned(session, repository["mount_path"]) if wanted else []
        skills = [_told(one) for one in found if not one.faults][:MOST_TOLD]
        async with self.changing(session.id):
            current = await self.records.session(session.id)
            is_told = repository["id"] in await self._noted(session.id, SKILLS_FOUND.name)
            if current is None or current.archived_at is not None or is_told:
                return
            await self._tell(session.id, repository, skills)
        if skills:
            self.wake(session.id)

    async def _tell(self, session_id: str, repository: Json, skills: list[Json]) -> None:
        body: Json = {"event_id": "", "resource_id": repository["id"], "skills": skills}
        if not skills:
            await self.log.facts.record(SKILLS_FOUND.made(session_id, self.clock(), body))
            return
        content = [{"type": "text", "text": skill_notices.message(repository, skills)}]
        event = events.parse({"type": "system.message", "id": events.new_id("sevt"), "content": content})
        fact = SKILLS_FOUND.made(session_id, self.clock(), body | {"event_id": event.id})
        await self.log.inbox.send(session_id, [event], facts=[fact])


def _told(found: FoundSkill) -> Json:
    return {"name": found.name, "description": signs.shown(found.description), "path": f"{found.place}/SKILL.md"}
