"""What the project's files were when the session began to change them: how a conflict is told from a change."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.contracts.values import Json
from workbench.hands.files.changes import Change, found_at
from workbench.hands.files.git_index import is_tracked
from workbench.hands.files.overlay import Found
from workbench.hands.files.safe_paths import CHUNK_BYTES, Beneath

FILE_NAME = "bases.json"
ABSENT = "absent"
UNSURE = "unsure"
"""The project's file changed in the same turn in which the session first changed its copy, and what was there before is not known."""
LARGEST_HASHED_BYTES = 8 << 20


@dataclass(frozen=True)
class Bases:
    """By path, the project's file as the session found it; `looked_at_ns` is when this was last brought up to date."""

    looked_at_ns: int = 0
    of: Mapping[str, str] = field(default_factory=dict)

    def by_clock(self, project: Beneath, change: Change) -> str:
        """Of a path that the session changed since the last look: what the project has now, where that was there then."""
        found = found_at(project, change.path)
        if found is None and self._went(project, change):
            # The project's file went after the session had begun to change its copy.
            return UNSURE
        if found is not None and found.kind != "folder" and found.status.st_ctime_ns > self.looked_at_ns:
            return UNSURE
        return fingerprint(project, found)

    def _went(self, project: Beneath, change: Change) -> bool:
        """Whether the project may have had it since the last look: names in its folder changed since then, and the session's
        file is a copy of one, or the owner's git still knows it. (An editor puts a new file in the place of the old one, which
        no mark tells.)"""
        folder = change.path.rpartition("/")[0]
        while folder and project.status(folder) is None:
            folder = folder.rpartition("/")[0]
        above = project.status(folder)
        if above is None or above.st_ctime_ns <= self.looked_at_ns:
            return False
        return change.was_there or is_tracked(project, change.path)

    def json(self) -> Json:
        return {"looked_at_ns": self.looked_at_ns, "of": dict(self.of)}

    def save(self, folder: Path) -> None:
        """Write it into the session's folder, in one step."""
        beside = folder / f"{FILE_NAME}.new"
        beside.write_text(json.dumps(self.json()))
        beside.replace(folder / FILE_NAME)


def load(folder: Path) -> Bases:
    """What was saved; where nothing was, every difference from the project is unsure."""
    try:
        return Bases(**json.loads((folder / FILE_NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return Bases()


def begin(folder: Path) -> None:
    """The session is about to see its project for the first time: from now on a change of the project counts."""
    if not (folder / FILE_NAME).exists():
        Bases(file_clock_ns(folder)).save(folder)


def file_clock_ns(folder: Path) -> int:
    """This moment as the kernel stamps files: its clock for them runs up to 10 ms behind, or ahead of, every other one."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.fstat(file.fileno()).st_ctime_ns


def fingerprint(project: Beneath, found: Found | None) -> str:
    """What would differ if the file did."""
    if found is None:
        return ABSENT
    match found.kind:
        case "file":
            return _file_print(found.mode, _content(project, found))
        case "link":
            return f"link {project.target(found.path)}"
    return f"{found.kind} {found.mode:03o}"


def _file_print(mode: int, content: str) -> str:
    return f"file {mode:03o} {content}"


def _content(project: Beneath, found: Found) -> str:
    status = found.status
    if status.st_size > LARGEST_HASHED_BYTES:
        return f"{status.st_size} {status.st_mtime_ns}"
    digest = hashlib.sha256()
    try:
        with project.file(found.path) as descriptor, open(descriptor, "rb", closefd=False) as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return UNSURE
    return digest.hexdigest()
