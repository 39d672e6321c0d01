"""Files of a project by name, for what is typed behind an @."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MOST: Final = 20_000
_QUIET: Final = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")
"""What a repository's own configuration names is not run, and nothing is written there."""
_LAST_NAME: Final = re.compile(r"@(\S*)$")


def files_in(project: Path) -> list[str]:
    """The project's files as git knows them, or without git those that are not hidden; shortest first."""
    try:
        command = ["git", *_QUIET, "-C", str(project), "ls-files", "-coz", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=3, check=True).stdout.split("\0")[:-1]
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        listed = []
        for folder, inner, names in os.walk(project):
            inner[:] = [name for name in inner if not name.startswith(".")]
            listed += [
                os.path.relpath(os.path.join(folder, name), project) for name in names if not name.startswith(".")
            ]
            if len(listed) > MOST:
                break
    return sorted(listed[:MOST], key=lambda name: (len(name), name))


def completed(text: str, files: Sequence[str], stem: str = "") -> tuple[str, str] | None:
    """The text with its last @word completed, and the stem that it was completed from.

    A word that is a whole name already goes on to the next file that fits the `stem` of the completion before.
    """
    found = _LAST_NAME.search(text.rstrip())
    if found is None:
        return None
    word = found[1]
    goes_on = bool(stem) and word in files
    fitting = _fitting(stem if goes_on else word, files)
    if not fitting:
        return None
    chosen = fitting[(fitting.index(word) + 1) % len(fitting)] if goes_on and word in fitting else fitting[0]
    return f"{text.rstrip()[: found.start()]}@{chosen}", stem if goes_on else word


def _fitting(stem: str, files: Sequence[str]) -> list[str]:
    """Files whose path begins with it, then those whose name does, then those that hold it."""
    low = stem.lower()
    begins = [name for name in files if name.lower().startswith(low)]
    named = [name for name in files if os.path.basename(name).lower().startswith(low) and name not in begins]
    return [
        *begins,
        *named,
        *(name for name in files if low in name.lower() and name not in begins and name not in named),
    ]
