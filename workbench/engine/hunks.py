"""Hunks of what sessions changed, from a person's side: to read, to apply, and to discard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts import facts
from workbench.contracts.files import Applied, FileChanges, HunkName, Review, Take
from workbench.contracts.log import Log
from workbench.contracts.values import Json
from workbench.engine import history
from workbench.engine.event_writer import EventWriter
from workbench.engine.rooms import HandsSide
from workbench.engine.workspaces import Workspaces, refused

MOST_NAMED: Final = 20
_DISCARDED: Final = (
    "The user has turned down some of your changes and put them back to what the project has: {named}. Read these files again "
    "before you rely on what is said of them above."
)


@dataclass(frozen=True)
class Discarded:
    """What was put back, and the event that a rewind goes to for how it was before; None where there is none."""

    done: FileChanges
    before: str | None


@dataclass(frozen=True, kw_only=True)
class SessionHunks:
    """Changes of all sessions hunk by hunk; `changing` is the lock that every change of a session takes."""

    log: Log
    writer: EventWriter
    hands: HandsSide
    records: SessionRecords
    workspaces: Workspaces
    changing: Callable[[str], asyncio.Lock]

    async def review(self, session_id: str, paths: Sequence[str] | None) -> Review:
        session = session_of((await self.records.document(session_id)).body)
        with refused():
            return await self.hands.hunks.review(session, paths)

    async def apply(self, session_id: str, hunks: Sequence[HunkName], *, take: Take | None) -> FileChanges:
        """Bring hunks into the project; the sandbox is ended for it, and the next call gets one on the same files."""
        async with self.changing(session_id):
            session = session_of((await self.records.document(session_id)).body)
            self.workspaces.refuse_running(session_id, "applied")
            with refused(), self.workspaces.writes.writing(session.project):
                await self.hands.hands.release(session_id)
                async with self.workspaces.noted_lines(session, sorted({hunk.path for hunk in hunks})):
                    applied = await self.hands.hunks.apply_hunks(session, hunks, take=take)
                await self.workspaces.note_applied(session, applied, hunks, take=take)
                # What is left is counted.
                await self.hands.files.changes(session)
            return applied

    async def applied(self, session_id: str) -> Applied:
        """What was applied before, and what of it the project does not have any more."""
        session = session_of((await self.records.document(session_id)).body)
        with refused():
            return await self.hands.hunks.applied(session)

    async def apply_again(self, session_id: str, paths: Sequence[str] | None, *, take: Take | None) -> FileChanges:
        """Bring what is missing of it into the project; the sandbox is ended for it."""
        async with self.changing(session_id):
            session = session_of((await self.records.document(session_id)).body)
            self.workspaces.refuse_running(session_id, "applied")
            with refused(), self.workspaces.writes.writing(session.project):
                await self.hands.hands.release(session_id)
                applied = await self.hands.hunks.apply_again(session, paths, take=take)
                await self.workspaces.note_applied(session, applied, (), take=take)
                await self.hands.files.changes(session)
            return applied

    async def discard(self, session_id: str, paths: Sequence[str], hunks: Sequence[HunkName]) -> Discarded:
        """Put files and hunks back to what the project has, and tell the model in its place in the log."""
        async with self.changing(session_id):
            document = await self.records.document(session_id)
            self.workspaces.refuse_unchangeable(document, "changed")
            session = session_of(document.body)
            entries = await self.log.sessions.read(session_id)
            rest = history.last_rest(entries)
            is_resting = rest == (entries[-1].seq if entries else 0)
            with refused():
                await self.hands.hands.release(session_id)
                if is_resting:
                    # As they are now, with what a person ran since: this is what a rewind puts back.
                    await self.hands.files.checkpoint(session, rest)
                done = await self.hands.hunks.discard(session, paths, hunks)
            note = await self._note(session_id, done, paths, hunks)
            await self.hands.files.checkpoint(session, note)
            return Discarded(done, entries[-1].event.id if rest and is_resting else None)

    async def _note(self, session_id: str, done: FileChanges, paths: Sequence[str], hunks: Sequence[HunkName]) -> int:
        told = [change.path for change in done.changes]
        in_part = {hunk.path for hunk in hunks} - set(paths)
        named = [f"{path} (in part)" if path in in_part else path for path in told[:MOST_NAMED]]
        more = [f"and {len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
        text = _DISCARDED.format(named=", ".join([*named, *more]))
        note: Json = {"type": "system.message", "content": [{"type": "text", "text": text}]}
        body: Json = {"paths": told, "hunks": [hunk.told for hunk in hunks]}
        fact = facts.FILES_DISCARDED.made(session_id, self.writer.clock(), body)
        [entry] = await self.writer.write(session_id, note, facts=[fact])
        return entry.seq or 0
