"""A session log that has a session's outputs collected before it tells that the session came to rest, or that it is graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.contracts.log import Post
from workbench.contracts.values import Document, Entry, Fact
from workbench.engine.outputs import SessionOutputs
from workbench.engine.wrappers.base import WrappedLog
from workbench.events import Event


@dataclass(frozen=True)
class CollectedLog(WrappedLog):
    """Who hears of the rest finds the files listed."""

    outputs: SessionOutputs

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        thread_id: str | None = None,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        if any(event.type in ("session.status_idle", "span.outcome_evaluation_start") for event in events):
            await self.outputs.collect(session_id)
        return await super().append(session_id, events, thread_id=thread_id, facts=facts, documents=documents)

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        if any(post.event.type == "session.status_idle" for post in posts):
            await self.outputs.collect(session_id)
        return await super().post(session_id, posts, facts=facts)
