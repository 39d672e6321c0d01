"""A session log that keeps a checkpoint of the files whenever a session comes to rest, before its next turn can write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.contracts.brain import Sessions
from workbench.contracts.files import Files
from workbench.contracts.log import Post
from workbench.contracts.values import Document, Entry, Fact
from workbench.engine.wrappers.base import WrappedLog
from workbench.events import Event


@dataclass(frozen=True)
class CheckpointedLog(WrappedLog):
    """The log as the brain gets it."""

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
        entries = await super().append(session_id, events, thread_id=thread_id, facts=facts, documents=documents)
        await self._keep(session_id, entries)
        return entries

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        entries = await super().post(session_id, posts, facts=facts)
        await self._keep(session_id, entries)
        return entries

    async def _keep(self, session_id: str, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.event.type == "session.status_idle" and entry.seq is not None:
                session = await self.sessions.session(session_id)
                if session is not None:
                    await self.files.checkpoint(session, entry.seq)
