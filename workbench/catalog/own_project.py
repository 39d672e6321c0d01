"""The folder of this machine that a session's metadata names, checked when the session begins."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.catalog.errors import Refused

PROJECT_KEY = "workbench.project"
"""Metadata key with which a client names the folder that the session works on."""


def project_folder(metadata: dict[str, str]) -> str | None:
    """The folder on this machine that the session works on, resolved; None when none is named.

    Raises:
        Refused: it is not an absolute path of a folder that this user can read, or is the root or the home folder.
    """
    named = metadata.get(PROJECT_KEY)
    if named is None:
        return None
    folder = Path(named)
    if not folder.is_absolute() or not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        raise Refused(f"metadata.{PROJECT_KEY}: {named} must be the absolute path of a folder that you can read")
    folder = folder.resolve()
    if folder == Path(folder.anchor) or folder == Path.home():
        raise Refused(f"metadata.{PROJECT_KEY}: {folder} is too much; name a project's own folder")
    return str(folder)
