"""Files and skills of a session lie in its sandbox before each call: files that were added since the last one, none that was taken away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from workbench.contracts.contents import ContentRefused
from workbench.contracts.shared_folders import UPLOADS, SharedFolders
from workbench.contracts.skills import SkillFolders
from workbench.contracts.values import Call, Heard, Json, Outcome, Session, unheard
from workbench.engine.wrappers.base import WrappedHands

Tell = Callable[[str, Json], Awaitable[None]]
"""Takes the session and the `error` of a session.error."""


@dataclass(frozen=True)
class PlacedHands(WrappedHands):
    """Hands whose sandboxes have the session's files and skills; what cannot be placed is told once, and the session goes on."""

    folders: SharedFolders
    skills: SkillFolders
    tell: Tell
    _told: dict[str, str] = field(default_factory=dict)

    async def provision(self, session: Session) -> Outcome:
        await self._place(session)
        return await self.hands.provision(session)

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        await self._place(session)
        return await self.hands.execute(session, call, heard)

    async def release(self, session_id: str) -> None:
        self._told.pop(session_id, None)
        await self.hands.release(session_id)

    async def _place(self, session: Session) -> None:
        uploads = {
            str(PurePosixPath(file["mount_path"]).relative_to(UPLOADS)): file["workbench"]["sha256"]
            for file in session.files
        }
        refusals = [await _refused(self.folders.place(session, uploads)), await _refused(self.skills.place(session))]
        reason = "; ".join(filter(None, refusals))
        if reason and self._told.get(session.id) != reason:
            self._told[session.id] = reason
            await self.tell(session.id, _error(reason))


async def _refused(placing: Awaitable[None]) -> str:
    """Why it could not be done; empty where it was."""
    try:
        await placing
    except ContentRefused as refused:
        return str(refused)
    return ""


def _error(reason: str) -> Json:
    message = f"A file or skill of the session could not be put into its sandbox: {reason}."
    return {"type": "unknown_error", "message": message, "retry_status": {"type": "retrying"}}
