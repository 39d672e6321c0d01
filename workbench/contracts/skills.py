"""Skills of sessions: where they lie in a sandbox, and those that lie in a project or in its user's home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Protocol

from workbench.contracts.contents import Staged
from workbench.contracts.values import Session

SKILLS_VARIABLE: Final = "SESSION_SKILLS"
"""Environment variable of a sandbox with skills that names their folder: without a container it is elsewhere."""
_WORKSPACE: Final = "/workspace"
PLACES: Final = (".agents/skills", ".claude/skills")
"""Where others keep skills too, below a project and below a home folder; the first wins."""


def skills_inside(session: Session) -> str:
    """The folder in the sandbox that has a folder for each skill: the hosted one, unless something of the session's lies there."""
    if session.is_self_hosted:
        # A worker keeps them below its own working directory, wherever that is.
        return "skills"
    usual = f"{_WORKSPACE}/skills"
    taken = [one["mount_path"] for one in session.repositories]
    taken += [f"{_WORKSPACE}/{PurePath(session.project).name}"] if session.project else []
    return f"{_WORKSPACE}/.skills" if any(PurePath(one).is_relative_to(usual) for one in taken) else usual


@dataclass(frozen=True)
class FoundSkill:
    """A folder with a SKILL.md that nobody uploaded; `faults` say why it cannot be used, and then there is no digest.

    `origin` is project, home or repository, `place` its path as people know it, `folder` on this machine.
    """

    name: str
    origin: str
    place: str
    folder: str
    description: str = ""
    digest: str = ""
    faults: tuple[str, ...] = ()


class SkillSources(Protocol):
    """Reads as if the folders changed at that moment; nothing that lies there is run."""

    async def find(self, project: str | None) -> list[FoundSkill]:
        """What a project has, if there is one, and then what the user's home has, the nearest first."""

    async def find_cloned(self, session: Session, mount_path: str) -> list[FoundSkill]:
        """What a repository has that is cloned into the session's sandbox; `place` is the path inside."""

    async def stage(self, found: FoundSkill) -> Staged | None:
        """Its content, to be settled or discarded; None where it is not any more what was found.

        Raises:
            ContentRefused: the disk is full.
        """


class SkillFolders(Protocol):
    async def place(self, session: Session) -> None:
        """Have the session's skills in its folder, to be read only, before its sandbox is started.

        Raises:
            ContentRefused: a content is not there, or the disk is full.
        """


class NoSources:
    """Where nobody looks."""

    async def find(self, project: str | None) -> list[FoundSkill]:
        return []

    async def find_cloned(self, session: Session, mount_path: str) -> list[FoundSkill]:
        return []

    async def stage(self, found: FoundSkill) -> Staged | None:
        return None
