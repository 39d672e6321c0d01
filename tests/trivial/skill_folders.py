"""The folders of skills, in a dictionary: what was placed."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.contracts.values import Session


@dataclass
class TrivialSkillFolders:
    """`placed` are the names of each session's skills."""

    placed: dict[str, list[str]] = field(default_factory=dict)

    async def place(self, session: Session) -> None:
        self.placed[session.id] = [skill["name"] for skill in session.skills]
