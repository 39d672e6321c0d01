"""Files of sessions that count how many of them differ from the project, whenever that may be another number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.contracts.facts import FILES_COUNTED
from workbench.contracts.files import FileChanges, FileDiff, Files, FilesRefused, Take
from workbench.contracts.forks import Evidence, is_fork
from workbench.contracts.log import Facts, States
from workbench.contracts.values import Clock, Session


@dataclass(frozen=True)
class CountedFiles:
    """The promises are those of `Files`. What a list of sessions shows of their files is in the log: no list looks into folders."""

    files: Files
    facts: Facts
    states: States
    clock: Clock

    async def changes(self, session: Session) -> FileChanges:
        found = await self.files.changes(session)
        # The files of a review are a copy: they are counted where they come from.
        number = 0 if session.is_review else sum(not change.ignored for change in found.changes)
        if not is_fork(session.id) and number != self.states.state(session.id).changed_files:
            await self.facts.record(FILES_COUNTED.made(session.id, self.clock(), {"changed": number}))
        return found

    async def _count(self, session: Session) -> None:
        try:
            await self.changes(session)
        except FilesRefused:
            # Why is said to whoever asks for the changes themselves.
            return

    async def diff(self, session: Session, *, binary: bool = False) -> FileDiff:
        return await self.files.diff(session, binary=binary)

    async def apply(self, session: Session, paths: Sequence[str] | None, *, take: Take | None = None) -> FileChanges:
        applied = await self.files.apply(session, paths, take=take)
        await self._count(session)
        return applied

    async def checkpoint(self, session: Session, seq: int) -> bool:
        is_new = await self.files.checkpoint(session, seq)
        if is_new:
            await self._count(session)
        return is_new

    async def restore(self, source: Session, seq: int, target: Session) -> None:
        await self.files.restore(source, seq, target)

    async def evidence(self, session: Session, seq: int) -> Evidence:
        return await self.files.evidence(session, seq)

    async def erase(self, session_id: str) -> None:
        await self.files.erase(session_id)

    async def forks(self) -> list[str]:
        return await self.files.forks()
