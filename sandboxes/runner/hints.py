"""What a command's failure means in a sandbox, where the same words mean something else on a machine of one's own."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sandboxes.runner.known_commands import told_of

LOOKED_AT_CHARACTERS = 8000
MOST_MISSING = 3
_DENIED = re.compile(
    r"alert access denied|CONNECT tunnel failed, response 403|Tunnel connection failed: 403|code 403 from proxy"
    r"|egress proxy: the environment's networking"
)
_NOT_FOUND = re.compile(
    r"(?m)(?:^|: )([\w.+-]{1,40}): (?:command )?not found$|^env: .([\w.+-]{1,40}).: No such file or directory$"
    r"|this sandbox has no '([\w.+-]{1,40})'"
)
_SIGNS = ("not found", "No such file", "this sandbox has no")
"""Looked for first: a transcript that is drawn has hundreds of results."""


def hints(output: str, folder: Path) -> list[str]:
    """Lines for the end of a failed command's output; `folder` is the session's working directory."""
    said = output[-LOOKED_AT_CHARACTERS:]
    told = []
    if "Invalid cross-device link" in said:
        told.append(
            "a folder that the project had before this session cannot be renamed in one step: `mv` copies it, and so does `git mv`"
        )
    if "No space left on device" in said:
        told += [
            f"{place} has {free >> 20} MB free" for place in ("/tmp", str(folder)) if (free := _free(place)) is not None
        ]
        told.append("large files and caches belong into the working directory; HOME is /tmp")
    if "not a git repository" in said:
        told += _repository(folder)
    if _DENIED.search(said):
        told.append(
            "the network of this session does not allow that host; its user sees each request with `workbench net SESSION`, and"
            " allows one more host with `--allow HOST`"
        )
    told += list(filter(None, map(told_of, not_found(said))))[:MOST_MISSING]
    return [f"[{one}]" for one in told]


def not_found(said: str) -> list[str]:
    """The commands that a shell, make or env did not find, or that an MCP server would be started with, each once."""
    if not any(sign in said for sign in _SIGNS):
        return []
    return list(dict.fromkeys(found[1] or found[2] or found[3] for found in _NOT_FOUND.finditer(said)))


def _free(place: str) -> int | None:
    try:
        found = os.statvfs(place)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def _repository(folder: Path) -> list[str]:
    """Why a project has no repository here."""
    link = folder / ".git"
    if link.is_dir():
        return []
    if link.exists():
        return [
            "the project is a linked worktree or a submodule whose repository does not name it, so it is not in this sandbox;"
            " `git worktree repair` in the main repository, on the user's machine, mends a moved worktree"
        ]
    return [
        f"the sandbox has nothing above {folder}, and no repository of the user's knows a file in it; `git init` makes one here"
    ]
