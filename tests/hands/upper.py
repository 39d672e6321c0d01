"""A session's files made by hand, as an overlay would leave them: for uppers that no agent makes by accident."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tests.hands.places import new_session
from workbench.contracts.values import Session
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.files.workspace import Workspace, workspace_of
from workbench.settings import Settings


@dataclass(frozen=True)
class Made:
    """A project, a session on it that began now, and its files."""

    project: Path
    session: Session
    workspace: Workspace
    files: SessionFiles

    @property
    def upper(self) -> Path:
        return self.workspace.upper


def made(folder: Path, **content: str) -> Made:
    """A project of these files (`__` in a name stands for a folder), each of one line."""
    project = folder / "project"
    project.mkdir(exist_ok=True)
    for name, text in content.items():
        file = project / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    return begun(folder, project)


def begun(folder: Path, project: Path) -> Made:
    """Another session on a project."""
    settings = Settings(data=folder / "data", config=folder / "config", runtime=folder / "run", state=folder / "state")
    session = new_session(project)
    workspace = workspace_of(settings, session)
    workspace.prepare()
    return Made(project, session, workspace, SessionFiles(settings))


def whiteout(path: Path) -> None:
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0))


def opaque(path: Path) -> None:
    path.mkdir()
    os.setxattr(path, "user.overlay.opaque", b"y")


def tree(folder: Path) -> dict[str, str]:
    """Every file with its text and every link with its target, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
    return found
