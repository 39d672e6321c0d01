"""The desktop's opener for files that agents made: only of kinds that programs show, never of kinds that they run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SHOWN: Final = frozenset(
    {".csv", ".json", ".jsonl", ".log", ".md", ".pdf", ".toml", ".tsv", ".txt", ".yaml", ".yml"}
    | {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
    | {".flac", ".m4a", ".mp3", ".mp4", ".ogg", ".wav", ".webm"}
    | {".docx", ".odp", ".ods", ".odt", ".pptx", ".xlsx"}
)
"""Endings of what a desktop's programs show. A page, a picture with scripts, a launcher or a program is none of them."""
KEPT_S: Final = 24 * 3600.0
"""How long a file stays after it was opened: its program may read it again."""


def is_shown(name: str) -> bool:
    """Whether a desktop shows a file of this name, and runs nothing that stands in it."""
    return Path(name).suffix.lower() in SHOWN


def opener(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """The program that opens a file on this desktop; empty where there is no desktop.

    Without one, `xdg-open` would start a browser for the terminal, over the app.
    """
    if platform == "darwin":
        wanted = "open"
    elif environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        wanted = "xdg-open"
    else:
        return ""
    # A folder of the path that is named from the current one is whatever lies there.
    places = [place for place in environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(place)]
    return shutil.which(wanted, path=os.pathsep.join(places)) or ""


def private_folder(parent: Path) -> Path:
    """A new folder that only its owner can enter, for one opened file; those of yesterday go."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in parent.iterdir():
        if old.lstat().st_mtime < time.time() - KEPT_S:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=parent))


def start(program: str, file: Path) -> None:
    """Hand a file to the opener, which goes on without this process.

    Raises:
        OSError: it cannot be started.
    """
    nowhere = subprocess.DEVNULL
    opening = subprocess.Popen(
        [program, str(file)], stdin=nowhere, stdout=nowhere, stderr=nowhere, cwd=file.parent, start_new_session=True
    )
    # Some openers are there as long as what they opened, and longer than the app.
    threading.Thread(target=opening.wait, daemon=True).start()
