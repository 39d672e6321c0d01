"""Project root: the top folder of the repository that a folder belongs to."""

from __future__ import annotations

import os
from pathlib import Path


def project_root(folder: Path) -> Path | None:
    """The nearest folder with a `.git`, at or above a resolved one; None where there is none that is the user's own project.

    Neither the root nor the home folder is a project. Nor is a folder of somebody else's, as git has it (`safe.directory`):
    whoever may write to /tmp would else speak to every project below it.
    """
    for candidate in (folder, *folder.parents):
        if candidate in (Path(candidate.anchor), Path.home()):
            return None
        try:
            owners = {os.lstat(candidate / ".git").st_uid, os.lstat(candidate).st_uid}
        except OSError:
            continue
        return candidate if owners == {os.getuid()} else None
    return None
