"""Finds the repository of a folder by reading names alone, and only where it is the folder's own and its user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.hands.git.command import Git, GitFailed, settings_in

MOST_FOLDERS: Final = 200_000
MOST_ALTERNATES: Final = 20


@dataclass(frozen=True)
class Repository:
    """A repository with a work tree: `directory` is the work tree's own (HEAD, index), `common` what all work trees share."""

    root: Path
    directory: Path
    common: Path

    @property
    def git(self) -> Git:
        """Git without the work tree."""
        return Git(self.directory)

    @property
    def git_in_tree(self) -> Git:
        return Git(self.directory, self.root)

    def object_folders(self) -> list[Path]:
        """Where its objects are, those of repositories that it borrows from among them."""
        found: list[Path] = []
        waiting = [self.common / "objects"]
        while waiting and len(found) < MOST_ALTERNATES:
            folder = waiting.pop(0).resolve()
            if folder in found or not folder.is_dir():
                continue
            found.append(folder)
            waiting += [folder / line for line in _lines(folder / "info" / "alternates") if not line.startswith("#")]
        return found


def repository_at(root: Path) -> Repository | None:
    """The repository whose work tree begins at this folder; None where there is none, or it is another folder's."""
    named = root / ".git"
    if named.is_symlink():
        return None
    if named.is_dir():
        return _own(Repository(root, named, _common(named)))
    if not named.is_file():
        return None
    lines = _lines(named)
    if not lines or not lines[0].startswith("gitdir: "):
        return None
    directory = (root / lines[0].removeprefix("gitdir: ")).resolve()
    found = Repository(root, directory, _common(directory))
    # A file of two words must not open another repository to a sandbox: the repository has to name this folder as well.
    return _own(found) if _names(directory, root) else None


def repository_of(project: Path) -> Repository | None:
    """The repository that a project is, or is a folder of: then one of its files is known to it."""
    if (own := repository_at(project)) is not None or (project / ".git").exists():
        return own
    device = project.stat().st_dev
    for above in project.parents:
        if above.stat().st_dev != device:
            return None
        if not (above / ".git").exists():
            continue
        found = repository_at(above)
        return found if found is not None and _knows(found, project.relative_to(above)) else None
    return None


def stamp(project: Path) -> tuple[int, ...]:
    """Moments that are others when the repository of a folder has moved, or another file is staged; empty where there is none."""
    above = next((folder for folder in (project, *project.parents) if (folder / ".git").exists()), None)
    if above is None:
        return ()
    named = above / ".git"
    lines = _lines(named) if named.is_file() else []
    directory = (above / lines[0].removeprefix("gitdir: ")) if lines else named
    files = (directory / name for name in ("HEAD", "index", "logs/HEAD"))
    return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)


def nested(project: Path) -> Iterator[Path]:
    """The folders below a project in which a repository begins: submodules, clones, linked work trees."""
    waiting, seen = [str(project)], 0
    while waiting and seen < MOST_FOLDERS:
        seen += 1
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name == ".git":
                        if folder != str(project):
                            yield Path(folder)
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue


def _own(found: Repository) -> Repository | None:
    for path in (found.directory, found.common, found.common / "objects", found.common / "config"):
        try:
            if path.stat().st_uid != os.getuid():
                return None
        except OSError:
            return None
    return found


def _common(directory: Path) -> Path:
    lines = _lines(directory / "commondir")
    return (directory / lines[0]).resolve() if lines else directory


def _names(directory: Path, root: Path) -> bool:
    """Whether a repository elsewhere says that this folder is its work tree, as linked ones and submodules do."""
    if back := _lines(directory / "gitdir"):
        return (directory / back[0]).resolve() == (root / ".git").resolve()
    trees = [value for key, value in settings_in(directory / "config") if key == "core.worktree"]
    return bool(trees) and (directory / trees[-1]).resolve() == root.resolve()


def _knows(found: Repository, folder: Path) -> bool:
    try:
        return bool(found.git.run("ls-files", "-z", "--", str(folder)).output)
    except GitFailed:
        return False


def _lines(file: Path) -> list[str]:
    try:
        return os.fsdecode(file.read_bytes()).split("\n")[:-1] or [os.fsdecode(file.read_bytes())]
    except OSError:
        return []
