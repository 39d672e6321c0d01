"""What stands in a session's files, name by name: files, folders, links, and the overlay's marks for what is gone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.contracts.files import FilesRefused
from workbench.hands.files.safe_paths import LONGEST_PATH_BYTES, Beneath, shown

MOST_ENTRIES = 200_000
_OPAQUE = "user.overlay.opaque"
_ORIGIN = "user.overlay.origin"


@dataclass(frozen=True)
class Found:
    """One name: `kind` is file, link, folder, gone (a whiteout) or other; `closed` where this user cannot look inside."""

    path: str
    kind: str
    status: os.stat_result
    opaque: bool = False
    closed: bool = False

    @property
    def mode(self) -> int:
        """Permission bits, without those that lend somebody's rights."""
        return self.status.st_mode & 0o777


def kind_of(status: os.stat_result) -> str:
    """file, link, folder, gone or other."""
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISLNK(mode):
        return "link"
    if stat.S_ISDIR(mode):
        return "folder"
    return "gone" if stat.S_ISCHR(mode) and status.st_rdev == 0 else "other"


def below(root: Beneath, start: str = "") -> Iterator[Found]:
    """Everything under a folder, each folder before what is in it, a folder's names in order.

    Raises:
        FilesRefused: there is more than anybody would look at.
    """
    seen = 0
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        inner = []
        for found in _in_folder(root, folder):
            seen += 1
            if seen > MOST_ENTRIES:
                raise FilesRefused(
                    f"the session's files are more than {MOST_ENTRIES}; have the agent remove what it does not need"
                )
            yield found
            if found.kind == "folder" and not found.closed:
                inner.append(found.path)
        waiting += reversed(inner)


def _in_folder(root: Beneath, path: str) -> Iterator[Found]:
    with root.folder(path) as descriptor:
        for name in sorted(os.listdir(descriptor)):
            try:
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue
            inner = f"{path}/{name}" if path else name
            if kind_of(status) == "folder":
                yield _folder(root, inner, status)
            else:
                yield Found(inner, kind_of(status), status)


def _folder(root: Beneath, path: str, status: os.stat_result) -> Found:
    if len(os.fsencode(path)) > LONGEST_PATH_BYTES:
        return Found(path, "folder", status, closed=True)
    try:
        with root.folder(path) as descriptor:
            opaque = _OPAQUE in os.listxattr(descriptor) and os.getxattr(descriptor, _OPAQUE) == b"y"
            is_open = status.st_mode & 0o500 == 0o500
            return Found(path, "folder", status, opaque=opaque, closed=not is_open)
    except OSError:
        return Found(path, "folder", status, closed=True)


def mark_opaque(folder: str) -> None:
    """Say that this folder hides the project's folder of the same name."""
    os.setxattr(folder, _OPAQUE, b"y")


def is_opaque(root: Beneath, path: str) -> bool:
    """Whether a folder of the upper layer hides the project's folder of the same name."""
    status = root.status(path)
    return status is not None and kind_of(status) == "folder" and _folder(root, path, status).opaque


def was_copied(root: Beneath, found: Found) -> bool:
    """Whether the kernel made this file of the upper layer as a copy of the project's, which so was there then."""
    if found.kind != "file":
        return False
    try:
        with root.file(found.path) as descriptor:
            return _ORIGIN in os.listxattr(descriptor)
    except OSError:
        return False


def refuse_closed(found: Found) -> None:
    """Raises: FilesRefused, with the path of a folder that cannot be looked into."""
    if found.closed:
        raise FilesRefused(
            f"{shown(found.path)} cannot be looked into (mode {found.mode:03o}, or too deep); have the agent open or remove it"
        )
