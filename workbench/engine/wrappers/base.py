"""Wrappers around hands and around the brain's log: every call is passed on, and a wrapper overrides what it changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workbench.contracts.hands import Hands
from workbench.contracts.log import Follower, Post, SessionLog
from workbench.contracts.values import Call, Document, Entry, Fact, Heard, Outcome, Preview, Session, unheard
from workbench.events import Event


@dataclass(frozen=True)
class WrappedHands:
    """`hands` are the ones inside; the promises are those of `Hands`."""

    hands: Hands

    async def provision(self, session: Session) -> Outcome:
        return await self.hands.provision(session)

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        return await self.hands.execute(session, call, heard)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        return await self.hands.recover(session, call, heard)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        return await self.hands.inspect(session, call)

    async def acknowledge(self, session: Session, call_id: str) -> None:
        await self.hands.acknowledge(session, call_id)

    async def release(self, session_id: str) -> None:
        await self.hands.release(session_id)


@dataclass(frozen=True)
class WrappedLog:
    """`log` is the one inside; the promises are those of `SessionLog`."""

    log: SessionLog

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        thread_id: str | None = None,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        return await self.log.append(session_id, events, thread_id=thread_id, facts=facts, documents=documents)

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        return await self.log.post(session_id, posts, facts=facts)

    async def read(
        self,
        session_id: str,
        *,
        thread_id: str | None = None,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        types: Collection[str] = (),
    ) -> list[Entry]:
        return await self.log.read(
            session_id,
            thread_id=thread_id,
            after=after,
            before=before,
            limit=limit,
            newest_first=newest_first,
            types=types,
        )

    def follow(self, session_id: str, *, thread_id: str | None = None, after: int | None = None) -> Follower:
        return self.log.follow(session_id, thread_id=thread_id, after=after)

    def preview(self, preview: Preview) -> None:
        self.log.preview(preview)

    def unfinished(self, session_id: str, *, thread_id: str | None = None) -> list[Preview]:
        return self.log.unfinished(session_id, thread_id=thread_id)

    async def erase(self, session_id: str) -> None:
        await self.log.erase(session_id)
