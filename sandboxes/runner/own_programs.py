"""Programs in front of the image's own, and where an agent's own installations are found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_PROGRAMS = Path(__file__).resolve().parent.parent / "programs"


def with_path(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with `PATH` led over ~/.local/bin, where pip, npm and uv install, and over programs of ours.

    They are copied into the home, as what is mounted here need not be executable.
    """
    home = Path(environment.get("HOME") or "/tmp")
    folder = home / ".workbench" / "bin"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source in _PROGRAMS.glob("*.sh"):
            program = folder / source.stem
            program.write_bytes(source.read_bytes())
            program.chmod(0o755)
    except OSError:
        # A full disk: the image's own programs do.
        pass
    path = environment.get("PATH") or os.defpath
    return {**environment, "PATH": f"{home}/.local/bin:{folder}:{path}"}
