"""Where a project's repository stands on this machine: its head, what is not committed, and what moved since a session began."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from workbench.hands.files.safe_paths import Beneath
from workbench.hands.git.command import GitFailed
from workbench.hands.git.location import Repository
from workbench.hands.git.record import GitRecord, load

_STATUS = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=all")

_UNFINISHED: Final = {
    "rebase": ("rebase-merge", "rebase-apply"),
    "merge": ("MERGE_HEAD",),
    "cherry-pick": ("CHERRY_PICK_HEAD",),
    "revert": ("REVERT_HEAD",),
}


def head_of(one: Repository) -> str:
    """The commit that is checked out; "" before the first."""
    return one.git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", wants=(0, 1, 128)).line


def branch_of(one: Repository) -> str:
    """The branch that is checked out; "" where none is."""
    return one.git.run("symbolic-ref", "--quiet", "--short", "HEAD", wants=(0, 1, 128)).line


def uncommitted(one: Repository, inside: str) -> tuple[str, ...]:
    """Paths, from the project's folder, that differ from the head or that git does not know; new folders end in a slash."""
    listed = one.git_in_tree.run(*_STATUS, *(("--", inside) if inside else ())).text
    return tuple(_below(inside, (entry[3:] for entry in listed.split("\0") if entry)))


def unfinished(one: Repository) -> str:
    """What of git's is in the middle in this work tree, by its command; "" where nothing is."""
    return next(
        (what for what, names in _UNFINISHED.items() if any((one.directory / name).exists() for name in names)), ""
    )


def moved(one: Repository, known: GitRecord, project: Beneath, standing: Iterable[str]) -> tuple[str, ...]:
    """Paths, from the project's folder, that somebody else than the session has changed since it began; `standing` are those that
    are not committed now."""
    between: tuple[str, ...] = ()
    if (head := head_of(one)) != known.head:
        between = _between(one, known, head)
    now = set(standing)
    own = {path for path in now if _changed_since(project, path, known, missing=path not in known.uncommitted)}
    # What was not committed then and is no more: committed, or put back to what it was.
    gone = {
        path
        for path in set(known.uncommitted) - now - set(between)
        if _changed_since(project, path, known, missing=True)
    }
    return tuple(sorted({*between, *own, *gone} - applied(project, known)))


def _between(one: Repository, known: GitRecord, head: str) -> tuple[str, ...]:
    before = known.head or one.git.run("hash-object", "-t", "tree", "--stdin").line
    words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", before, head or before)
    try:
        listed = one.git.run(*words).text
    except GitFailed:
        # The commit that the session began at is gone from the repository.
        return ()
    return tuple(_below(known.project, (path for path in listed.split("\0") if path)))


def _below(inside: str, paths: Iterable[str]) -> list[str]:
    prefix = f"{inside}/" if inside else ""
    return [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]


def _changed_since(project: Beneath, path: str, known: GitRecord, *, missing: bool) -> bool:
    """`missing` is the answer for what is not there now."""
    status = project.status(path.rstrip("/"))
    return missing if status is None else status.st_ctime_ns > known.began_ns


def note_applied(
    folder: Path, project: Beneath, paths: Iterable[str], marked: Mapping[str, str] = MappingProxyType({})
) -> None:
    """What came into the project by the session's own apply is no move of anybody else's; what has markers in it (by the commit
    that is checked out) is its person's to settle, whatever comes into it besides."""
    if (known := load(folder)) is not None:
        waiting = {**known.marked, **marked}
        came = [path for path in paths if path not in waiting]
        found = {path: status.st_ctime_ns if (status := project.status(path)) else 0 for path in came}
        replace(known, applied={**known.applied, **found}, marked=waiting).save(folder)


def note_committed(folder: Path, project: Beneath, paths: Iterable[str]) -> None:
    """What is in a commit is the session's own, and nothing in it waits to be settled."""
    paths = list(paths)
    if (known := load(folder)) is not None:
        left = {path: head for path, head in known.marked.items() if path not in paths}
        replace(known, marked=left).save(folder)
    note_applied(folder, project, paths)


def applied(project: Beneath, known: GitRecord) -> set[str]:
    """What is in the project as the session's own apply left it."""
    found = set()
    for path, moment in known.applied.items():
        status = project.status(path)
        if (status.st_ctime_ns if status else 0) == moment:
            found.add(path)
    return found
