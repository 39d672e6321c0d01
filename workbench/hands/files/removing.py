"""Removal of folders that agents filled."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from workbench.contracts.files import FilesRefused


def remove(folder: Path) -> None:
    """Remove a folder whatever an agent made of it: deeper than a path is long, or closed to its owner.

    Raises:
        FilesRefused: something is left.
    """
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        # What is too deep for Python is not for rm; and the overlay leaves a folder in its scratch folder that nobody may enter.
        _run("chmod", "-R", "u+rwX", "--", str(folder))
        _run("rm", "-rf", "--one-file-system", "--", str(folder))
    if folder.exists():
        raise FilesRefused(f"{folder} cannot be removed; run: podman unshare rm -rf {folder}")


def _run(*argv: str) -> None:
    subprocess.run(argv, capture_output=True, check=False)
