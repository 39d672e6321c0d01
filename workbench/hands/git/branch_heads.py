"""Heads of branches, read as files: git is not run, as a repository's own settings would have it run others' programs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from workbench.hands.git.location import Repository, repository_at

MOST_BYTES: Final = 64 * 1024 * 1024
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAME: Final = re.compile(r"(?!.*(?:\.\.|//|@\{))[^\x00-\x20~^:?*\[\\\x7f/.][^\x00-\x20~^:?*\[\\\x7f]*(?<![/.])")


class NoBranch(Exception):
    """There is nothing to watch; the text says why."""


def branch_head(root: Path, branch: str) -> str | None:
    """The commit that a branch of the repository at this folder is at; None where there is no such branch yet.

    Raises:
        NoBranch: no repository of this user's, no name of a branch, or refs that are kept as no files.
    """
    if not _NAME.fullmatch(branch):
        raise NoBranch(f"{branch!r} is no name of a branch")
    repository = repository_at(root)
    if repository is None:
        raise NoBranch(f"{root} is not the root of a git repository of yours")
    if (repository.common / "reftable").exists():
        raise NoBranch(f"{root} keeps its refs in reftables, which cannot be watched yet")
    return _loose(repository, branch) or _packed(repository, branch)


def _loose(repository: Repository, branch: str) -> str | None:
    file = repository.common / "refs" / "heads" / branch
    try:
        if file.is_symlink() or not file.is_file():
            return None
        with file.open("rb") as opened:
            text = opened.read(128).decode("ascii", "replace").strip()
    except OSError:
        return None
    return text if _COMMIT.fullmatch(text) else None


def _packed(repository: Repository, branch: str) -> str | None:
    file, wanted = repository.common / "packed-refs", f"refs/heads/{branch}"
    try:
        if file.is_symlink() or file.stat().st_size > MOST_BYTES:
            return None
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                commit, _, name = line.rstrip("\n").partition(" ")
                if name == wanted and _COMMIT.fullmatch(commit):
                    return commit
    except OSError:
        return None
    return None
