"""Outputs of sessions: what an agent left under its outputs folder becomes files, before its session comes to rest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.catalog.files import hash_of
from workbench.contracts.contents import ContentRefused
from workbench.contracts.shared_folders import OUTPUTS, Output, SharedFolders
from workbench.contracts.values import Json
from workbench.engine.event_writer import EventWriter
from workbench.engine.files import StoredFiles

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True, kw_only=True)
class SessionOutputs:
    """A file that changed is another file; one that was read before and is the same is none."""

    files: StoredFiles
    folders: SharedFolders
    writer: EventWriter
    _told: dict[str, tuple[str, ...]] = field(default_factory=dict)

    async def collect(self, session_id: str) -> None:
        """Keep what is new; what cannot be kept is told in the session, once."""
        try:
            left_out = await self._kept(session_id)
        except (OSError, ContentRefused) as error:
            logger.warning("the outputs of %s cannot be kept: %s", session_id, error)
            left_out = (str(error),)
        if left_out and self._told.get(session_id) != left_out:
            self._told[session_id] = left_out
            await self.writer.write_error(session_id, _error(left_out))

    async def _kept(self, session_id: str) -> tuple[str, ...]:
        found = await self.folders.collect(session_id)
        try:
            if found.files:
                await self._keep(session_id, found.files)
        finally:
            for output in found.files:
                await self.files.contents.discard(output.staged)
        return found.left_out

    async def _keep(self, session_id: str, outputs: Sequence[Output]) -> None:
        last: dict[str, str] = {}
        for file in await self.files.known.of_session(session_id):
            last.setdefault(file["workbench"]["path"], hash_of(file))
        for output in outputs:
            if last.get(output.path) != output.staged.sha256:
                document = self.files.known.output(session_id, output.path, output.staged)
                await self.files.keep(document, output.staged)
        await self.folders.note(session_id, outputs)

    def forget(self, session_id: str) -> None:
        """The session is deleted."""
        self._told.pop(session_id, None)


def _error(left_out: tuple[str, ...]) -> Json:
    return {
        "type": "unknown_error",
        "message": f"Not everything in {OUTPUTS} was kept as a file. {'; '.join(left_out)}.",
        "retry_status": {"type": "retrying"},
    }
