"""The project as it was when the session's view of it was made: from its repository, and from copies of what git does not have."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from workbench.contracts.files import FilesRefused
from workbench.hands.files import placing
from workbench.hands.files.git_names import belongs_to_git
from workbench.hands.files.overlay import below, kind_of
from workbench.hands.files.removing import remove
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.files.workspace import Workspace
from workbench.hands.git import record
from workbench.hands.git.command import Git, GitFailed
from workbench.hands.git.location import Repository, repository_at
from workbench.hands.git.record import GitRecord
from workbench.hands.git.uncommitted import blob_names

FOLDER: Final = "began"
WHOLE: Final = "began-whole"
"""A file beside the copies that says: what is not among them was not there."""
MOST_FILES: Final = 2000
MOST_BYTES: Final = 32 << 20
LARGEST_FILE_BYTES: Final = 1 << 20
LARGEST_BLOB_BYTES: Final = 8 << 20
MOST_ASKED: Final = 200
"""Paths of one look; each takes two or three runs of git."""
_LINK, _PROGRAM = "120000", "100755"


@dataclass(frozen=True)
class Version:
    """What was at a path: a file, a link, or nothing ("absent"); `mode` is None where only `is_program` is known of it."""

    kind: str
    content: bytes = b""
    mode: int | None = None
    is_program: bool = False


ABSENT: Final = Version("absent")


def keep(workspace: Workspace, known: GitRecord) -> None:
    """Copy what git does not have of the project as it is now: what is not committed, or all where there is no repository.

    Where that is more than the limits, what is beyond them is not kept; a later look then says that it is not known.
    """
    assert workspace.project is not None
    place = workspace.folder / FOLDER
    # A folder of more names than anybody looks at is no reason to have no sandbox.
    with suppress(OSError, FilesRefused):
        (workspace.folder / WHOLE).unlink(missing_ok=True)
        remove(place)
        place.mkdir(mode=0o700)
        with Beneath(workspace.project) as project, Beneath(place) as copies:
            paths = known.uncommitted if known.main else _small(project)
            is_whole = _copied(project, copies, _files(project, paths))
        if is_whole and known.main is None and not known.views:
            (workspace.folder / WHOLE).touch(mode=0o600)


def hand_over(source: Path, target: Path) -> None:
    """Give a fork's folder the copies of its parent's; they are never written again, so that both can share them."""
    for folder, _, names in os.walk(source / FOLDER):
        there = target / FOLDER / Path(folder).relative_to(source / FOLDER)
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            with suppress(FileExistsError):
                os.link(Path(folder) / name, there / name, follow_symlinks=False)
    if (source / WHOLE).exists():
        (target / WHOLE).touch(mode=0o600)


def _small(project: Beneath) -> Iterable[str]:
    """Every file of a project that has few; none where it has many."""
    found = []
    for one in below(project):
        if one.kind in ("file", "link"):
            found.append(one.path)
        if len(found) > MOST_FILES:
            return ["."]
    return found


def _files(project: Beneath, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path.endswith("/"):
            yield from (one.path for one in below(project, path.rstrip("/")) if one.kind in ("file", "link"))
        else:
            yield path


def _copied(project: Beneath, copies: Beneath, paths: Iterable[str]) -> bool:
    """Whether all of them were taken."""
    is_whole, left = True, MOST_BYTES
    for number, path in enumerate(paths):
        if belongs_to_git(path):
            continue
        status = project.status(path)
        if status is None or kind_of(status) not in ("file", "link"):
            is_whole = False
            continue
        left -= status.st_size
        if number >= MOST_FILES or left < 0:
            return False
        if status.st_size > LARGEST_FILE_BYTES:
            is_whole = False
            continue
        try:
            _copy(project, copies, path, is_link=kind_of(status) == "link", mode=status.st_mode & 0o777)
        except OSError:
            is_whole = False
    return is_whole


def _copy(project: Beneath, copies: Beneath, path: str, *, is_link: bool, mode: int) -> None:
    if is_link:
        version = Version("link", os.fsencode(project.target(path)))
    else:
        version = Version("file", project.content(path, LARGEST_FILE_BYTES), mode)
    put(copies, path, version)


def put(root: Beneath, path: str, version: Version) -> None:
    """Write a version at its path, with the folders above it, in the place of what is there."""
    placing.write(root, path, b"" if version.kind == "link" else version.content, mode=0o600)
    with root.parent(path) as (folder, name):
        if version.kind == "link":
            os.unlink(name, dir_fd=folder)
            os.symlink(os.fsdecode(version.content), name, dir_fd=folder)
            return
    with root.file(path) as descriptor:
        os.fchmod(descriptor, 0o600 if version.mode is None else version.mode)


class Began:
    """Looks up single paths; `version` is asked only where the clocks do not tell."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._asked = 0

    @cached_property
    def _known(self) -> GitRecord | None:
        return record.load(self._workspace.folder)

    @cached_property
    def _repository(self) -> Repository | None:
        main = self._known.main if self._known else None
        try:
            return repository_at(Path(main.root)) if main else None
        except (OSError, GitFailed):
            return None

    def version(self, path: str) -> Version | None:
        """What was at this path then; None where that is not known."""
        try:
            if (kept := self._kept(path)) is not None:
                return kept
            if (self._workspace.folder / WHOLE).exists():
                return ABSENT
            self._asked += 1
            return self._committed(path) if self._asked <= MOST_ASKED else None
        except (OSError, GitFailed):
            return None

    def _kept(self, path: str) -> Version | None:
        if not (self._workspace.folder / FOLDER).is_dir():
            return None
        with Beneath(self._workspace.folder / FOLDER) as copies:
            status = copies.status(path)
            kind = kind_of(status) if status else ""
            if status is None or kind not in ("file", "link"):
                return None
            if kind == "link":
                return Version(kind, os.fsencode(copies.target(path)))
            return Version(kind, copies.content(path, LARGEST_FILE_BYTES), status.st_mode & 0o777)

    def _committed(self, path: str) -> Version | None:
        known, one = self._known, self._repository
        if known is None or one is None or not known.head or _is_apart(path, known):
            return None
        whole = f"{known.project}/{path}" if known.project else path
        found = in_commit(one.git, known.head, whole)
        if found is not ABSENT or one.git_in_tree.run("check-ignore", "--quiet", "--", whole, wants=(0, 1)).code:
            return found
        # Of what it ignores, git does not say whether it was there.
        return None

    def has_had(self, path: str, upper: Beneath, *, deleted: bool) -> bool:
        """Whether a commit since then has the session's version of this path: somebody has taken it over already."""
        known, one = self._known, self._repository
        self._asked += 1
        if known is None or one is None or not known.head or self._asked > MOST_ASKED:
            return False
        whole = f"{known.project}/{path}" if known.project else path
        words = ("log", "--format=", "--raw", "-z", "--no-abbrev", "--no-renames", "--full-history", "--no-ext-diff")
        try:
            listed = one.git.run(*words, f"{known.head}..HEAD", "--", whole, wants=(0, 128)).text
            # Modes, the names of both blobs, and a letter; then the path.
            entries = [entry.split(" ") for entry in listed.split("\0") if entry.startswith(":")]
            if deleted:
                return any(entry[4] == "D" for entry in entries)
            names = set(blob_names(upper, path, known.head))
            return any(entry[3] in names for entry in entries)
        except (OSError, GitFailed):
            return False


def _is_apart(path: str, known: GitRecord) -> bool:
    """Whether it was not committed then, or belongs to a repository of its own."""
    own = any(path == one or (one.endswith("/") and path.startswith(one)) for one in known.uncommitted)
    return own or any(path.startswith(f"{view.at.removesuffix('/.git')}/") for view in known.views if "/" in view.at)


def in_commit(git: Git, commit: str, path: str) -> Version | None:
    """What a commit has at a path; None where that is no file and no link, or very large."""
    listed = git.run("ls-tree", "-z", commit, "--", path).text.rstrip("\0")
    if not listed:
        return ABSENT
    mode, kind, name = listed.partition("\t")[0].split(" ")
    if kind != "blob" or int(git.run("cat-file", "-s", name).line) > LARGEST_BLOB_BYTES:
        return None
    content = git.run("cat-file", "blob", name).output
    return Version("link", content) if mode == _LINK else Version("file", content, is_program=mode == _PROGRAM)
