"""A Python that is new enough for what others wrote, in an environment of its own: this machine's, or Debian's of a later release."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

WAIT_S: Final = 900
LATER_DEBIAN: Final = "trixie"
_NAMES: Final = ("python3.12", "python3.13", "python3.14")
_TOOLS: Final = ("uv", "patchelf")


def environment(folder: Path, packages: Sequence[str], *, newer: bool) -> Path:
    """The Python of a new virtual environment with these packages; `newer` wants 3.12 or later."""
    folder.mkdir(exist_ok=True)
    _told(sys.executable, "-m", "venv", folder / "tools")
    tools = folder / "tools" / "bin"
    _told(tools / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *_TOOLS)
    python = _newer(folder, tools) if newer and sys.version_info < (3, 12) else Path(sys.executable)
    made = folder / "venv"
    _told(tools / "uv", "venv", "-q", "--python", python, made)
    _told(tools / "uv", "pip", "install", "-q", "--link-mode=copy", "--python", made / "bin" / "python", *packages)
    return made / "bin" / "python"


def _newer(folder: Path, tools: Path) -> Path:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return Path(found) if found else _of_debian(folder, tools)


def _of_debian(folder: Path, tools: Path) -> Path:
    """That of a later release, unpacked beside this one's, with the libraries that it is made for."""
    archive, root = folder / "python.tar", folder / "python"
    _told("mmdebstrap", "--variant=extract", "--include=python3.13-venv,libpython3.13-stdlib", LATER_DEBIAN, archive)
    root.mkdir()
    _told("tar", "-xf", archive, "-C", root, "--no-same-owner", "--exclude=./dev/*")
    python = root / "usr" / "bin" / "python3.13"
    libraries = root / "usr" / "lib" / "x86_64-linux-gnu"
    loader = libraries / "ld-linux-x86-64.so.2"
    _told(tools / "patchelf", "--set-interpreter", loader, "--force-rpath", "--set-rpath", libraries, python)
    return python


def _told(*command: str | Path) -> None:
    trusting = os.environ | {"UV_SYSTEM_CERTS": "true"}
    done = subprocess.run(
        command, env=trusting, capture_output=True, text=True, errors="replace", check=False, timeout=WAIT_S
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr[-2000:]}")
