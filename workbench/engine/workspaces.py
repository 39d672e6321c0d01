"""Workspaces of sessions: changes, diff, apply, fork, rewind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from workbench import events
from workbench.catalog.errors import Refused, conflict
from workbench.catalog.own_brain import refuse_for_others
from workbench.catalog.sessions import KIND, Copied, SessionRecords, forked, session_of
from workbench.contracts import facts
from workbench.contracts.files import FileChanges, FileDiff, FilesRefused, HunkName, Take
from workbench.contracts.log import Log
from workbench.contracts.values import Document, Entry, Json, Session
from workbench.engine import history
from workbench.engine.brought_lines import noted_lines
from workbench.engine.event_writer import EventWriter
from workbench.engine.own_writes import OwnWrites
from workbench.engine.rooms import HandsSide
from workbench.engine.session_skills import SessionSkills
from workbench.engine.uploads import SessionUploads

_NO_FORK: Final = "what it remembers cannot be copied", "start a new session, or put this one's files back by a rewind"
_PUT_BACK: Final = (
    "The user has put the files of your workspace back to how they were {moment}. What was changed in them since then is "
    "undone, and the processes that you had started have ended. Read a file again before you rely on what is said of it above."
)


@dataclass(frozen=True, kw_only=True)
class Workspaces:
    """The files of all sessions, from a person's side; `changing` is the lock that every change of a session takes."""

    log: Log
    writer: EventWriter
    hands: HandsSide
    records: SessionRecords
    uploads: SessionUploads
    skills: SessionSkills
    changing: Callable[[str], asyncio.Lock]
    writes: OwnWrites

    async def changes(self, session_id: str) -> FileChanges:
        session = session_of((await self.records.document(session_id)).body)
        with refused():
            return await self.hands.files.changes(session)

    async def diff(self, session_id: str, *, binary: bool = False) -> FileDiff:
        session = session_of((await self.records.document(session_id)).body)
        with refused():
            return await self.hands.files.diff(session, binary=binary)

    async def apply(self, session_id: str, paths: Sequence[str] | None, *, take: Take | None) -> FileChanges:
        """Bring changes into the project; the sandbox is ended for it, and the next call gets one on the same files."""
        async with self.changing(session_id):
            session = session_of((await self.records.document(session_id)).body)
            return await self.applied(session, paths, take=take)

    async def applied(self, session: Session, paths: Sequence[str] | None, *, take: Take | None) -> FileChanges:
        """The same, for a caller that changes the session already."""
        self.refuse_running(session.id, "applied")
        with refused(), self.writes.writing(session.project):
            await self.hands.hands.release(session.id)
            async with self.noted_lines(session, paths):
                applied = await self.hands.files.apply(session, paths, take=take)
            await self.note_applied(session, applied, (), take=take)
        return applied

    def noted_lines(self, session: Session, paths: Sequence[str] | None) -> AbstractAsyncContextManager[None]:
        """Around what brings changes into the project: which lines came."""
        return noted_lines(self.log.facts, self.writer.clock, self.hands.hunks, session, paths)

    async def note_applied(
        self, session: Session, applied: FileChanges, hunks: Sequence[HunkName], *, take: Take | None
    ) -> None:
        paths = [change.path for change in applied.changes]
        self.writes.wrote(session.project, paths)
        body: Json = {"paths": paths, "hunks": [hunk.told for hunk in hunks], "force": take == "theirs"}
        await self.log.facts.record(facts.FILES_APPLIED.made(session.id, self.writer.clock(), body))

    async def fork(self, session_id: str, at: str | None) -> Json:
        """A new session with the log and the files of this one, as they were at its last rest before the event."""
        async with self.changing(session_id):
            document = await self.records.document(session_id)
            self.refuse_running(session_id, "forked")
            refuse_for_others(session_of(document.body).acp, *_NO_FORK)
            entries = await self.log.sessions.read(session_id)
            rest = history.last_rest(entries, None if at is None else _seq_of(entries, session_id, at))
            parent = session_of(document.body)
            is_last = rest == (entries[-1].seq if entries else 0)
            entries = history.up_to(entries, rest)
            until = entries[-1].event.processed_at if entries else None
            is_now = at is None and is_last
            if is_now:
                until = self.writer.clock()
                await self.hands.files.checkpoint(parent, rest)
            copied = history.without_children(entries)
            record = forked(document.body, Copied(len(copied), history.cents(copied)), self.writer.clock())
            record = await self.uploads.forked(record)
            try:
                await self.skills.hold(record)
                with refused():
                    await self.hands.files.restore(parent, rest, session_of(record))
                count = self.log.states.state(session_id).changed_files if is_now else None
                await self._copy(copied, parent, record, until, count)
                if count is None:
                    # Without a project there is none; why is said to whoever asks for the changes themselves.
                    with suppress(FilesRefused):
                        await self.hands.files.changes(session_of(record))
            except BaseException:
                await self.hands.files.erase(record["id"])
                await self.uploads.files.forget_session(record["id"])
                await self.skills.forget(record)
                raise
        return await self.records.wire(record["id"])

    async def _copy(
        self, entries: Sequence[Entry], parent: Session, record: Json, until: datetime | None, count: int | None
    ) -> None:
        """The log of the parent, with what was true of its files `until` then, and how many of them are left to apply."""
        ids = history.renewed_ids(entries, parent.id, record["id"])
        known = await self.log.facts.facts(parent.id, *facts.COPIED, facts.FILES_REWOUND.name)
        taken = [
            replace(fact, session_id=record["id"], body=history.renewed_body(fact.body, ids))
            for fact in facts.copied(known, ids, until)
        ]
        if count:
            taken.append(facts.FILES_COUNTED.made(record["id"], self.writer.clock(), {"changed": count}))
        copied = [history.renewed(entry.event, ids) for entry in entries]
        await self.log.sessions.append(
            record["id"], copied, facts=taken, documents=(Document(KIND, record["id"], 1, record),)
        )

    async def rewind(self, session_id: str, to: str | None) -> Json:
        """Put the files back to how they were at the last rest before an event, or before the last turn; the log goes on."""
        async with self.changing(session_id):
            document = await self.records.document(session_id)
            self.refuse_unchangeable(document, "rewound")
            entries = await self.log.sessions.read(session_id)
            rest = history.before_last_turn(entries) if to is None else _rest_before(entries, session_id, to)
            if rest is None:
                raise Refused(f"session {session_id} has done nothing that could be put back")
            session = session_of(document.body)
            with refused():
                await self.hands.hands.release(session_id)
                await self.hands.files.restore(session, rest, session)
            last = history.up_to(entries, rest)[-1] if rest else None
            event_id = last.event.id if last else None
            note = await self._note_rewind(session_id, last)
            await self.hands.files.checkpoint(session, note)
            return {"session_id": session_id, "to": event_id}

    async def _note_rewind(self, session_id: str, rest: Entry | None) -> int:
        """Tell the model, in its place in the log."""
        moment = rest.event.processed_at if rest else None
        text = _PUT_BACK.format(moment=f"at {events.timestamp(moment)}" if moment else "at the beginning")
        note: Json = {"type": "system.message", "content": [{"type": "text", "text": text}]}
        body = {"to": rest.event.id if rest else None, "to_at": events.timestamp(moment) if moment else None}
        fact = facts.FILES_REWOUND.made(session_id, self.writer.clock(), body)
        [entry] = await self.writer.write(session_id, note, facts=[fact])
        return entry.seq or 0

    def refuse_unchangeable(self, document: Document, what: str) -> None:
        """Refuse a session whose files may not become others now."""
        if document.body["archived_at"]:
            raise Refused(f"session {document.id} is archived and read-only; fork it instead")
        self.refuse_running(document.id, what)
        if self.log.states.state(document.id).waiting_for:
            raise Refused(f"session {document.id} waits for an answer; allow, deny or interrupt it first")

    def refuse_running(self, session_id: str, what: str) -> None:
        if self.log.states.state(session_id).standing in ("running", "rescheduling"):
            raise Refused(
                f"session {session_id} is running and cannot be {what}; wait until it is idle, or interrupt it"
            )


def _rest_before(entries: Sequence[Entry], session_id: str, event_id: str) -> int:
    return history.last_rest(entries, _seq_of(entries, session_id, event_id))


def _seq_of(entries: Sequence[Entry], session_id: str, named: str) -> int:
    """The place of the event with this id, or with the only id that ends so."""
    found = [entry for entry in entries if named and entry.event.id.endswith(named)]
    if len(found) == 1:
        return found[0].seq or 0
    if found:
        raise Refused(f"{len(found)} events of session {session_id} end with {named}; give more of the id")
    raise Refused(f"event {named} is not in the log of session {session_id}; workbench logs --ids shows the ids")


@contextmanager
def refused() -> Iterator[None]:
    try:
        yield
    except FilesRefused as refused:
        raise (conflict(str(refused)) if refused.conflicts else Refused(str(refused))) from None
