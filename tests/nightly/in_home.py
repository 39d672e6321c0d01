"""Runs a program of others as a person would, in a home and a project of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

WAIT_S: Final = 600


def ran(command: list[str], home: Path, project: Path, **more: str) -> str:
    """What it printed; raises AssertionError where it failed."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "no_proxy": "127.0.0.1", **more}
    done = subprocess.run(
        command,
        env=environment,
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done
    return done.stdout
