"""A session log that keeps a checkpoint of the files whenever a session comes to rest, before its next turn can write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.contracts.brain import Sessions
from workbench.contracts.files import Files
from workbench.contracts.log import Follower, SessionLog
from workbench.contracts.values import Document, Entry, Fact, Preview
from workbench.events import Event


@dataclass(frozen=True)
class CheckpointedLog:
    """The log as the brain gets it."""

    log: SessionLog
    files: Files
    sessions: Sessions

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        thread_id: str | None = None,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        entries = await self.log.append(session_id, events, thread_id=thread_id, facts=facts, documents=documents)
        for entry in entries:
            if entry.event.type == "session.status_idle" and entry.seq is not None:
                session = await self.sessions.session(session_id)
                if session is not None:
                    await self.files.checkpoint(session, entry.seq)
        return entries

    async def read(
        self,
        session_id: str,
        *,
        thread_id: str | None = None,
        after: int = 0,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Entry]:
        return await self.log.read(session_id, thread_id=thread_id, after=after, limit=limit, newest_first=newest_first)

    def follow(self, session_id: str, *, thread_id: str | None = None, after: int | None = None) -> Follower:
        return self.log.follow(session_id, thread_id=thread_id, after=after)

    def preview(self, preview: Preview) -> None:
        self.log.preview(preview)

    def unfinished(self, session_id: str, *, thread_id: str | None = None) -> list[Preview]:
        return self.log.unfinished(session_id, thread_id=thread_id)

    async def erase(self, session_id: str) -> None:
        await self.log.erase(session_id)
