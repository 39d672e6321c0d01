"""The folders that sandboxes share with their user, in dictionaries: what was placed, and outputs that are never there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.contracts.shared_folders import Output, Outputs
from workbench.contracts.values import Session


@dataclass
class TrivialSharedFolders:
    """`placed` are the uploads of each session, by path."""

    placed: dict[str, dict[str, str]] = field(default_factory=dict)

    async def place(self, session: Session, uploads: Mapping[str, str]) -> None:
        self.placed[session.id] = dict(uploads)

    async def collect(self, session_id: str) -> Outputs:
        return Outputs()

    async def note(self, session_id: str, outputs: Sequence[Output]) -> None: ...
