"""The sessions' logs: append, read, follow, preview and erase."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from workbench import events
from workbench.contracts.log import Follower, LogUnusable, Post
from workbench.contracts.values import Clock, Document, Entry, Fact, Preview
from workbench.events import Event, child_thread
from workbench.log.checkpoints import CheckpointFiles
from workbench.log.journal.records import Erased, Filed, Happening, Logged, Noted, Queued, Record
from workbench.log.ledger import Ledger
from workbench.log.store import reads


class SessionErased(LogUnusable):
    """The session was erased, so that nothing can be written to it; the text names it."""


class JournaledSessions:
    """The session log over a ledger."""

    def __init__(self, ledger: Ledger, clock: Clock, checkpoints: CheckpointFiles) -> None:
        self._ledger = ledger
        self._clock = clock
        self._checkpoints = checkpoints

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        thread_id: str | None = None,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        """See `SessionLog.append`.

        Raises:
            NotWritten: the disk refused.
            SessionErased: there is no such session any more.
            ValueError: an event without `processed_at`.
        """
        refuse_erased(self._ledger, session_id)
        for event in events:
            if event.processed_at is None:
                raise ValueError(f"{event.type} {event.id} has no processed_at: stamp it, or send it to the inbox")
        thread = child_thread(session_id, thread_id)
        happenings: list[Happening] = [Logged(session_id, event, thread) for event in events]
        happenings += [Noted(fact) for fact in facts]
        happenings += [Filed(document) for document in documents]
        return entries_of(await self._ledger.write(happenings)) if happenings else []

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        """See `SessionLog.post`; raises what `append` does."""
        refuse_erased(self._ledger, session_id)
        happenings: list[Happening] = []
        for post in posts:
            if post.event.processed_at is None:
                raise ValueError(f"{post.event.type} {post.event.id} has no processed_at")
            thread = child_thread(session_id, post.thread_id)
            happenings.append(
                Queued(session_id, post.event, thread) if post.waits else Logged(session_id, post.event, thread)
            )
        happenings += [Noted(fact) for fact in facts]
        return entries_of(await self._ledger.write(happenings)) if happenings else []

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
        if after >= self._ledger.memtable.state(session_id).seq:
            return []
        thread = child_thread(session_id, thread_id)
        newer = [entry for entry in entries_of(self._ledger.memtable.tail_of(session_id)) if (entry.seq or 0) > after]
        first = newer[0].seq if newer else None
        tail = [
            entry
            for entry in newer
            if entry.thread_id == thread
            and (before is None or (entry.seq or 0) < before)
            and (not types or entry.event.type in types)
        ]
        if first == after + 1 or session_id in self._ledger.memtable.erased:
            return _limited(tail[::-1] if newest_first else tail, limit)
        missing = None if limit is None else max(0, limit - len(tail)) if newest_first else limit
        stored = await self._ledger.stored(
            lambda connection: reads.entries(
                connection,
                session_id,
                thread,
                after=after,
                before=min((one for one in (first, before) if one is not None), default=None),
                limit=missing,
                newest_first=newest_first,
                types=types,
            )
        )
        return _limited(tail[::-1] + stored if newest_first else stored + tail, limit)

    def follow(self, session_id: str, *, thread_id: str | None = None, after: int | None = None) -> Follower:
        return self._ledger.follow(session_id, child_thread(session_id, thread_id), after)

    def preview(self, preview: Preview) -> None:
        self._ledger.preview(preview)

    def unfinished(self, session_id: str, *, thread_id: str | None = None) -> list[Preview]:
        return self._ledger.unfinished(session_id, child_thread(session_id, thread_id))

    async def erase(self, session_id: str) -> None:
        """See `SessionLog.erase`; its `session` document goes as well. No error when it was erased before."""
        if session_id in self._ledger.memtable.erased:
            return
        deleted = events.SessionDeleted(id=events.new_id("sevt"), processed_at=self._clock(), type="session.deleted")
        # First: who stops in between has lost nothing but time.
        self._checkpoints.forget(session_id)
        await self._ledger.write([Logged(session_id, deleted), Erased(session_id)])
        self._checkpoints.forget(session_id)


def refuse_erased(ledger: Ledger, session_id: str) -> None:
    """Raises: SessionErased."""
    if session_id in ledger.memtable.erased:
        raise SessionErased(f"The session {session_id} was deleted: make a new one.")


def entries_of(records: Sequence[Record]) -> list[Entry]:
    """Those of the records that are entries."""
    return [entry for record in records if (entry := record.entry) is not None]


def _limited(entries: list[Entry], limit: int | None) -> list[Entry]:
    return entries if limit is None else entries[:limit]
