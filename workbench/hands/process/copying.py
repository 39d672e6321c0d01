"""Copies a project for a session that has no overlay of it."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.removing import remove


def copy_project(project: Path, target: Path, *, beside: Path) -> None:
    """Make `target` a copy of the project, unless it is there from an earlier sandbox; whole or not at all.

    Links stay links; pipes, sockets and devices are left out.

    Raises:
        SandboxUnavailable: something cannot be read or written.
    """
    if target.exists():
        return
    remove(beside)
    try:
        shutil.copytree(project, beside, symlinks=True, ignore=_special)
        beside.rename(target)
    except (shutil.Error, OSError) as error:
        raise SandboxUnavailable(
            f"The project {project} cannot be copied for the session ({_first_words(error)}); see that you can read all of it "
            "and that the disk has room."
        ) from None


def _special(folder: str, names: list[str]) -> set[str]:
    kinds = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}
    return {
        name for name, mode in kinds.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
    }


def _first_words(error: OSError) -> str:
    # Of a tree that fails in many places the first one is told.
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        source, _, words = error.args[0][0]
        return f"{source}: {words}"
    return f"{error.filename}: {error.strerror}"
