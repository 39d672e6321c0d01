"""Counts anew what sessions have left to apply, where their project's repository has moved, or another session was applied."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.files import Files, FilesRefused
from workbench.contracts.log import States
from workbench.engine.own_writes import OwnWrites
from workbench.engine.surprises import survived
from workbench.hands.git.location import stamp

LOOK_S: Final = 15.0
MOST_AT_ONCE: Final = 20
"""Sessions of one look; the others come with the next."""


@dataclass
class Recounts:
    """Only sessions at rest that have something left; a project that stands where it stood costs three looks at names, and no record."""

    states: States
    records: SessionRecords
    files: Files
    writes: OwnWrites
    seen: dict[str, tuple[str, object]] = field(default_factory=dict)
    """By session its project, which stays the same, and where that stood when its files were counted here."""

    async def keep(self) -> None:
        """Look again and again, until this is cancelled."""
        while True:
            with survived("files that are left to apply could not be counted"):
                await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Count the files of sessions whose projects have moved since they were counted here."""
        left = [one for one in self.states.states() if one.changed_files and one.status == "idle" and not one.deleted]
        self.seen = {one.session_id: self.seen[one.session_id] for one in left if one.session_id in self.seen}
        standing = {
            project: await self._standing(project) for project in {project for project, _ in self.seen.values()}
        }
        counted = 0
        for state in left:
            if (known := self.seen.get(state.session_id)) and standing[known[0]] == known[1]:
                continue
            session = session_of((await self.records.document(state.session_id)).body)
            project = session.project or ""
            self.seen[session.id] = project, await self._standing(project)
            if session.archived_at is not None:
                continue
            counted += 1
            with suppress(FilesRefused):
                await self.files.changes(session)
            if counted == MOST_AT_ONCE:
                return

    async def _standing(self, project: str) -> object:
        """What is another value when the project's files may be others by a commit, a merge, a checkout or an apply."""
        return await asyncio.to_thread(stamp, Path(project)), self.writes.count(project)
