"""Project instructions: the files of a project that tell agents how to work there, as they were when a session began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class InstructionFile:
    """One file: `path` is relative to the project's folder, in signs that hide nothing; `text` may be cut, as `left_out` then says.

    `imported_by` is the path of the file that names it as `@path`.
    """

    path: str
    text: str
    imported_by: str | None = None


@dataclass(frozen=True)
class Instructions:
    """What was read, outermost folder first, and what was not: a path and the reason each."""

    files: tuple[InstructionFile, ...] = ()
    left_out: tuple[str, ...] = ()

    @staticmethod
    def of(kept: dict[str, Any] | None) -> Instructions:
        """From a session's record; a record of an earlier version has none."""
        if kept is None:
            return Instructions()
        return Instructions(tuple(InstructionFile(**file) for file in kept["files"]), tuple(kept["left_out"]))

    def kept(self) -> dict[str, Any]:
        """For a session's record."""
        return {"files": [asdict(file) for file in self.files], "left_out": list(self.left_out)}

    def listed(self) -> dict[str, Any]:
        """For people: paths, without the texts."""
        return {"files": [file.path for file in self.files], "left_out": list(self.left_out)}


ReadInstructions = Callable[[Path], Instructions]
"""Reads a project's folder, which is resolved; never raises."""


def nothing_read(project: Path) -> Instructions:
    """Where nobody reads."""
    return Instructions()
